"""Keeps the Chinese catalogue beside the source: takes up new texts, compiles. `python docs/translate.py`.

New texts arrive untranslated in locale/zh_CN/LC_MESSAGES/smtpscope.po; the tests fail until each has its translation.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "smtpscope"
PO = SOURCE / "locale" / "zh_CN" / "LC_MESSAGES" / "smtpscope.po"

# What argparse says by itself, through the same catalogue.
ARGPARSE = (
    "usage: ",
    "options",
    "positional arguments",
    "show this help message and exit",
)

# The functions that mark a text, and which of their arguments it is.
MARKS = {"_": 0, "N_": 0, "fill": 0, "sentence": 0, "LocalError": 0, "UsageError": 1}


def extract() -> dict[str, str]:
    """Every text of the interface, with the file where it stands first."""
    found = dict.fromkeys(ARGPARSE, "argparse")
    for path in sorted(SOURCE.rglob("*.py")):
        for text in texts(path.read_text("utf-8")):
            found.setdefault(text, path.relative_to(SOURCE).as_posix())
    return found


def texts(source: str) -> Iterator[str]:
    """The texts that are marked in a module, wherever the call stands: in an f-string too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
            text = node.args[MARKS[node.func.id]] if len(node.args) > MARKS[node.func.id] else None
            if isinstance(text, ast.Constant) and isinstance(text.value, str) and text.value:
                yield text.value


def empty() -> Catalog:
    """A catalogue without texts. Its dates stand still, so that it changes only when its texts do."""
    day = datetime(2026, 11, 24, tzinfo=UTC)
    us = "smtpscope"
    return Catalog(
        "zh_CN",
        header_comment="# The texts of smtpscope in Simplified Chinese; docs/translate.py takes up new ones.",
        project=us,
        version="0",
        msgid_bugs_address=us,
        last_translator=us,
        language_team=us,
        creation_date=day,
        revision_date=day,
        fuzzy=False,
    )


def read() -> Catalog:
    """The catalogue as it stands; an empty one where there is none."""
    if not PO.exists():
        return empty()
    with PO.open("rb") as file:
        return read_po(file, locale="zh_CN")


def update(catalogue: Catalog) -> Catalog:
    """The same translations for the texts of today, in the order of the source."""
    renewed = empty()
    for text, name in sorted(extract().items(), key=lambda item: (item[1], item[0])):
        before = catalogue.get(text)
        renewed.add(text, before.string if before else "", [(name, 1)])
    return renewed


def main() -> None:
    """Write the catalogue, and whatever is made of the sources (hatch_build.py)."""
    catalogue = update(read())
    PO.parent.mkdir(parents=True, exist_ok=True)
    with PO.open("wb") as file:
        write_po(file, catalogue, width=120, no_location=True, omit_header=False, sort_output=False)
    subprocess.run([sys.executable, str(ROOT / "hatch_build.py")], check=True)
    missing = [message.id for message in catalogue if message.id and not message.string]
    print(f"{len(catalogue)} texts, {len(missing)} not yet translated")


if __name__ == "__main__":
    main()
