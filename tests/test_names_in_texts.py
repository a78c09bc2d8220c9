"""Documents, docstrings, and comments name what is there: files, modules, tests. A name that has moved is an error."""

from __future__ import annotations

import ast
import io
import pkgutil
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

import test_contributing
from documents import DOCUMENTS, ROOT

PACKAGE = ROOT / "src" / "smtpscope"
FOLDERS = ("src", "tests", "docs", "benchmarks", "examples")
CODE = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
PLAIN = [ROOT / "Makefile", ROOT / "pyproject.toml"]

# A path has a slash and an ending. One of a Python file is always ours; of the rest, those that begin with a folder of
# ours. What stands behind a slash is part of a URL or of an absolute path.
PATH = re.compile(
    r"(?<![\w/.~$*{-])((?:[\w-]+/)+[\w-]+(?:\.[\w-]+)*\.(?:py|toml|md|smtp|sh|po|in|txt|json|jsonl|log|eml))\b"
)
MODULE = re.compile(r"(?<![\w/.@-])smtpscope(?:\.[A-Za-z_]\w*)+")
TEST = re.compile(r"`(test_\w+)`")

# Files that the three changes of CONTRIBUTING.md make.
NEW = {
    step["file"]
    for text in test_contributing.CHANGES.values()
    for step in test_contributing.steps(text)
    if step["how"] == "new file"
}


def paths(text: str) -> set[str]:
    """The paths in a text that should be there."""
    ours = {path.name for path in (*ROOT.iterdir(), *PACKAGE.iterdir()) if path.is_dir()}
    return {name for name in PATH.findall(text) if name.endswith(".py") or name.partition("/")[0] in ours}


def missing(text: str, folder: Path) -> set[str]:
    """The paths in a text that are nowhere: not in the tree, the package, the tests, or beside the text."""
    places = (ROOT, PACKAGE, PACKAGE.parent, ROOT / "tests", ROOT / "docs", folder)
    return {name for name in paths(text) - NEW if not any((place / name).exists() for place in places)}


def prose(source: str) -> str:
    """The docstrings and the comments of a module."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = [token.string for token in tokens if token.type == tokenize.COMMENT]
    strings = [
        node.value.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    ]
    return "\n".join([*comments, *strings])


def without_code(text: str) -> str:
    """A document without the blocks that CONTRIBUTING.md wants to be added, which are no part of the tree yet."""
    return re.sub(r"^```(?:python|toml|po)\n.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("path", [*DOCUMENTS, *PLAIN], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_document_names_files_that_exist(path: Path) -> None:
    assert missing(path.read_text(encoding="utf-8"), path.parent) == set()


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_docstrings_and_comments_name_files_that_exist(path: Path) -> None:
    assert missing(prose(path.read_text(encoding="utf-8")), path.parent) == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_document_names_modules_and_public_names_that_exist(path: Path) -> None:
    for name in sorted(set(MODULE.findall(without_code(path.read_text(encoding="utf-8"))))):
        if not name.endswith((".po", ".mo")):
            pkgutil.resolve_name(name)


def links(text: str) -> Iterator[tuple[str, str]]:
    """(file, anchor) of each link that leads to a file of the tree; the file is empty for one in the same document."""
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" not in target:
            file, _mark, anchor = target.partition("#")
            yield file, anchor


def anchors(text: str) -> set[str]:
    """The anchors of the headings of a document, as GitHub makes them."""
    heads = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for file, anchor in links(text):
        target = path.parent / file if file else path
        assert target.exists(), file
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), f"{file}#{anchor}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_document_names_tests_that_exist(path: Path) -> None:
    named = set(TEST.findall(path.read_text(encoding="utf-8")))
    if named:
        tests = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "tests").rglob("test_*.py"))
        stems = {file.stem for file in (ROOT / "tests").rglob("test_*.py")}
        assert named - set(re.findall(r"^(?:async )?def (test_\w+)", tests, re.MULTILINE)) - stems == set()


def test_what_counts_as_a_path_of_ours() -> None:
    text = "engine/exchange.py, `src/smtpscope/values.py`, lab/data/x.toml, envelopes/ID.json, /etc/a/b.py, https://a/b/c.py"
    assert paths(text) == {"engine/exchange.py", "src/smtpscope/values.py", "lab/data/x.toml"}
    assert missing(text, ROOT) == {"engine/exchange.py", "lab/data/x.toml"}


def test_what_is_read_of_a_module() -> None:
    source = '"""See a/b.py."""\n# and c/d.py\nA = "e/f.py"\n"""of A: g/h.py"""\n'
    assert paths(prose(source)) == {"a/b.py", "c/d.py", "g/h.py"}
