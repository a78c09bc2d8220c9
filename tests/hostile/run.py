"""Runs ``smtpscope`` against a peer, in a process of its own, and gathers everything that it leaves behind."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, Any
from unicodedata import category
from xml.etree import ElementTree

from hostile.acts import PASSWORD
from hostile.certificate import authority
from hostile.peer import Peer
from hostile.row import Row

# Seconds for a run whose own limits are shorter, on a busy machine.
BOUND = 30.0

# KiB of resident memory at the most.
MOST_MEMORY = 64 * 1024

ENVELOPE = ("--from", "chris@contoso.com", "--helo", "contoso.com", "--no-probes")

# `smtpscope`, which tells its peak of resident memory in a file. What wait4 tells of a child is no use: it
# counts the memory of the test process that the child was forked from.
MEASURED = """
import sys
from smtpscope.__main__ import main
sys.argv = sys.argv[1:]
try:
    sys.exit(main())
finally:
    with open("/proc/self/status") as status, open(PEAK, "w") as peak:
        peak.write(next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""


@dataclass
class Run:
    """What a run left.

    code      its exit code; None where it did not end in time and was killed
    peak      KiB of resident memory at most; 0 where it ended too hard to say
    files     everything that it wrote, by name: stdout, stderr, and the records
    """

    code: int | None
    seconds: float
    peak: int
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def stdout(self) -> str:
        return self.files["stdout"].decode("utf-8", "replace")

    @cached_property
    def records(self) -> list[dict[str, Any]]:
        """The lines of ``--json``. Raises ValueError for a line that is no JSON object."""
        found = [json.loads(line) for line in self.files["stdout"].decode().split("\n")[:-1]]
        if not all(isinstance(record, dict) for record in found):
            raise ValueError("a line is no object")
        return found

    @property
    def result(self) -> dict[str, Any]:
        return self.records[-1] if self.records else {}

    @property
    def cause(self) -> str:
        """The first cause that the result names; empty where it names none."""
        named = [server.get("cause") for server in self.result.get("servers", ())]
        return str(next(filter(None, named), ""))


class Process:
    """A run of smtpscope that goes on. Its records are written to ``folder``, under the names of their options.

    ``out``: where its standard output goes, instead of a file there.
    """

    def __init__(
        self,
        folder: Path,
        arguments: Sequence[str],
        keep: Iterable[str] = (),
        stdin: bytes = b"",
        out: IO[bytes] | int | None = None,
    ) -> None:
        folder.mkdir()
        self.folder = folder
        self.names = ["stdout", "stderr", *keep]
        records = [word for name in keep for word in (f"--{name}", str(folder / name))]
        code = MEASURED.replace("PEAK", repr(str(folder / "peak")))
        (folder / "stdin").write_bytes(stdin)
        self.begun = time.monotonic()
        with contextlib.ExitStack() as files:
            kept, err, fed = (files.enter_context(self._open(name)) for name in ("stdout", "stderr", "stdin"))
            self.child = subprocess.Popen(
                [sys.executable, "-c", code, "smtpscope", *arguments, *records],
                stdin=fed,
                stdout=kept if out is None else out,
                stderr=err,
                cwd=folder,
                env={**os.environ, "LC_ALL": "C.UTF-8"},
            )

    def _open(self, name: str) -> IO[bytes]:
        return (self.folder / name).open("rb" if name == "stdin" else "wb")

    @property
    def seconds(self) -> float:
        """How long it has run."""
        return time.monotonic() - self.begun

    def finish(self, bound: float = BOUND) -> Run:
        """Wait for the end; who takes longer than ``bound`` seconds is killed."""
        try:
            code: int | None = self.child.wait(max(self.begun + bound - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            code = None
        seconds = self.seconds
        files = {name: path.read_bytes() for name in self.names if (path := self.folder / name).exists()}
        measured = self.folder / "peak"
        peak = int(measured.read_text() or 0) if measured.exists() else 0
        return Run(code, seconds, peak, files)


def make_files(folder: Path) -> dict[str, str]:
    """The files that options name in braces."""
    (folder / "password").write_text(PASSWORD + "\n")
    (folder / "authority").write_bytes(authority().certificate_pem)
    head = b"From: chris@contoso.com\r\nTo: kate@fabrikam.com\r\nSubject: long\r\nMessage-ID: <own@contoso.com>\r\n\r\n"
    (folder / "long").write_bytes(head + (b"0123456789 " * 80 + b"\r\n") * 1200)
    bare = head.replace(b"\r\n", b"\n") + b"one\n.\nMAIL FROM:<eve@contoso.com>\nRCPT TO:<kate@fabrikam.com>\ntwo\n"
    (folder / "bare").write_bytes(bare)
    (folder / "own").write_bytes(head + b"short\r\n")
    return {name: str(folder / name) for name in ("password", "authority", "long", "bare", "own")}


def arguments_of(
    row: Row, target: Sequence[str], files: dict[str, str], recipient: str = "kate@fabrikam.com"
) -> list[str]:
    """The command line of a row."""
    options = [option.format(**files) for option in row.options]
    given = [] if "--timeout" in options else ["--timeout", "10"]
    return ["test", *target, *ENVELOPE, "--to", recipient, *given, *options]


@dataclass
class Views:
    """The runs of one row, by view. ``--json`` is always there, with a JUnit report."""

    runs: dict[str, Run]

    @property
    def json(self) -> Run:
        return self.runs["--json"]


def run_views(row: Row, arguments: Sequence[str], folder: Path) -> Views:
    """Run one command line in the views of ``row``, all at the same time."""
    options: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {"--json": (("--json",), ("junit",))}
    if row.variant:
        options["--json"] = (("--json",), ("junit", "log", "transcript"))
    else:
        options["text"] = ((), ("log", "transcript"))
    if row.quiet and not row.variant:
        options["-q"] = (("-q",), ("junit",))
    begun = {view: Process(folder / view, [*arguments, *more], keep) for view, (more, keep) in options.items()}
    return Views({view: process.finish() for view, process in begun.items()})


# ----------------------------------------------------------------------------------------------- what must hold


def complaints(row: Row, views: Views, peers: Sequence[Peer]) -> list[str]:
    """Everything that is wrong with the runs of a row; nothing where all is right."""
    found = [f"{view}: {wrong}" for view, run in views.runs.items() for wrong in faults(run, row.exits)]
    found += [f"--json: {wrong}" for wrong in faults_of_json(views.json)]
    found += [
        f"{view}: {wrong}" for view, run in views.runs.items() if "junit" in run.files for wrong in faults_of_junit(run)
    ]
    found += faults_of_cause(row, views.json)
    found += [
        f"{view}: {word!r} is not said"
        for view, run in views.runs.items()
        for word in row.says
        if view != "--json" and word not in run.stdout
    ]
    heard = [line for peer in peers for line in peer.heard]
    found += [f"the peer heard {line!r}" for line in heard if line.upper().startswith(_octets(row.never))]
    wanted = {place for place in row.plays if not place.startswith("?")}
    missed = wanted - {place for peer in peers for place in peer.played}
    found += [f"the play {place!r} was never reached" for place in sorted(missed)]
    return list(dict.fromkeys(found))


def _octets(words: Sequence[str]) -> tuple[bytes, ...]:
    return tuple(word.upper().encode() for word in words)


def faults(run: Run, exits: Iterable[int]) -> list[str]:
    """What is wrong with a run, whatever its view."""
    found = []
    if run.code is None:
        found.append(f"did not end within {run.seconds:.0f} s")
    elif run.code not in exits:
        found.append(f"exit {run.code}, not {' or '.join(map(str, sorted(exits)))}")
    if b"Traceback" in run.files["stdout"] + run.files["stderr"]:
        found.append("a traceback")
    for name, octets in run.files.items():
        found += [f"{name}: {wrong}" for wrong in faults_of_text(octets)]
    if run.peak > MOST_MEMORY:
        found.append(f"{run.peak} KiB of memory")
    return found


def faults_of_text(octets: bytes) -> list[str]:
    """What must not stand in anything that is shown or kept: control characters, and the secret."""
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError as error:
        return [f"no UTF-8: {error}"]
    raw = sorted(f"U+{ord(letter):04X}" for letter in set(text) - {"\n", "\t"} if category(letter) in _STEERING)
    found = [f"raw {', '.join(raw)}"] if raw else []
    return found + ["the password is shown"] * any(form in text for form in SECRETS)


# Control characters; format characters (bidi, zero-width); lone surrogates; the separators of lines and paragraphs.
_STEERING = ("Cc", "Cf", "Cs", "Zl", "Zp")

SECRETS = (PASSWORD, b64encode(PASSWORD.encode()).decode(), b64encode(f"\0kate\0{PASSWORD}".encode()).decode())


def faults_of_json(run: Run) -> list[str]:
    """JSON Lines that end in a result, which says what the process says."""
    if run.code is None:
        return []
    try:
        result = run.result
    except ValueError as error:
        return [f"no JSON Lines: {error}"]
    if result.get("event") != "result":
        return ["the last line is no result"]
    found = []
    told = result.get("exit_code", result.get("exit"))
    if told != run.code:
        found.append(f"the result says exit {told}, the process {run.code}")
    if (status_of(result) == "ok") != (run.code == 0):
        found.append(f"status {status_of(result)!r} with exit {run.code}")
    return found


def status_of(result: dict[str, Any]) -> str:
    """The status of the whole run: its own, or the first of a server that is not ok."""
    if "status" in result:
        return str(result["status"])
    each = [str(server["status"]) for server in result.get("servers", ())]
    return next((status for status in each if status != "ok"), each[0] if each else "none")


def faults_of_junit(run: Run) -> list[str]:
    """A JUnit report that counts its failures, and has one exactly where the process says so."""
    if run.code is None:
        return []
    try:
        root = ElementTree.fromstring(run.files["junit"])
    except ElementTree.ParseError as error:
        return [f"no JUnit report: {error}"]
    failed = len(root.findall(".//failure")) + len(root.findall(".//error"))
    suites = root.findall(".//testsuite")
    told = sum(int(suite.get("failures", 0)) + int(suite.get("errors", 0)) for suite in suites)
    found = [f"JUnit counts {told} failures and has {failed}"] if told != failed else []
    if (failed == 0) != (run.code == 0):
        found.append(f"JUnit has {failed} failures with exit {run.code}")
    return found


def faults_of_cause(row: Row, run: Run) -> list[str]:
    """The first cause is one that the row allows."""
    try:
        cause = run.cause
    except ValueError:
        return []  # said already
    if row.causes and cause not in row.causes:
        return [f"the cause is {cause or 'not named'}, not {' or '.join(sorted(row.causes))}"]
    return [f"the cause is {cause}, which blames the wrong thing"] if cause in row.blames else []
