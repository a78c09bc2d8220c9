"""Makes what the package ships and nobody writes by hand, before every build: `python hatch_build.py` does it alone.

- src/smtpscope/knowledge/compiled/*.json, from the TOML of knowledge/data
- src/smtpscope/model/schema/*.schema.json, from the classes of the events
- src/smtpscope/locale/**/*.mo, from the .po beside each

None of it is committed. pip runs this for a wheel, for a source distribution, and for `pip install -e .`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# In a process of its own: the package is imported from the tree, and the build must not keep it loaded.
FROM_CODE = """
import sys
sys.path.insert(0, "src")
from smtpscope.knowledge import build
from smtpscope.model import schema
build.main()
schema.main()
"""


class BuildHook(BuildHookInterface[Any]):
    """Hatch calls this before it collects the files of a wheel or of a source distribution."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make every file; ``artifacts`` of pyproject.toml takes them up though .gitignore names them."""
        make(Path(self.root))


def make(root: Path) -> None:
    """Write every file below ``root``, the folder with pyproject.toml."""
    subprocess.run([sys.executable, "-c", FROM_CODE], cwd=root, check=True)
    for path in (root / "src" / "smtpscope" / "locale").rglob("*.po"):
        compile_catalogue(path, path.with_suffix(".mo"))


def compile_catalogue(source: Path, target: Path) -> None:
    """Compile the .po ``source`` into the .mo ``target``."""
    with source.open("rb") as file:
        catalogue = read_po(file)
    with target.open("wb") as file:
        write_mo(file, catalogue)


if __name__ == "__main__":
    make(Path(__file__).parent)
