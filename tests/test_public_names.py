"""What ``import smtpscope`` offers, and the document that shows it."""

from __future__ import annotations

import ast
import doctest
import re
import subprocess
import sys
from pathlib import Path

import pytest

import smtpscope

GUIDE = Path(__file__).parent.parent / "docs/guide/library.md"


def test_the_names_are_sorted_and_complete() -> None:
    assert smtpscope.__all__ == sorted(smtpscope.__all__)
    assert set(smtpscope.__all__) == {"__version__", *typed_names()}


def typed_names() -> set[str]:
    """The names that a type checker sees."""
    imports = ast.walk(ast.parse(Path(smtpscope.__file__).read_text(encoding="utf-8")))
    found = [node for node in imports if isinstance(node, ast.ImportFrom) and node.module != "__future__"]
    return {alias.name for node in found for alias in node.names}


@pytest.mark.parametrize("name", smtpscope.__all__)
def test_each_name_is_there_and_listed(name: str) -> None:
    assert getattr(smtpscope, name)
    assert name in dir(smtpscope)


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        _ = smtpscope.nonsense


def test_nothing_is_loaded_before_it_is_used() -> None:
    code = "import sys, smtpscope; print(*(name for name in sys.modules if name.startswith('smtpscope')))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.split() == ["smtpscope"]


def test_the_guide_names_them_all() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert [name for name in smtpscope.__all__ if not re.search(rf"`{name}[`(]", text)] == []


def test_the_guide_is_true() -> None:
    """Its examples, run one after the other as one session."""
    blocks = re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, GUIDE.name, str(GUIDE), 0)
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test)
    assert (result.failed, result.attempted > 10) == (0, True)
