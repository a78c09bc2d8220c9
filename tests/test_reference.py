"""The reference says what the code says: what docs/generate.py would write is what is there."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from sessions import GOOD, session
from smtpscope.diagnosis.outcome import judge
from smtpscope.protocol.tracking import BANNER, MESSAGE, MOVES, RESPONSE, State
from smtpscope.render.result import report_record

DOCS = Path(__file__).parent.parent / "docs"


def generator() -> ModuleType:
    """docs/generate.py, which is no part of the package."""
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = generator()


@pytest.mark.parametrize("name", GENERATOR.PAGES)
def test_a_page_is_what_the_code_says(name: str) -> None:
    written = (DOCS / "reference" / name).read_text(encoding="utf-8")
    assert written == GENERATOR.PAGES[name](), "run: .venv/bin/python docs/generate.py"


def test_the_layers_of_the_architecture_are_those_that_are_checked() -> None:
    written = (DOCS / "architecture.md").read_text(encoding="utf-8")
    assert "<!-- generated: layers -->" in written
    assert written == GENERATOR.with_parts(written), "run: make generate"


def test_every_folder_of_the_package_has_a_layer() -> None:
    """A folder that is in no contract would be in no table, and might import anything."""
    package = DOCS.parent / "src" / "smtpscope"
    there = {path.name for path in package.iterdir() if (path / "__init__.py").exists() or path.suffix == ".py"}
    named = re.findall(r"^\| \d+ \| `([\w.]+)` \|", GENERATOR.layers(), re.MULTILINE)
    assert sorted(named) == sorted(there - {"__init__.py"})


def rows() -> list[tuple[str, str, str]]:
    """The rows of the table of the session."""
    cells = re.findall(r"^\| (.*) \| (.*) \| `(.*)` \|$", GENERATOR.session(), re.MULTILINE)
    return [(start, said, end) for start, said, end in cells]


def starts(cell: str) -> list[State]:
    """The states that the first cell of a row names."""
    if cell.startswith("all but"):
        return [state for state in MOVES if f"`{state}`" not in cell]
    return [State(name) for name in re.findall(r"`([a-z]+)`", cell)]


PLACES = {BANNER: "(banner)", MESSAGE: "(message)", RESPONSE: "(response)"}


def told(moves: dict[tuple[str, int], State]) -> set[tuple[str, str]]:
    """What is said of the moves from one state: by what, to where. A reply of any kind is one thing."""
    found = set()
    for (verb, kind), end in moves.items():
        others = [f"{other}yz" for other in range(10) if moves.get((verb, other)) is not end]
        word = "anything" if not others else f"anything but {others[0]}" if len(others) == 1 else f"{kind}yz"
        found.add((f"{PLACES.get(verb, verb)} {word}", end.value))
    return found


ALL = {(start.value, word, end) for start, moves in MOVES.items() for word, end in told(moves)}


def test_the_table_of_the_session_is_that_of_the_code() -> None:
    shown = {
        (start.value, word, end) for cell, words, end in rows() for start in starts(cell) for word in words.split(", ")
    }
    assert shown == ALL


def test_every_arrow_of_the_picture_is_a_move_and_every_command_has_one() -> None:
    arrows = re.findall(r"^    (\w+) --> (\w+): (.*)$", GENERATOR.session(), re.MULTILINE)
    drawn = {(start, word, end) for start, end, words in arrows for word in words.split(", ") if word != "TLS"}
    assert drawn <= ALL
    assert {word for _start, word, _end in drawn} == {word for _start, word, _end in ALL}
    assert {state for start, _word, end in drawn for state in (start, end)} == {state.value for state in State}


def test_the_keys_of_the_result_are_those_that_are_told() -> None:
    [server] = report_record(judge(session(*GOOD)), 0)["servers"]  # type: ignore[misc]
    assert list(server) == list(GENERATOR.RESULT_KEYS)
