"""What no layer below the front ends may know: how one of them is typed. The imports are held in pyproject.toml."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import smtpscope

PACKAGE = Path(smtpscope.__file__).parent

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
