"""Break one promise at a time in a copy of the project, and see whether a test notices.

    python tests/mutants/run.py [--jobs 2] [WORD ...]

Each ``*.toml`` file next to this one lists breaks (mutants), by the folder of the source that they are in:

    [[mutant]]
    promise = "only 250 accepts the message"            # what is no longer true
    file = "src/smtpscope/diagnosis/proof.py"
    old = "..."                                         # exact text, found once in the file
    new = "..."
    tests = ["tests/diagnosis/test_outcome.py"]         # arguments of pytest; fast ones that should fail

WORD runs only the mutants whose file or promise contains it. A mutant is killed when one of its tests fails, or when
they take longer than the time limit (a hang). It survives when all of them pass: then a test is missing. Exit code 0:
all killed; 1: a survivor; 2: a mistake in a list (the text is not found once, a test fails without the mutant, or the
tests could not be run with it).

The list is written by hand. A tool that makes mutants, such as mutmut or cosmic-ray, would make tens of thousands
here, a day of work for two cores; most of them change no promise; and it does not know which few tests to run.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

# Seconds for the tests of one mutant, which take a few where nothing hangs.
LIMIT = 40.0

# What a copy does without.
_NOT_COPIED = (".git", ".venv", ".*_cache", ".hypothesis", "__pycache__", ".coverage*", "build", "dist")

# Exit codes of pytest that tell something about the code: all passed, one failed. Others: nothing could be run.
_PASSED, _FAILED = 0, 1


class Mutant(NamedTuple):
    """One break. ``tests`` are arguments of pytest, relative to the project."""

    promise: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.file.removeprefix('src/smtpscope/')}: {self.promise}"


class Result(NamedTuple):
    """What came of tests: passed, failed, hung, or broken (they could not be run); ``output`` of pytest."""

    kind: str
    output: str = ""


def read_mutants(folder: Path) -> list[Mutant]:
    """The mutants of every list in ``folder``, in order. Raises KeyError and TypeError for a wrong entry."""
    entries = (
        entry for path in sorted(folder.glob("*.toml")) for entry in tomllib.loads(path.read_text("utf-8"))["mutant"]
    )
    return [Mutant(**{**entry, "tests": tuple(entry["tests"])}) for entry in entries]


def mistake_in(mutant: Mutant, root: Path) -> str:
    """Why ``mutant`` cannot be applied to the project at ``root``; empty where it can."""
    try:
        count = (root / mutant.file).read_text("utf-8").count(mutant.old)
    except OSError as error:
        return str(error)
    if count != 1:
        return f"the old text is in the file {count} times"
    if mutant.old == mutant.new:
        return "the new text is the old one"
    missing = [test for test in mutant.tests if not (root / test.partition("::")[0]).exists()]
    return f"no such test: {', '.join(missing)}" if missing else "" if mutant.tests else "it names no test"


# ----------------------------------------------------------------------------------------------------------- one copy


@contextmanager
def copied(root: Path, number: int) -> Iterator[list[Path]]:
    """``number`` copies of the project at ``root``, with nothing in them that would outlive a change of a source."""
    with tempfile.TemporaryDirectory(prefix="mutants.") as folder:
        copies = [Path(folder) / str(place) for place in range(number)]
        for copy in copies:
            shutil.copytree(root, copy, ignore=shutil.ignore_patterns(*_NOT_COPIED))
            # A compiled file is usually compared by time and size, and a mutant may change neither: compare by hash.
            compiled = ("compileall", "-q", "--invalidation-mode", "checked-hash", "src")
            subprocess.run([sys.executable, "-m", *compiled], cwd=copy, check=True)
        yield copies


@contextmanager
def applied(mutant: Mutant, copy: Path) -> Iterator[None]:
    """``copy`` with the mutant, which is taken out again."""
    path = copy / mutant.file
    text = path.read_text("utf-8")
    path.write_text(text.replace(mutant.old, mutant.new), "utf-8")
    try:
        yield
    finally:
        path.write_text(text, "utf-8")


def run_tests(tests: Sequence[str], copy: Path, limit: float) -> Result:
    """What comes of ``tests`` in ``copy``; those still running after ``limit`` seconds are ended."""
    # CI: hypothesis tries the same examples each time, so that a mutant is killed today and tomorrow.
    environment = {**os.environ, "PYTHONPATH": str(copy / "src"), "CI": "1", "PYTHONDONTWRITEBYTECODE": ""}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "stdin": subprocess.DEVNULL, "text": True}
    with subprocess.Popen(command, cwd=copy, env=environment, start_new_session=True, **pipes) as run:
        try:
            output, _ = run.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            return Result("hung")
        finally:
            _end_group(run.pid)  # what a test has started, too
    return Result({_PASSED: "passed", _FAILED: "failed"}.get(run.returncode, "broken"), output)


def _end_group(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


# ------------------------------------------------------------------------------------------------------------ all runs


def in_copies(copies: Sequence[Path], work: Sequence[Callable[[Path], Result]]) -> Iterator[Result]:
    """The results of ``work``, in order; as many pieces at a time as there are copies, each in one of its own."""
    free: SimpleQueue[Path] = SimpleQueue()
    for copy in copies:
        free.put(copy)

    def carry_out(one: Callable[[Path], Result]) -> Result:
        copy = free.get()
        try:
            return one(copy)
        finally:
            free.put(copy)

    with ThreadPoolExecutor(len(copies)) as pool:
        yield from pool.map(carry_out, work)


def check_tests(mutants: Iterable[Mutant], copies: Sequence[Path], limit: float) -> list[str]:
    """What is wrong with the tests without any mutant: they have to pass as they will be run."""
    selections = list(dict.fromkeys(mutant.tests for mutant in mutants))
    results = in_copies(copies, [lambda copy, tests=tests: run_tests(tests, copy, limit) for tests in selections])
    return [
        f"without a mutant: {' '.join(tests)}: {result.kind}\n{result.output}"
        for tests, result in zip(selections, results, strict=True)
        if result.kind != "passed"
    ]


def run_mutants(mutants: Sequence[Mutant], copies: Sequence[Path], limit: float) -> list[Result]:
    """The result of each mutant, which is printed as it comes."""

    def run(mutant: Mutant, copy: Path) -> Result:
        with applied(mutant, copy):
            return run_tests(mutant.tests, copy, limit)

    words = {"failed": "killed", "hung": f"killed (tests hung for {limit:g} s)", "passed": "SURVIVED"}
    results = []
    works = [lambda copy, mutant=mutant: run(mutant, copy) for mutant in mutants]
    for mutant, result in zip(mutants, in_copies(copies, works), strict=True):
        print(f"{words.get(result.kind, 'BROKEN'):9} {mutant}", flush=True)
        results.append(result)
    return results


def run_list(mutants: Sequence[Mutant], root: Path, jobs: int, limit: float) -> int:
    """Run ``mutants`` on copies of the project at ``root``; print what comes of it. Returns the exit code."""
    begun = time.monotonic()
    mistakes = [f"{mutant}: {mistake}" for mutant in mutants if (mistake := mistake_in(mutant, root))]
    results: list[Result] = []
    if not mistakes:
        with copied(root, jobs) as copies:
            mistakes = check_tests(mutants, copies, limit)
            results = [] if mistakes else run_mutants(mutants, copies, limit)
    found = list(zip(mutants, results, strict=False))
    mistakes += [f"{mutant}: the tests could not be run\n{ran.output}" for mutant, ran in found if ran.kind == "broken"]
    survivors = [mutant for mutant, result in found if result.kind == "passed"]
    for mutant in survivors:
        print(
            f"\nsurvivor: {mutant}\n  tests: {' '.join(mutant.tests)}\n- {mutant.old.strip()}\n+ {mutant.new.strip()}"
        )
    for mistake in mistakes:
        print(f"\nmistake: {mistake}")
    print(f"\n{len(found)} mutants, {len(survivors)} survivors, {time.monotonic() - begun:.0f} s")
    return 2 if mistakes else 1 if survivors else 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Break promises in a copy of the project; list what no test notices.")
    parser.add_argument("words", nargs="*", metavar="WORD", help="only mutants whose file or promise contains it")
    parser.add_argument("--jobs", type=int, default=2, help="mutants at the same time (default: 2)")
    parser.add_argument("--limit", type=float, default=LIMIT, help=f"seconds for one mutant (default: {LIMIT:g})")
    given = parser.parse_args()
    mutants = [
        mutant
        for mutant in read_mutants(HERE)
        if not given.words or any(word in f"{mutant.file} {mutant.promise}" for word in given.words)
    ]
    return run_list(mutants, ROOT, given.jobs, given.limit)


if __name__ == "__main__":
    sys.exit(main())
