"""SIGINT, SIGTERM and SIGHUP, wherever a test is: QUIT where it can be sent, a verdict, whole records, own codes."""

from __future__ import annotations

import fcntl
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import pytest

from nameserver import nameserver
from scripted import BYE, GO, GREETING, OK, Act, replies, scripted
from smtpscope.cli.exit import Exit
from smtpscope.lab.runner import lab_running
from smtpscope.lab.server import Lab
from smtpscope.model.transcript import read_lines
from smtpscope.net.client import FAREWELL

SIGNALS = {signal.SIGINT: Exit.INTERRUPTED, signal.SIGTERM: Exit.TERMINATED, signal.SIGHUP: Exit.HANGUP}
NAMES = {signal.SIGINT: "INT", signal.SIGTERM: "TERM", signal.SIGHUP: "HUP"}
ENVELOPE = ("--from", "chris@contoso.com", "--to", "kate@fabrikam.com", "--helo", "contoso.com")
HELLO = b"250 mail1.fabrikam.com\r\n"  # no PIPELINING: one command at a time
LONG = 30.0


class Run:
    """``smtpscope test`` as a process, with every record that it can keep."""

    def __init__(self, folder: Path, arguments: Sequence[str]) -> None:
        self.junit, self.log, self.transcript = (folder / name for name in ("j.xml", "session.log", "t.jsonl"))
        records = ["--junit", str(self.junit), "--log", str(self.log), "--transcript", str(self.transcript)]
        command = [sys.executable, "-m", "smtpscope", "test", *arguments, "--json", *records]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.events: list[dict[str, object]] = []

    def until(self, kind: str, **fields: object) -> None:
        """Read on until such an event was shown."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.events.append(json.loads(line))
            if self.events[-1]["event"] == kind and fields.items() <= self.events[-1].items():
                return
        raise AssertionError(f"no {kind} in {self.events}")

    def stop(self, *numbers: int, pause: float = 0.5) -> float:
        """Send the signals, wait for the end. Returns the seconds that it took, from the last signal on."""
        for place, number in enumerate(numbers):
            time.sleep(pause if place else 0)
            self.process.send_signal(number)
        begun = time.monotonic()
        assert self.process.stdout
        assert self.process.stderr
        watch = threading.Timer(LONG, self.process.kill)
        watch.start()
        self.events += [json.loads(line) for line in self.process.stdout]
        self.errors = self.process.stderr.read()
        self.process.wait(LONG)
        watch.cancel()
        return time.monotonic() - begun

    def is_complete(self, number: int) -> None:
        """Assert that the run told everything, in every form."""
        assert (self.process.returncode, self.errors) == (SIGNALS[number], "")  # type: ignore[index]
        stops = [event["signal"] for event in self.events if event["event"] == "interrupted"]
        assert stops == [NAMES[number]]  # type: ignore[index]
        result = self.events[-1]
        assert (result["event"], result["exit"]) == ("result", SIGNALS[number])  # type: ignore[index]
        assert [event["event"] for event in self.events].count("result") == 1
        report = ElementTree.parse(self.junit).getroot()
        assert [case.get("name") for case in report.iter("testcase")][-1] == "result"
        assert len(read_lines(self.transcript.read_text().splitlines())) > 0
        assert "-- result: " in self.log.read_text()
        assert {path.name for path in self.junit.parent.iterdir() if path.name.startswith(".")} == set()


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[Run]:
    run = Run(folder, arguments)
    try:
        yield run
    finally:
        run.process.kill()
        run.process.communicate()


def place(port: int) -> str:
    return f"127.0.0.1:{port}"


ENCRYPTED = b"250-mail1.fabrikam.com\r\n250 STARTTLS\r\n"


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize(
    ("acts", "event", "quits"),
    [
        ((LONG,), {"kind": "connected"}, False),
        (replies(GREETING, LONG), {"kind": "sent", "phase": "ehlo"}, True),
        (replies(GREETING, HELLO, LONG), {"kind": "sent", "phase": "mail"}, True),
        (replies(GREETING, HELLO, OK, OK, GO, LONG), {"kind": "sent", "phase": "end-of-data"}, False),
        (replies(GREETING, ENCRYPTED, b"220 go\r\n", LONG), {"kind": "received", "phase": "starttls"}, False),
        (replies(GREETING, HELLO, OK, OK, GO, OK, LONG), {"kind": "sent", "phase": "quit"}, False),
    ],
    ids=["banner", "ehlo", "mail", "dot", "handshake", "quit"],
)
def test_in_every_phase(acts: Sequence[Act], event: dict[str, str], quits: bool, number: int, tmp_path: Path) -> None:
    last = (*acts[:-1], *((LONG,) if not quits else ("line", BYE)))
    with scripted(*last) as server, running(tmp_path, place(server.port), *ENVELOPE, "--no-probes") as run:
        run.until(event["kind"], **{name: value for name, value in event.items() if name != "kind"})
        run.stop(number)
        run.is_complete(number)
    said = [event["data"] for event in run.events if event["event"] == "sent" and event["phase"] == "quit"]
    assert said == (["QUIT"] if quits or event.get("phase") == "quit" else [])


@pytest.mark.parametrize("number", SIGNALS)
def test_while_a_name_is_looked_up(number: int, tmp_path: Path) -> None:
    asked = threading.Event()
    with nameserver(None, asked) as resolver:
        arguments = ("--resolver", resolver, "--no-probes", *ENVELOPE)
        for more in ((), ("mail1.fabrikam.com",)):
            asked.clear()
            with running(tmp_path, *more, *arguments) as run:
                assert asked.wait(LONG)
                assert run.stop(number) < 5
                run.is_complete(number)


@pytest.mark.parametrize("number", SIGNALS)
def test_while_the_probes_ask(number: int, tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        running(tmp_path, place(listener.getsockname()[1]), *ENVELOPE, "--timeout", "1") as run,
    ):
        run.until("probing")
        run.stop(number)
        run.is_complete(number)


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize(
    ("arguments", "topic"),
    [
        (("--lab", "greylist", "--retry", "60"), "retry"),
        (("--lab", "lost", "--notify", "success", "--await-dsn", "60"), "dsn-waiting"),
        (("--lab", "silence-at-mail"), ""),
    ],
    ids=["retry", "await-dsn", "lab"],
)
def test_while_a_clock_is_waited_for_and_inside_of_a_lab(
    arguments: Sequence[str], topic: str, number: int, tmp_path: Path
) -> None:
    with running(tmp_path, *arguments) as run:
        run.until("noted", topic=topic) if topic else run.until("sent", phase="mail")
        assert run.stop(number) < 5
        run.is_complete(number)


def test_in_a_script(tmp_path: Path) -> None:
    script = tmp_path / "session.smtp"
    script.write_text("S~ ^220\nC: NOOP\nS~ ^250\n")
    with (
        scripted(GREETING, "line", LONG) as server,
        running(tmp_path, place(server.port), "--script", str(script)) as run,
    ):
        run.until("sent")
        run.stop(signal.SIGTERM)
        run.is_complete(signal.SIGTERM)


def test_a_message_that_was_taken_is_not_waited_for_after_a_signal(tmp_path: Path) -> None:
    """The notifications would be waited for although the user wants to leave."""
    dsn = ("--notify", "success", "--await-dsn", "60", "--dsn-at", f"maildir:{tmp_path}")
    (tmp_path / "new").mkdir()
    acts = replies(GREETING, HELLO, OK, OK, GO, OK, LONG)
    with scripted(*acts) as server, running(tmp_path, place(server.port), *ENVELOPE, "--no-probes", *dsn) as run:
        run.until("sent", phase="quit")
        assert run.stop(signal.SIGTERM) < 5
        run.is_complete(signal.SIGTERM)


def test_the_second_signal_ends_the_farewell(tmp_path: Path) -> None:
    with (
        scripted(GREETING, "line", "line", LONG) as server,
        running(tmp_path, place(server.port), *ENVELOPE, "--no-probes") as run,
    ):
        run.until("sent", phase="ehlo")
        run.stop(signal.SIGTERM, signal.SIGTERM)
        run.is_complete(signal.SIGTERM)
    at = {event.get("phase", event["event"]): event["at"] for event in run.events[:-1]}
    assert at["done"] - at["quit"] < FAREWELL - 0.2  # type: ignore[operator]


def test_two_signals_at_the_same_time_are_one(tmp_path: Path) -> None:
    with (
        scripted(*replies(GREETING, HELLO), "line", "line", BYE) as server,
        running(tmp_path, place(server.port), *ENVELOPE, "--no-probes") as run,
    ):
        run.until("sent", phase="mail")
        run.stop(signal.SIGHUP, signal.SIGHUP, pause=0)
        run.is_complete(signal.SIGHUP)
    assert [event["reply"]["code"] for event in run.events if event["event"] == "received"][-1] == 221  # type: ignore[index]


def test_a_reader_that_never_reads_is_left_by_the_second_signal(tmp_path: Path) -> None:
    """The output hangs in a full pipe. The records are whole, and the session was ended."""
    junit = tmp_path / "j.xml"
    receiving, sending = os.pipe()
    fcntl.fcntl(sending, fcntl.F_SETPIPE_SZ, 4096)
    with lab_running() as lab:
        arguments = ["test", place(lab.port), *ENVELOPE, "--raw", "--verbose", "--body", "x" * 9000]
        process = subprocess.Popen(
            [sys.executable, "-m", "smtpscope", *arguments, "--junit", str(junit)],
            stdout=sending,
            stderr=subprocess.PIPE,
        )
        os.close(sending)
        time.sleep(2)
        process.send_signal(signal.SIGTERM)
        time.sleep(1)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=LONG)[1] == b""
    os.close(receiving)
    assert process.returncode == Exit.TERMINATED
    assert ElementTree.parse(junit).getroot().find("testsuite") is not None


def test_nohup_is_respected() -> None:
    acts = (*replies(GREETING, HELLO), "line", 1.0, *replies(OK, OK, GO, OK, BYE))
    nohup = ["bash", "-c", 'trap "" HUP; exec "$@"', "bash", sys.executable, "-m", "smtpscope"]
    with scripted(*acts) as server:
        command = [*nohup, "test", place(server.port), *ENVELOPE, "--no-probes", "--json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            assert any('"phase": "mail"' in line for line in iter(process.stdout.readline, ""))
            process.send_signal(signal.SIGHUP)
            process.stdout.read()
            assert process.wait(LONG) == Exit.OK


def catches(process: int) -> None:
    """Wait until the process has its handlers (that of the timer comes last), and then a moment: anywhere will do."""
    status = Path(f"/proc/{process}/status")
    while not int(status.read_text().partition("SigCgt:")[2].split()[0], 16) >> (signal.SIGALRM - 1) & 1:
        time.sleep(0.01)
    time.sleep(random.random() / 10)


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("more", [(), ("--json",)], ids=["text", "json"])
def test_where_no_session_is_there_to_end(number: int, more: Sequence[str]) -> None:
    command = [sys.executable, "-m", "smtpscope", "explain", *more, "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        catches(process.pid)
        process.send_signal(number)
        assert process.wait(LONG) == SIGNALS[number]  # type: ignore[index]
        assert process.stdout
        assert process.stderr
        assert process.stderr.read() == b"smtpscope: interrupted\n"
        shown = [json.loads(line) for line in process.stdout]
    assert [(line["event"], line["exit_code"]) for line in shown] == [("error", SIGNALS[number])] * len(more)  # type: ignore[index]


def test_a_library_leaves_the_signals_alone(lab: Lab) -> None:
    code = (
        "import signal; from smtpscope import Envelope, Plan, Target, judge, run_test\n"
        "before = [signal.getsignal(number) for number in (2, 15, 1)]\n"
        f"plan = Plan(Target('127.0.0.1', {lab.port}), Envelope('contoso.com', '', ('kate@fabrikam.com',)))\n"
        "assert judge(run_test(plan)).servers[0].queued\n"
        "assert before == [signal.getsignal(number) for number in (2, 15, 1)]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=LONG)


@pytest.fixture
def lab() -> Iterator[Lab]:
    with lab_running() as running_lab:
        yield running_lab
