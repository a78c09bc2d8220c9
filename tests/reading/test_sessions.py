"""Pasted sessions become events: the judge finds in them what it finds in the session itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from smtpscope.cli.main import main
from smtpscope.diagnosis.outcome import judge
from smtpscope.lab.scenario.builtin import library
from smtpscope.model.event import (
    Connected,
    Connecting,
    Disconnected,
    Done,
    Event,
    Failed,
    GaveUp,
    LoggedIn,
    Noted,
    Secured,
    Sent,
    TimedOut,
    Unsecured,
    Unsolicited,
)
from smtpscope.model.report import Status
from smtpscope.model.vocabulary import FailureKind, Topic
from smtpscope.protocol.phase import Phase
from smtpscope.reading.read import read
from smtpscope.render.log import log_lines
from smtpscope.render.text import TextView


def events_in(text: str) -> tuple[Event, ...]:
    return read(text.encode()).events


def status_of(text: str) -> tuple[Status, Phase]:
    """What the judge says of the one session in ``text``."""
    (server,) = judge(events_in(text)).servers
    return server.status, server.phase


def kinds(events: tuple[Event, ...]) -> list[str]:
    return [type(event).__name__ for event in events]


START = "S: 220 mx.fabrikam.com ready\nC: EHLO contoso.com\nS: 250-mx.fabrikam.com\nS: 250 AUTH PLAIN LOGIN\n"
MAIL = "C: MAIL FROM:<chris@contoso.com>\nS: 250 2.1.0 ok\n"
RCPT = "C: RCPT TO:<kate@fabrikam.com>\nS: 250 2.1.5 ok\n"
DATA = "C: DATA\nS: 354 go\n"
MESSAGE = DATA + "C: Subject: x\nC:\nC: hello\nC: .\nS: 250 2.6.0 queued\n"
QUIT = "C: QUIT\nS: 221 bye\n"


def test_the_events_of_a_session() -> None:
    events = events_in(START + MAIL + RCPT + MESSAGE + QUIT)
    assert kinds(events) == [
        *("Connected", "Received", "Sent", "Received", "Sent", "Received", "Sent", "Received"),
        *("Sent", "Received", "Sent", "Received", "Sent", "Received", "Done"),
    ]
    sent = [event for event in events if isinstance(event, Sent)]
    assert [event.verb for event in sent] == ["EHLO", "MAIL", "RCPT", "DATA", ".", "QUIT"]
    assert (sent[4].data, sent[4].final) == (b"Subject: x\r\n\r\nhello\r\n.\r\n", True)
    assert sent[2].recipient == "kate@fabrikam.com"
    assert {event.at for event in events} == {0.0}


@pytest.mark.parametrize(
    ("text", "status", "phase"),
    [
        (START + MAIL + RCPT + MESSAGE + QUIT, Status.OK, Phase.END_OF_DATA),
        (START + MAIL + RCPT + MESSAGE, Status.OK, Phase.END_OF_DATA),
        (START + MAIL + RCPT + QUIT, Status.OK, Phase.RCPT),
        (START, Status.OK, Phase.EHLO),
        (START + MAIL + RCPT + DATA + "C: hello\nC: .\n", Status.UNPROVEN, Phase.END_OF_DATA),
        (START + MAIL + RCPT + DATA, Status.UNPROVEN, Phase.END_OF_DATA),
        (START + MAIL + "C: RCPT TO:<kate@fabrikam.com>\n", Status.UNPROVEN, Phase.RCPT),
        (START + "C: STARTTLS\n", Status.UNPROVEN, Phase.STARTTLS),
        (START + "C: NOOP\n", Status.UNPROVEN, Phase.OTHER),
        (START + MAIL + RCPT.replace("250 2.1.5 ok", "550 5.1.1 no"), Status.PERMANENT, Phase.RCPT),
        (START + MAIL + RCPT.replace("250 2.1.5 ok", "450 4.2.0 no"), Status.TEMPORARY, Phase.RCPT),
        (START + "S: 421 4.3.2 closing\n", Status.TEMPORARY, Phase.MAIL),
        (START + MAIL + RCPT + MESSAGE + "S: 250 and one more\n", Status.PROTOCOL, Phase.MAIL),
        (START + MAIL + RCPT + MESSAGE.replace("250 2.6.0", "354"), Status.PROTOCOL, Phase.END_OF_DATA),
        (START + "S: ??\n" + MAIL + RCPT + MESSAGE + QUIT, Status.UNPROVEN, Phase.MAIL),
        (START + QUIT, Status.OK, Phase.EHLO),
        ("S: 220 mx\nC: EHLO a\nS: 501 no\nC: HELO a\nS: 250 mx\n", Status.OK, Phase.EHLO),
        ("S: 220 mx\nC: EHLO a\nS: 501 no\nC: HELO a\nS: 501 no\n", Status.PERMANENT, Phase.EHLO),
    ],
)
def test_what_came_of_it(text: str, status: Status, phase: Phase) -> None:
    assert status_of(text) == (status, phase)


LOGIN = "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: Y2hyaXM=\nS: 334 UGFzc3dvcmQ6\nC: c2VjcmV0\nS: {}\n"


def test_235_is_the_proof_of_a_login_in_a_pasted_session() -> None:
    events = events_in(START + LOGIN.format("235 2.7.0 ok") + MAIL)
    assert [event for event in events if isinstance(event, LoggedIn)] == [LoggedIn(0.0, Phase.AUTH, "LOGIN", "")]
    assert status_of(START + LOGIN.format("235 2.7.0 ok") + MAIL)[0] is Status.OK
    assert "c2VjcmV0" not in repr(events)


@pytest.mark.parametrize("reply", ["250 2.7.0 ok", "334 more", "221 bye", "535 5.7.8 no"])
def test_nothing_else_is(reply: str) -> None:
    events = events_in(START + LOGIN.format(reply))
    assert not [event for event in events if isinstance(event, LoggedIn)]
    assert status_of(START + LOGIN.format(reply))[0] is not Status.OK


def test_secrets_typed_into_telnet_are_hidden() -> None:
    text = "220 mx\nEHLO a.test\n250 AUTH LOGIN\nAUTH LOGIN\n334 VXNlcm5hbWU6\nY2hyaXM=\n334 UGFzc3dvcmQ6\nc2VjcmV0\n"
    reading = read((text + "235 ok\n").encode())
    assert not any(secret in repr(reading) for secret in ("Y2hyaXM=", "c2VjcmV0"))
    assert [event.verb for event in reading.events if isinstance(event, Sent)] == ["EHLO", "AUTH", "334", "334"]


def test_a_text_that_begins_in_the_middle_claims_no_banner() -> None:
    (server,) = judge(events_in(MAIL + RCPT + MESSAGE)).servers
    assert "greeted" not in [proof.claim.goal.value for proof in server.proofs]
    assert server.status is Status.OK


def test_the_words_of_an_excerpt_stand_at_their_command() -> None:
    text = "... while talking to mx.fabrikam.com.:\n>>> RCPT To:<kate@fabrikam.com>\n<<< 550 5.1.1 no\n"
    assert status_of(text) == (Status.PERMANENT, Phase.RCPT)


SILENT = "Connected to mx.fabrikam.com.\n220 mx.fabrikam.com\n250-mx.fabrikam.com\n250 DSN\n250 2.1.0 ok\n"


def test_what_was_not_echoed_is_inferred_without_its_words() -> None:
    """Telnet without local echo: the order of a session tells what each reply answers."""
    events = events_in(SILENT + "250 2.1.5 ok\n354 go\n250 2.6.0 queued\n221 bye\n")
    sent = [event for event in events if isinstance(event, Sent)]
    assert [event.verb for event in sent] == ["EHLO", "MAIL", "RCPT", "DATA", ".", "QUIT"]
    assert {event.data for event in sent if not event.body} == {b""}
    assert status_of(SILENT + "250 2.1.5 ok\n354 go\n250 2.6.0 queued\n221 bye\n") == (Status.OK, Phase.END_OF_DATA)
    assert status_of(SILENT + "550 5.1.1 no\n") == (Status.PERMANENT, Phase.RCPT)


def test_a_handshake_that_was_not_echoed_begins_no_other_session() -> None:
    text = SILENT.replace(
        "250 2.1.0 ok\n", "220 2.0.0 Ready to start TLS\n250-mx.fabrikam.com\n250 DSN\n250 2.1.0 ok\n"
    )
    events = events_in(text)
    assert sum(isinstance(event, Connected) for event in events) == 1
    assert sum(isinstance(event, Secured) for event in events) == 1


def test_a_reply_that_nobody_asked_for_is_one() -> None:
    events = events_in(START + "S: 421 4.3.2 closing\n")
    assert [event.reply.code for event in events if isinstance(event, Unsolicited)] == [421]


def test_a_word_that_no_server_knows_is_the_command_that_was_typed() -> None:
    text = "220 mx.fabrikam.com\nEHLO a.test\n250 DSN\nHALLO you\n500 5.5.1 what?\nQUIT\n221 bye\n"
    reading = read(text.encode())
    assert reading.found[2].command == "HALLO you"
    assert not [event for event in reading.events if isinstance(event, Unsolicited)]
    assert status_of(text) == (Status.PERMANENT, Phase.OTHER)


def test_a_line_that_looks_like_a_reply_and_is_none_is_told_of() -> None:
    text = "220 mx.fabrikam.com\nEHLO a.test\n250 DSN\n250ok\nQUIT\n221 bye\n"
    notes = [event for event in events_in(text) if isinstance(event, Noted)]
    assert [(event.topic, event.details) for event in notes] == [(Topic.UNREAD, (("line", "4"), ("text", "250ok")))]
    assert status_of(text)[0] is Status.UNPROVEN


def test_many_lines_that_are_not_understood_are_told_of_by_the_first() -> None:
    notes = [event for event in events_in(START + "S: ??\n" * 1000) if isinstance(event, Noted)]
    assert len(notes) == 20


def test_swaks_tells_of_the_encryption() -> None:
    text = "=== Trying mx.fabrikam.com:25...\n=== Connected to mx.fabrikam.com.\n<-  220 mx.fabrikam.com\n"
    text += " -> EHLO a.test\n<-  250 STARTTLS\n -> STARTTLS\n<-  220 go\n=== TLS started with cipher TLSv1.3:AES:256\n"
    events = events_in(text + " ~> EHLO a.test\n<~  250 mx.fabrikam.com\n ~> MAIL FROM:<a@a.test>\n<~  250 ok\n")
    (secured,) = [event for event in events if isinstance(event, Secured)]
    assert (secured.version, secured.cipher) == ("TLSv1.3", "AES")
    assert [item.id for item in judge(events).servers[0].findings] == []


def test_a_session_that_went_on_behind_starttls_was_encrypted() -> None:
    """The pasted lines do not show the handshake; the server's next reply does."""
    events = events_in(START + "C: STARTTLS\nS: 220 go\nC: EHLO contoso.com\nS: 250 mx.fabrikam.com\n" + MAIL)
    assert kinds(events).index("Secured") > kinds(events).index("Sent")
    assert judge(events).status is Status.OK
    cut = events_in(START + "C: STARTTLS\nS: 220 go\nC: EHLO contoso.com\n")
    assert "Secured" not in kinds(cut)


