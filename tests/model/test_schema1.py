"""What version 0.1.0 wrote is still read: its transcripts, its JSON, the sessions of its lab.

The files in ``schema1`` were written by 0.1.0; of long messages and replies only the beginning is kept.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from smtpscope.cli.main import main
from smtpscope.console.record import read_session
from smtpscope.diagnosis.interpret import Interpreter
from smtpscope.diagnosis.outcome import judge
from smtpscope.model.codec import to_json
from smtpscope.model.event import (
    Event,
    Expected,
    GaveUp,
    LoggedIn,
    Noted,
    Notified,
    Received,
    Sent,
    Stopped,
    Unnotified,
    Unsolicited,
)
from smtpscope.model.report import Report, Status
from smtpscope.model.transcript import read_lines
from smtpscope.model.vocabulary import DsnAction, Reason
from smtpscope.protocol.phase import Phase

FOLDER = Path(__file__).parent / "schema1"
FILES = sorted(path.stem for path in FOLDER.glob("*.jsonl"))

# What each must say now: the status, the phase that decided, the cause. Version 0.1.0 said "ok" of those with a mark.
SAID: dict[str, tuple[Status, Phase, str]] = {
    "accepted": (Status.OK, Phase.END_OF_DATA, ""),
    "bounced": (Status.DSN_FAILED, Phase.CLOSED, ""),
    "chunks": (Status.OK, Phase.END_OF_DATA, ""),
    "closed-at-rcpt": (Status.LOST, Phase.RCPT, "network.reset"),
    "closing-unasked": (Status.TEMPORARY, Phase.MAIL, "network.timeout"),
    "delivered": (Status.OK, Phase.END_OF_DATA, ""),
    "flood": (Status.PROTOCOL, Phase.RCPT, ""),  # *
    "json-output": (Status.PERMANENT, Phase.RCPT, "recipient.unknown"),
    "lab-lmtp": (Status.OK, Phase.END_OF_DATA, ""),
    "lab-session": (Status.OK, Phase.END_OF_DATA, ""),
    "lab-text-cut": (Status.OK, Phase.END_OF_DATA, ""),
    "lmtp-one-reply-missing": (Status.PARTIAL, Phase.END_OF_DATA, "protocol.missing-reply"),  # *
    "logged-in": (Status.OK, Phase.END_OF_DATA, ""),
    "login-aborted": (Status.GAVE_UP, Phase.AUTH, "login.unproven"),  # *
    "login-not-finished": (Status.GAVE_UP, Phase.AUTH, "login.unproven"),  # *
    "login-unproven": (Status.GAVE_UP, Phase.AUTH, "login.unproven"),  # *
    "no-notification": (Status.OK, Phase.END_OF_DATA, ""),
    "partial": (Status.PARTIAL, Phase.RCPT, "recipient.unknown"),
    "refused": (Status.REFUSED, Phase.CONNECT, ""),
    "rejected": (Status.PERMANENT, Phase.RCPT, "recipient.unknown"),
    "reply-before-the-dot": (Status.LOST, Phase.QUIT, ""),  # *
    "retried": (Status.OK, Phase.END_OF_DATA, ""),
    "script-differs": (Status.EXPECTATION, Phase.OTHER, ""),
    "script-met": (Status.OK, Phase.OTHER, ""),
    "silence": (Status.TIMEOUT, Phase.RCPT, "network.timeout"),
    "starttls": (Status.OK, Phase.RCPT, ""),
    "starttls-closed": (Status.TLS, Phase.TLS, "tls.unavailable"),
    "stopped": (Status.OK, Phase.RCPT, ""),
    "tls-not-announced": (Status.NOT_OFFERED, Phase.STARTTLS, "tls.unavailable"),
}


def events_of(name: str) -> tuple[Event, ...]:
    return read_lines((FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines())


def report_on(events: tuple[Event, ...]) -> Report:
    interpreter = Interpreter()
    for event in events:
        interpreter.take(event)
    return interpreter.explain(judge(events))


def test_every_file_has_a_row() -> None:
    assert sorted(SAID) == FILES


@pytest.mark.parametrize("name", FILES)
def test_it_says_what_happened(name: str) -> None:
    (server,) = report_on(events_of(name)).servers
    cause = server.explanation.cause if server.explanation else ""
    assert (server.status, server.phase, cause) == SAID[name]


@pytest.mark.parametrize("name", FILES)
def test_it_is_read_by_explain(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--json", str(FOLDER / f"{name}.jsonl")]) == 0
    *_records, result = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    status, phase, cause = SAID[name]
    (server,) = result["servers"]
    assert (result["status"], server["phase"]) == (status.value, phase.value)
    assert result["schema"] == 2
    if server["diagnosis"] is None:
        assert (server["cause"] or "") == cause


@pytest.mark.parametrize("name", FILES)
def test_what_was_read_is_written_in_the_schema_of_today(name: str) -> None:
    events = events_of(name)
    lines = [json.dumps(to_json(event)) for event in events]
    assert read_lines(['{"event": "transcript", "schema": 2}', *lines]) == events


@pytest.mark.parametrize("name", FILES)
def test_every_reply_says_what_it_answers(name: str) -> None:
    sent: dict[int, Sent] = {}
    for event in events_of(name):
        if isinstance(event, Sent) and not event.body:
            sent[event.exchange] = event
        if isinstance(event, Received) and event.phase not in (Phase.BANNER, Phase.END_OF_DATA):
            asked = sent[event.exchange]
            assert (asked.verb, asked.recipient, asked.phase) == (event.verb, event.recipient, event.phase)
            assert asked.data.decode() == event.command


def of_kind(name: str, kind: type[Event]) -> list[Event]:
    return [event for event in events_of(name) if isinstance(event, kind)]


def test_decisions_that_were_notes_are_events() -> None:
    assert [event.phase for event in of_kind("stopped", Stopped)] == [Phase.RCPT]  # type: ignore[attr-defined]
    reasons = {
        "tls-not-announced": Reason.TLS_NOT_ANNOUNCED,
        "login-aborted": Reason.AUTH_ABORTED,
        "login-unproven": Reason.AUTH_UNPROVEN,
        "flood": Reason.REPLY_FLOOD,
    }
    for name, why in reasons.items():
        assert [event.why for event in of_kind(name, GaveUp)] == [why]  # type: ignore[attr-defined]
    assert dict(of_kind("login-unproven", GaveUp)[0].details) == {"mechanism": "SCRAM-SHA-256"}  # type: ignore[attr-defined]


def test_a_login_is_an_event_unless_version_0_1_0_doubted_it() -> None:
    (logged_in,) = of_kind("logged-in", LoggedIn)
    assert logged_in == LoggedIn(logged_in.at, Phase.AUTH, "LOGIN", "kate")
    assert of_kind("login-unproven", LoggedIn) == []


def test_expectations_and_notifications_are_events() -> None:
    assert [event.met for event in of_kind("script-differs", Expected)] == [True, True, False]  # type: ignore[attr-defined]
    assert of_kind("script-differs", Expected)[2].line == 5  # type: ignore[attr-defined]
    assert [event.action for event in of_kind("bounced", Notified)] == [DsnAction.FAILED]  # type: ignore[attr-defined]
    assert [event.action for event in of_kind("delivered", Notified)] == [DsnAction.DELIVERED]  # type: ignore[attr-defined]
    assert [event.recipient for event in of_kind("no-notification", Unnotified)] == ["kate@fabrikam.com"]  # type: ignore[attr-defined]


def test_notes_of_other_topics_stay_notes() -> None:
    assert {event.topic.value for event in of_kind("delivered", Noted)} >= {"dsn-waiting"}  # type: ignore[attr-defined]


def test_a_reply_to_a_message_that_was_not_complete_answers_nothing() -> None:
    assert [event.reply.code for event in of_kind("reply-before-the-dot", Unsolicited)] == [250]  # type: ignore[attr-defined]


def test_with_lmtp_each_reply_is_about_its_recipient() -> None:
    said = [event for event in events_of("lab-lmtp") if isinstance(event, Received) and event.last]
    assert [event.recipient for event in said] == ["kate@fabrikam.com", "lee@fabrikam.com"]


def test_a_replay_sends_the_lines_of_an_old_transcript() -> None:
    octets = (FOLDER / "rejected.jsonl").read_bytes()
    recording = read_session(octets, "rejected.jsonl", lambda path: b"")
    lines = [str(getattr(item, "text", item)) for item in recording.items]
    assert any("MAIL FROM:<chris@contoso.com>" in line for line in lines)


def old(event: str, **fields: object) -> str:
    return json.dumps({"event": event, "at": 1.0, **fields})


HEADER = '{"event": "transcript", "schema": 1}'


@pytest.mark.parametrize(
    "line",
    [
        old("noted", phase="mail", topic="stop", details=[]),
        old("noted", phase="mail", topic="stop", details=[["after", "lunch"]]),
        old("noted", phase="other", topic="met", details=[["line", "x"], ["expected", ""], ["came", ""]]),
        old("noted", phase="closed", topic="dsn-none", details=[["recipient", "a"], ["seconds", "soon"]]),
        old("noted", phase="closed", topic="dsn-failed", details=[["reporter", "a"]]),
        old("noted", phase="auth", topic="auth-aborted", details=[]),
        old("noted", phase="auth", topic="no-such-topic", details=[]),
        old("noted", phase="auth", topic=7, details=[]),
        old("noted", phase="auth", topic="stop", details=5),
        old("sent", phase="mail", data=5),
        old("received", phase="mail", reply={"code": 250}, command="", elapsed=0),
    ],
)
def test_an_old_record_that_is_none_is_no_event(line: str) -> None:
    with pytest.raises(ValueError, match="line 2 is no event of a transcript"):
        read_lines([HEADER, line])


def test_a_secret_that_version_0_1_0_left_in_is_hidden() -> None:
    """A script could send a login as octets, which 0.1.0 did not mask."""
    lines = [HEADER, old("sent", phase="other", data="EHLO a.test\r\nAUTH PLAIN AGNocmlzAHNlY3JldA==", body=False)]
    events = read_lines(lines)
    assert [event.data for event in events if isinstance(event, Sent)] == [b"EHLO a.test", b"AUTH PLAIN ***"]
    assert "AGNocmlzAHNlY3JldA" not in repr(events)
