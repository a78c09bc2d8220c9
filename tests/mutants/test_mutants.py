"""The list of mutants fits the source, and the runner tells a killed one from a survivor (run.py)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from mutants.run import HERE, ROOT, Mutant, mistake_in, read_mutants, run_list

MUTANTS = read_mutants(HERE)


def test_every_mutant_can_be_applied() -> None:
    """Who changes a line that a mutant breaks has to change the mutant too: it stands for a promise of that line."""
    mistakes = [f"{mutant}: {mistake}" for mutant in MUTANTS if (mistake := mistake_in(mutant, ROOT))]
    assert mistakes == []


def test_no_promise_stands_twice() -> None:
    assert [name for name, count in Counter(map(str, MUTANTS)).items() if count > 1] == []
    assert [change for change, count in Counter(mutant[1:4] for mutant in MUTANTS).items() if count > 1] == []


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of one function and its tests."""
    for name, text in {
        "pyproject.toml": "",
        "src/sums.py": "def add(one, other):\n    return one + other\n\n\ndef count(limit):\n    return limit\n",
        "tests/test_sums.py": "import sums\n\n\ndef test_add():\n    assert sums.add(2, 3) == 5\n\n\n"
        "def test_end():\n    place = 0\n    while place != sums.count(3):\n        place += 1\n",
        "tests/test_wrong.py": "def test_wrong():\n    assert False\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


def mutant(old: str, new: str, tests: str = "tests/test_sums.py", file: str = "src/sums.py") -> Mutant:
    return Mutant(f"{old} becomes {new}", file, old, new, (tests,))


KILLED, SURVIVOR = mutant("one + other", "one - other"), mutant("one + other", "other + one")
HANGING, BROKEN = mutant("return limit", "return -limit"), mutant("def add(", "def add")


@pytest.mark.parametrize(
    ("mutants", "code", "words"),
    [
        ([KILLED], 0, ["killed    src/sums.py", "1 mutants, 0 survivors"]),
        ([KILLED, SURVIVOR], 1, ["SURVIVED  src/sums.py", "- one + other\n+ other + one", "2 mutants, 1 survivors"]),
        ([HANGING], 0, ["killed (tests hung for 5 s) src/sums.py"]),
        ([BROKEN], 2, ["BROKEN    src/sums.py", "SyntaxError"]),
        ([KILLED, mutant("one * other", "one")], 2, ["the old text is in the file 0 times", "0 mutants"]),
        ([mutant("o", "0")], 2, ["the old text is in the file 5 times"]),
        ([mutant("one + other", "one + other")], 2, ["the new text is the old one"]),
        ([mutant("one + other", "one", file="src/other.py")], 2, ["No such file"]),
        ([mutant("one + other", "one", "tests/test_none.py")], 2, ["no such test: tests/test_none.py"]),
        ([mutant("one + other", "one", "tests/test_wrong.py")], 2, ["without a mutant", "assert False"]),
    ],
)
def test_what_the_runner_says(
    mutants: list[Mutant], code: int, words: list[str], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_text() for path in project.rglob("*") if path.is_file()}
    assert run_list(mutants, project, jobs=1, limit=5.0 if HANGING in mutants else 60.0) == code
    shown = capsys.readouterr().out
    for word in words:
        assert word in shown
    assert {path: path.read_text() for path in project.rglob("*") if path.is_file()} == before