def test_openssl_speaks_tls_from_the_beginning() -> None:
    events = events_in("CONNECTED(00000003)\n---\n220 mx.fabrikam.com\nEHLO a.test\n250 mx.fabrikam.com\n")
    assert kinds(events)[:3] == ["Connecting", "Connected", "Secured"]


@pytest.mark.parametrize(
    ("text", "kind", "status"),
    [
        ("Trying 192.0.2.1...\ntelnet: Unable to connect to remote host: Connection refused\n", Failed, Status.REFUSED),
        ("Connecting To mx...Could not open connection to the host, on port 25: Connect failed\n", Failed, Status.LOST),
        ("Connected to mx.\nConnection closed by foreign host.\n", Disconnected, Status.LOST),
        ("Connected to mx.\n220 mx\nEHLO a.test\nConnection closed by foreign host.\n", Disconnected, Status.LOST),
        ("=== Connected to mx.\n<-  220 mx\n -> EHLO a\n*** timeout\n", TimedOut, Status.TIMEOUT),
        (
            "=== Connected to mx.\n<-  220 mx\n -> EHLO a\n<-  250 mx\n*** Host did not advertise STARTTLS\n",
            GaveUp,
            Status.NOT_OFFERED,
        ),
    ],
)
def test_the_words_of_programs_are_events(text: str, kind: type[Event], status: Status) -> None:
    events = events_in(text)
    assert any(isinstance(event, kind) for event in events)
    assert judge(events).status is status


