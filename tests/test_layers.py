"""What no layer below the front ends may know, and that no imports go round in a circle.

Which layer may import which is in pyproject.toml, and checked by import-linter.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

import smtpscope

PACKAGE = Path(smtpscope.__file__).parent
PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"

# The front ends, and a tool of the catalogue with a command line of its own.
FRONTS = ("cli/", "console/", "testing.py", "pytest_plugin.py", "__main__.py", "knowledge/coverage.py")

TYPED = re.compile(r"--[a-z]|smtpscope (?:test|explain|console)\b")

BELOW = [path for path in sorted(PACKAGE.rglob("*.py")) if not path.relative_to(PACKAGE).as_posix().startswith(FRONTS)]


def texts(source: str) -> list[str]:
    """The texts of a module that are no docstrings, and no strings that stand alone to describe a name."""
    tree = ast.parse(source)
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    strings = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in alone)
    return [str(node.value) for node in strings if isinstance(node.value, str | bytes)]


@pytest.mark.parametrize("path", BELOW, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_option_and_no_command_below_the_front_ends(path: Path) -> None:
    assert [text for text in texts(path.read_text(encoding="utf-8")) if TYPED.search(text)] == []


def test_what_is_typed_is_found_where_it_stands() -> None:
    source = '"""--doc"""\nA = "use --probes"\nB = f"smtpscope test {A}"\nC = b"--tls x"\n"""of C: --tls"""\n'
    found = {text for text in texts(source) if TYPED.search(text)}
    assert found == {"use --probes", "smtpscope test ", "b'--tls x'"}
    assert len(BELOW) > 150


# ----------------------------------------------------------------------------------------------------------- circles


def imports(path: Path, modules: Mapping[str, Path]) -> set[str]:
    """The modules of ours that a module names, also inside of functions and for types only."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in modules else node.module for name in names}
    return found & set(modules)


def package_modules(package: Path) -> dict[str, Path]:
    """Name and file of every module below ``package``."""
    found = {}
    for path in package.rglob("*.py"):
        parts = path.relative_to(package.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def circles(package: Path) -> list[list[str]]:
    """The groups of modules that import one another, directly or over others."""
    modules = package_modules(package)
    left = {name: imports(path, modules) - {name} for name, path in modules.items()}
    while free := {name for name, needed in left.items() if not needed & set(left)}:
        left = {name: needed for name, needed in left.items() if name not in free}
    return [[name, *sorted(needed & set(left))] for name, needed in sorted(left.items())]


def test_no_imports_go_round_in_a_circle() -> None:
    assert circles(PACKAGE) == []


@pytest.mark.parametrize(
    "second",
    [
        "import package.first",
        "from package.first import A",
        "from package import first",
        "def late():\n    from package.first import A",
        "if TYPE_CHECKING:\n    from package.first import A",
    ],
)
def test_a_circle_is_found_however_it_is_made(tmp_path: Path, second: str) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "first.py").write_text("from package.second import B\nA = 1\n")
    (package / "second.py").write_text(second + "\n")
    assert [names[0] for names in circles(package)] == ["package.first", "package.second"]


def test_every_folder_is_in_the_order_of_layers() -> None:
    """A new folder would otherwise be held by no contract."""
    contract = next(
        contract
        for contract in tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
    )
    layers = {name.strip().removeprefix("smtpscope.") for layer in contract["layers"] for name in layer.split("|")}
    there = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert layers == there - {"__init__"}
