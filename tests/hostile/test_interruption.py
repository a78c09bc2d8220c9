"""SIGINT, SIGTERM and SIGHUP at any point: QUIT where it is understood, and a result that keeps what is known."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest

from hostile.acts import Plays, after, silence, stop_reading, tell, wait
from hostile.names import name_server
from hostile.peer import Peer, peer
from hostile.row import LOGIN, LONG, SECURE, row
from hostile.run import Process, Run, arguments_of, faults, faults_of_json, faults_of_junit

SIGNALS = {"SIGINT": (signal.SIGINT, 130), "SIGTERM": (signal.SIGTERM, 143), "SIGHUP": (signal.SIGHUP, 129)}

# Seconds between a signal and the end: QUIT and its answer may take two of them.
AT_ONCE = 8.0


@dataclass(frozen=True)
class Moment:
    """A point of the conversation at which the signal comes.

    plays  ``tell`` in them lets the test send the signal
    says   a word that the quiet view must hold
    never  lines that the peer must not hear: behind DATA, QUIT would be a line of the message
    """

    name: str
    plays: Plays
    options: tuple[str, ...] = ()
    offers: str = ""
    says: str = ""
    never: tuple[bytes, ...] = ()


HELD = (tell, silence)

MOMENTS = [
    Moment("while the greeting is awaited", {"banner": HELD}),
    Moment("while the answer to EHLO is awaited", {"EHLO": HELD}),
    Moment("in the handshake", {"STARTTLS": ("220 go", tell, silence)}, SECURE, "STARTTLS", never=(b"QUIT",)),
    Moment("inside TLS", {"MAIL": HELD}, SECURE, "STARTTLS"),
    Moment("in the login", {"AUTH": HELD}, LOGIN, "AUTH PLAIN"),
    Moment("while the answer to RCPT is awaited", {"RCPT": HELD}),
    Moment("while the answer to DATA is awaited", {"DATA": HELD}, never=(b"QUIT",)),
    Moment("while the message is written", {"message": (after(20_000), tell, stop_reading)}, LONG, never=(b"QUIT",)),
    Moment("while the answer to the message is awaited", {".": HELD}),
    Moment("behind 250, while the answer to QUIT is awaited", {"QUIT": HELD}, says="accepted"),
    Moment("behind 250 with BDAT, at QUIT", {"QUIT": HELD}, ("--chunking", "force"), "CHUNKING", says="accepted"),
    Moment(
        "while the last of two answers of LMTP is awaited",
        {".": ("250 ok", wait(0.2), tell, silence)},
        ("--protocol", "lmtp", "--to", "kim@fabrikam.com"),
    ),
]

# The signals differ in their number alone: each is tried where the most is at stake, SIGINT everywhere.
TRIED = [
    (moment, name)
    for moment in MOMENTS
    for name in SIGNALS
    if name == "SIGINT" or moment.says or "awaited" in moment.name
]


def interrupted(process: Process, at: Peer, number: int) -> Run:
    """The run, after it was sent the signal at the moment that the peer tells."""
    reached = at.reached.acquire(timeout=30)
    process.child.send_signal(number)
    run = process.finish(bound=process.seconds + AT_ONCE)
    assert reached, f"the moment never came: {run.stdout}"
    return run


@pytest.mark.parametrize(("moment", "name"), TRIED, ids=lambda value: getattr(value, "name", value))
def test_a_signal(moment: Moment, name: str, files: dict[str, str], tmp_path: Path) -> None:
    number, code = SIGNALS[name]
    told = row(moment.name, moment.plays, code, *moment.options, offers=moment.offers)
    with peer(told.plays, told.offers, tmp_path) as server:
        arguments = arguments_of(told, [f"127.0.0.1:{server.port}"], files)
        quiet = Process(tmp_path / "quiet", [*arguments, "-q"], ("junit", "log", "transcript"))
        shown = interrupted(quiet, server, number)
        as_json = interrupted(Process(tmp_path / "json", [*arguments, "--json"], ("junit",)), server, number)
    wrong = [*faults(shown, {code}), *faults_of_junit(shown)]
    wrong += [*faults(as_json, {code}), *faults_of_json(as_json), *faults_of_junit(as_json)]
    wrong += faults_of_records(shown)
    if moment.says not in shown.stdout:
        wrong.append(f"-q does not say {moment.says!r}")
    wrong += (
        [f"the peer heard {line!r}" for line in server.heard if line.startswith(moment.never)] if moment.never else []
    )
    if wrong:
        pytest.fail("\n".join([*wrong, "", shown.stdout]), pytrace=False)


def faults_of_records(run: Run) -> list[str]:
    """The quiet view has a result, the log an end, and every line of the transcript is whole."""
    found = [] if run.stdout.strip() else ["no result is shown"]
    if b"-- result" not in run.files["log"]:
        found.append("the log has no result")
    for line in run.files["transcript"].decode().split("\n")[:-1]:
        json.loads(line)
    return found + ["the transcript is cut"] * (not run.files["transcript"].endswith(b"\n"))


@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_while_a_name_is_looked_up(name: str, files: dict[str, str], tmp_path: Path) -> None:
    number, code = SIGNALS[name]
    told = row("the name server is silent", {}, code)
    asked = Peer({})

    def hold(_wire: bytes) -> list[bytes]:
        asked.reached.release()
        return []

    with name_server(hold) as resolver:
        arguments = arguments_of(told, ["--resolver", resolver], files)
        run = interrupted(Process(tmp_path / "json", [*arguments, "--json"], ("junit",)), asked, number)
    assert [*faults(run, {code}), *faults_of_json(run), *faults_of_junit(run)] == []


@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_while_a_notification_is_awaited(name: str, files: dict[str, str], tmp_path: Path) -> None:
    """The message was accepted, and what became of it is not known."""
    number, code = SIGNALS[name]
    box = tmp_path / "box"
    for folder in ("new", "cur", "tmp"):
        (box / folder).mkdir(parents=True)
    wait_for = ("--notify", "success", "--await-dsn", "60", "--dsn-at", f"maildir:{box}")
    told = row("no notification comes", {"QUIT": ("221 bye", tell, silence)}, code, *wait_for, offers="DSN")
    with peer(told.plays, told.offers) as server:
        arguments = arguments_of(told, [f"127.0.0.1:{server.port}"], files)
        quiet = interrupted(Process(tmp_path / "quiet", [*arguments, "-q"], ("junit",)), server, number)
        run = interrupted(Process(tmp_path / "json", [*arguments, "--json"], ("junit",)), server, number)
    wrong = [*faults(quiet, {code}), *faults_of_junit(quiet)]
    wrong += [*faults(run, {code}), *faults_of_json(run), *faults_of_junit(run)]
    assert wrong == []
    assert "accepted" in quiet.stdout


def test_two_signals_end_it_at_once(files: dict[str, str], tmp_path: Path) -> None:
    """The second Ctrl-C does not wait for the answer to QUIT, and the records are whole all the same."""
    told = row("nothing is answered", {"EHLO": HELD}, 130)
    with peer(told.plays) as server:
        process = Process(
            tmp_path / "json", [*arguments_of(told, [f"127.0.0.1:{server.port}"], files), "--json"], ("junit",)
        )
        assert server.reached.acquire(timeout=30)
        process.child.send_signal(signal.SIGINT)
        server.ended.wait(0.5)
        process.child.send_signal(signal.SIGINT)
        run = process.finish()
    assert [*faults(run, {130}), *faults_of_json(run), *faults_of_junit(run)] == []


def test_quit_is_said_where_it_is_understood(files: dict[str, str], tmp_path: Path) -> None:
    told = row("the answer to RCPT does not come", {"RCPT": tell}, 130)
    with peer(told.plays) as server:
        process = Process(tmp_path / "text", arguments_of(told, [f"127.0.0.1:{server.port}"], files))
        interrupted(process, server, signal.SIGINT)
        assert b"QUIT" in server.heard