def test_a_connection_that_failed_knows_its_kind() -> None:
    (failed,) = [event for event in events_in("Trying mx...\nConnection refused\n") if isinstance(event, Failed)]
    assert (failed.kind, failed.phase) == (FailureKind.REFUSED, Phase.CONNECT)


def test_sessions_in_one_file_are_apart() -> None:
    events = events_in((START + MAIL + QUIT) * 3)
    assert sum(isinstance(event, Done) for event in events) == 3
    assert [server.status for server in judge(events).servers] == [Status.OK] * 3


def test_interleaved_sessions_of_an_exchange_log_are_apart() -> None:
    head = "2026-11-24T16:00:00.123Z,FABRIKAM\\Default,{},1,192.0.2.1:25,192.0.2.4:4242,{}\n"
    said = [(">,220 mx.fabrikam.com,", "<,EHLO a.test,", ">,{},"), ("250 mx.fabrikam.com", "501 5.5.4 no")]
    rows = [(session, row) for row in said[0] for session in ("08D1", "08D2")]
    text = "".join(head.format(session, row.format(said[1][session == "08D2"])) for session, row in rows)
    assert [server.status for server in judge(events_in(text)).servers] == [Status.OK, Status.PERMANENT]


@pytest.mark.parametrize(
    "text",
    [
        "550 5.1.1 User unknown",
        "550 5.1.1 one\n450 4.2.0 two\n",
        "Nov 24 10:00:00 mx postfix/smtp[1]: A: to=<k@b.test>, relay=x[192.0.2.1]:25, status=sent (250 ok)\n",
        "Remote Server returned '550 5.1.1 not found'",
    ],
)
def test_replies_that_belong_to_no_session_have_no_events(text: str) -> None:
    reading = read(text.encode())
    assert reading.found
    assert reading.events == ()


