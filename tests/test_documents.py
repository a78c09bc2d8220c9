"""The documents keep their word: their examples are run, and the options that they name exist.

An example is a console block with a comment before it: ``<!-- run -->``, or ``<!-- run lab=SCENARIO -->`` where a lab
shall listen on the port that the block calls 2525. Lines that begin with ``$ `` are commands, the others what they
write; ``...`` stands for any text within a line, and alone on a line for any number of lines. A block that cannot be
run (it asks for a password, it never ends) says so: ``<!-- not run: WHY -->``.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from documents import DOCUMENTS, ROOT, Command, commands, difference
from smtpscope.cli.options import every_command
from smtpscope.lab.runner import lab_running

_BLOCK = re.compile(r"<!-- run(?: lab=(?P<lab>[\w-]+))? -->\n```console\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass
class Example:
    """A block: the document, the line where it begins, the lab's scenario (empty: none), its commands."""

    document: Path
    number: int
    lab: str
    commands: list[Command]

    @property
    def name(self) -> str:
        return f"{self.document.relative_to(ROOT)}:{self.number}"


def examples() -> list[Example]:
    """Every marked block of every document."""
    found = []
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        for match in _BLOCK.finditer(text):
            number = text.count("\n", 0, match.start()) + 1
            found.append(Example(document, number, match["lab"] or "", commands(match["text"])))
    return found


def fenced_commands() -> list[tuple[str, str]]:
    """(document, line) of every smtpscope command inside of any fenced block, continued lines joined."""
    found = []
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8").replace("\\\n", " ")
        for block in re.findall(r"^```.*?\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            for line in block.splitlines():
                if re.match(r"(?:\$ )?smtpscope [a-z]", line):
                    found.append((str(document.relative_to(ROOT)), line.removeprefix("$ ")))
    return found


EXAMPLES = examples()


@contextlib.contextmanager
def listening(scenario: str) -> Iterator[str]:
    """The port of a lab that plays ``scenario``; no lab for an empty one."""
    if not scenario:
        yield "2525"
        return
    with lab_running(scenario=scenario) as lab:
        yield str(lab.port)


@pytest.fixture
def start(no_mail_here: tuple[int, ...], tmp_path: Path) -> Path:
    """A folder with what each Python begins with: its probes find no other mail server on this machine."""
    text = f"import smtpscope.probes.network.other_ports as ports\nports.SMTP = {no_mail_here}\n"
    (tmp_path / "sitecustomize.py").write_text(text)
    return tmp_path


def shell(line: str, folder: Path, previous: int, start: Path) -> tuple[int, list[str]]:
    """Run a line as a user would. Returns its exit code and what it wrote, errors included."""
    environ = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "LC_ALL": "C.UTF-8",
        "HOME": os.environ.get("HOME", "/"),
        "PYTHONPATH": str(start),
    }
    script = f"(exit {previous}); {line}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    return done.returncode, done.stdout.decode().splitlines()


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.name for example in EXAMPLES])
def test_an_example_writes_what_the_document_shows(example: Example, start: Path) -> None:
    code = 0
    with listening(example.lab) as port:
        for command in example.commands:
            code, written = shell(command.line.replace("2525", port), example.document.parent, code, start)
            shown = [line.replace(port, "2525") for line in written] if example.lab else written
            assert difference(command.expected, shown) == "", command.line


def test_the_guide_is_among_the_examples() -> None:
    assert len([example for example in EXAMPLES if example.document.name == "explain.md"]) >= 5


def test_every_console_block_of_the_guide_is_run_or_says_why_not() -> None:
    for document in DOCUMENTS:
        if document.parent.name == "guide":
            text = document.read_text(encoding="utf-8")
            marked = sum(example.document == document for example in EXAMPLES)
            marked += len(re.findall(r"<!-- not run: \S.* -->\n```console\n", text))
            assert text.count("\n```console\n") == marked, document.name


@pytest.mark.parametrize(("document", "line"), fenced_commands())
def test_the_options_that_a_document_names_exist(document: str, line: str) -> None:
    words = shlex.split(re.split(r"[|;>]| #", line)[0])
    specs = {options.command.name: options for options in every_command()}
    assert words[1] in specs, document
    spec = specs.get(" ".join(words[1:3]), specs[words[1]])
    known = {flag for group in spec.groups for option in group.options for flag in option.flags} | {"--help", "--lang"}
    named = {word.partition("=")[0] for word in words[2:] if re.match(r"--?[a-z]", word)}
    assert named <= known, document


@pytest.mark.parametrize(
    ("expected", "written", "fits"),
    [
        (["a", "..."], ["a", "b", "c"], True),
        (["...", "c"], ["a", "b", "c"], True),
        (["...", "c", "..."], ["a", "b"], False),
        (["a ... c"], ["a b c"], True),
        (["a"], ["a", "b"], False),
        (["a", "b"], ["a"], False),
        ([], [], True),
    ],
)
def test_how_examples_are_compared(expected: list[str], written: list[str], fits: bool) -> None:
    assert (difference(expected, written) == "") is fits