TEST = ["--from", "chris@contoso.com", "--to", "kate@fabrikam.com", "--to", "lee@fabrikam.com", "--helo", "contoso.com"]
LOGIN_OPTIONS = ["--user", "kate", "--password-env", "PRACTICE", "--auth-in-clear"]

# Scenarios that only take time, and those of which a view shows too little for more than: it did not go well.
SLOW = {"slow", "tarpit", "greet-delay", "trickle"}
VAGUE = {"endless-reply", "http-banner", "mixed-codes", "not-smtp", "starttls-injection", "tls-wants-certificate"}
UNSEEN = {"flood-banner"}  # no line of it is a reply
SCENARIOS = [item.name for item in library() if item.name not in SLOW]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_record_of_a_session_says_what_the_session_said(
    scenario: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is seen, the log, and the events without their plan: the judge says the same of each."""
    monkeypatch.setenv("PRACTICE", "practice")
    log, transcript = tmp_path / "session.log", tmp_path / "session.jsonl"
    more = LOGIN_OPTIONS if "auth" in scenario else []
    main(
        [
            *("test", "--lab", scenario, *TEST, *more, "--no-probes", "--timeout", "1"),
            *("--log", str(log), "--transcript", str(transcript)),
        ]
    )
    lines = transcript.read_text().splitlines()
    live = result_of("\n".join(lines))
    assert result_of("\n".join(line for line in lines if '"planned"' not in line)) == live
    for text in (capsys.readouterr().out, log.read_text()) if scenario not in UNSEEN else ():
        seen = result_of(text)
        assert seen == live or (scenario in VAGUE and seen[0] is not Status.OK and live[0] is not Status.OK)


@pytest.mark.parametrize("reason", ["", "the system's words"])
@pytest.mark.parametrize("kind", list(FailureKind))
def test_each_failure_is_read_from_what_is_shown(kind: FailureKind, reason: str) -> None:
    """Our own sentences are told apart in one place (reading/trouble.py), whatever the system says behind them."""
    phase = Phase.RESOLVE if kind in (FailureKind.DNS, FailureKind.NULL_MX) else Phase.CONNECT
    events = (
        Connecting(1.0, "mx.example", "192.0.2.1", 25),
        Failed(2.0, phase, kind, "192.0.2.1:25", reason),
        Done(3.0, "mx.example"),
    )
    view = TextView()
    shown = "\n".join(line for event in events for line in view.lines(event))
    logged = "\n".join(line for event in events for line in log_lines(event))
    for text in (shown, logged):
        told = read(text.encode()).events
        if kind is FailureKind.TLS:
            assert any(isinstance(event, Unsecured) for event in told), text
        else:
            assert [event.kind for event in told if isinstance(event, Failed)] == [kind], text


def result_of(text: str) -> tuple[Status, Phase, bool]:
    (server,) = judge(read(text.encode()).events).servers
    return server.status, server.phase, server.queued
