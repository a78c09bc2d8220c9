"""The transcript of a session: the events of a client, seen from the client, with every secret hidden."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from smtpscope.lab.options import Security, Service
from smtpscope.lab.scenario.model import Action, Rule, Scenario, When
from smtpscope.lab.store.recorder import FLOOD, HELD, UNASKED, UNREAD, Recorder, command_of
from smtpscope.model.event import (
    Disconnected,
    Done,
    Event,
    Injected,
    LoggedIn,
    Noted,
    Received,
    Sent,
    Unsolicited,
)
from smtpscope.model.vocabulary import Party
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import Defect

OPEN = Security(users=(("kate", "wonderland"),), auth_in_clear=True)


def replied(recorder: Recorder, data: bytes) -> None:
    recorder.replied(data)


def of(kind: type[Event], client: Any) -> list[Any]:
    client.recorder.flush()
    return [event for event in client.events if isinstance(event, kind)]


def test_a_long_session_is_handed_on_in_portions() -> None:
    portions: list[list[Event]] = []
    recorder = Recorder(lambda: 0.0, portions.append)
    for _ in range(3):
        recorder.command(b"NOOP " + b"x" * HELD)
    assert [len(portion) for portion in portions] == [1, 1, 1]
    recorder.ended(Party.US)
    assert [type(event) for event in portions[-1]] == [Disconnected, Done]


def test_message_text_beyond_the_limit_is_counted() -> None:
    events: list[Event] = []
    recorder = Recorder(lambda: 0.0, events.extend, text_limit=5)
    for piece in (b"abc", b"def", b"ghi"):
        recorder.content(piece, final=piece == b"ghi")
    recorder.ended(Party.US)
    sent = [event for event in events if isinstance(event, Sent)]
    assert b"".join(event.data for event in sent) == b"abcde"
    assert [event.final for event in sent] == [False, False, True]  # that the message is complete is told all the same
    [note] = [event for event in events if isinstance(event, Noted)]
    assert (note.topic, note.details) == ("text-cut", (("octets", "4"),))


def test_a_reply_has_the_time_since_the_command() -> None:
    now = [10.0]
    events: list[Event] = []
    recorder = Recorder(lambda: now[0], events.extend)
    replied(recorder, b"220 ready\r\n")
    recorder.command(b"MAIL FROM:<>")
    now[0] = 12.5
    replied(recorder, b"250 2.1.0 Sender OK\r\n")
    recorder.flush()
    reply = events[-1]
    assert isinstance(reply, Received)
    assert (reply.at, reply.elapsed, reply.reply.code, reply.command) == (12.5, 2.5, 250, "MAIL FROM:<>")
    assert (reply.verb, reply.exchange, reply.phase) == ("MAIL", 1, Phase.MAIL)


def test_every_reply_says_what_it_answers(talk: Any) -> None:
    client = talk()
    client.say("EHLO contoso.com", "MAIL FROM:<chris@contoso.com>", "RCPT TO:kate@fabrikam.com", "DATA", "x", ".")
    client.send(b"MAIL FROM:<>\r\nRCPT TO:<kim@fabrikam.com>\r\nBDAT 1\r\nxBDAT 0 LAST\r\nQUIT\r\n")
    told = [(event.verb, event.recipient, event.last) for event in of(Received, client)]
    assert told == [
        ("", "", False),
        ("EHLO", "", False),
        ("MAIL", "", False),
        ("RCPT", "kate@fabrikam.com", False),
        ("DATA", "", False),
        (".", "", True),
        ("MAIL", "", False),
        ("RCPT", "kim@fabrikam.com", False),
        ("BDAT", "", False),
        ("BDAT", "", True),
        ("QUIT", "", False),
    ]
    asked = {event.exchange for event in of(Sent, client)}
    assert [event.exchange for event in of(Received, client)] == [0, *sorted(asked)]


def test_lmtp_replies_for_each_recipient(talk: Any) -> None:
    client = talk(service=Service("lmtp"))
    client.say("LHLO contoso.com", "MAIL FROM:<>", "RCPT TO:<kate@x.test>", "RCPT TO:<kim@x.test>", "DATA", "x", ".")
    last = [event for event in of(Received, client) if event.last]
    assert [(event.verb, event.recipient) for event in last] == [(".", "kate@x.test"), (".", "kim@x.test")]
    assert command_of(last[0]) == ". <kate@x.test>"


def test_a_farewell_that_nobody_asked_for_answers_nothing(talk: Any) -> None:
    client = talk()
    client.say("EHLO contoso.com")
    client.recorder.replied(client.session.idle().data)
    [event] = of(Unsolicited, client)
    assert (event.reply.code, event.phase) == (421, Phase.MAIL)
    assert command_of(event) == "mail"


def test_a_refusal_in_the_middle_of_the_message_is_early(talk: Any) -> None:
    rule = Rule(When(("content",), octets=3), Action(552, ("5.3.4 enough",)), times=1)
    client = talk(Scenario("x", rules=(rule,)))
    client.say("EHLO contoso.com", "MAIL FROM:<>", "RCPT TO:<kate@x.test>", "DATA")
    assert client.send(b"text\r\n").startswith("552 ")
    client.send(b".\r\n")
    assert [event.reply.code for event in of(Received, client) if event.early] == [552]
    assert [event.reply.code for event in of(Unsolicited, client)] == [250]  # one more than the client awaits


RAW = {
    "two replies": (b"250 one\r\n250 two\r\n", [250], [250]),
    "half a reply": (b"250-one\r\n250", [], []),
    "no code": (b"SSH-2.0-OpenSSH_9.2\r\n", [0], []),
    "mixed codes": (b"250-one\r\n550 two\r\n", [550], []),
}


@pytest.mark.parametrize(("raw", "answers", "unasked"), RAW.values(), ids=RAW.keys())
def test_octets_in_place_of_a_reply_are_read_as_a_client_reads_them(
    talk: Any, raw: bytes, answers: list[int], unasked: list[int]
) -> None:
    client = talk(Scenario("x", rules=(Rule(When(("noop",)), Action(raw=raw, end="drop")),)))
    client.events.clear()
    client.connect()
    client.say("NOOP")
    client.recorder.ended(Party.PEER)
    assert [event.reply.code for event in of(Received, client)[1:]] == answers
    assert [event.reply.code for event in of(Unsolicited, client)] == unasked
    [end] = of(Disconnected, client)
    assert end.pending == (raw if raw.endswith(b"250") else b"")
    assert end.phase is (Phase.OTHER if raw.endswith(b"250") else Phase.EHLO)


def test_a_flood_of_replies_is_bounded() -> None:
    events: list[Event] = []
    recorder = Recorder(lambda: 0.0, events.extend)
    replied(recorder, b"220 ready\r\n")
    recorder.command(b"NOOP")
    replied(recorder, b"250 ok\r\n" * 5000)
    recorder.ended(Party.PEER)
    assert sum(isinstance(event, Unsolicited) for event in events) == UNASKED - 1
    [note] = [event for event in events if isinstance(event, Noted)]
    assert note.details == (("count", str(5000 - UNASKED)),)


def test_a_reply_without_an_end_is_a_flood() -> None:
    events: list[Event] = []
    recorder = Recorder(lambda: 0.0, events.extend)
    replied(recorder, b"220 ready\r\n")
    recorder.command(b"EHLO x")
    for _ in range(FLOOD // 65536 + 1):
        replied(recorder, b"250-and so on.\r\n" * 4096)
    recorder.ended(Party.PEER)
    flood = next(event for event in events if isinstance(event, Received) and event.verb == "EHLO")
    assert Defect.TOO_LONG in flood.reply.defects
    assert len(flood.reply.raw) <= 65536


def test_what_is_not_looked_at_is_bounded() -> None:
    events: list[Event] = []
    recorder = Recorder(lambda: 0.0, events.extend)
    replied(recorder, b"220 ready\r\n")
    for _ in range(100):
        recorder.unread(b"\r\n" * 5000)
    recorder.ended(Party.US)
    assert len(events) < UNREAD
    [note] = [event for event in events if isinstance(event, Noted)]
    assert note.details == (("octets", str(1_000_000 - UNREAD)),)


def test_where_the_connection_ended(talk: Any) -> None:
    for said, phase in (
        ((), Phase.EHLO),
        (("EHLO contoso.com",), Phase.MAIL),
        (("EHLO contoso.com", "MAIL FROM:<>", "RCPT TO:<kate@x.test>", "DATA", "x"), Phase.END_OF_DATA),
        (("QUIT",), Phase.QUIT),
        (("EHLO contoso.com", "MAIL FROM:<>", "RCPT TO:<drop@x.test>"), Phase.RCPT),
    ):
        client = talk()
        client.say(*said)
        client.recorder.ended(Party.US)
        [end] = of(Disconnected, client)
        assert end.phase is phase, said


# --------------------------------------------------------------------------------------------------- what is secret


def base64(text: str) -> str:
    return b64encode(text.encode()).decode()


SECRET = base64("\0kate\0wonderland")

LOGINS = {
    "initial response": [f"AUTH PLAIN {SECRET}"],
    "lower case": [f"auth plain {SECRET}"],
    "bare LF": [f"AUTH PLAIN {SECRET}\n"],
    "response": ["AUTH PLAIN", SECRET],
    "wrong": ["AUTH PLAIN", base64("\0kate\0looking-glass")],
    "two responses": ["AUTH LOGIN", base64("kate"), base64("wonderland")],
    "no such mechanism": [f"AUTH GSSAPI {SECRET}"],
    "no login is offered": [f"AUTH PLAIN {SECRET}"],
    "typed after a refusal": ["AUTH NTLM", SECRET],
    "typed before AUTH": [SECRET],
    "AUTH left out": [f"PLAIN {SECRET}"],
    "too long": ["AUTH PLAIN", SECRET + "=" * 20000],
}


@pytest.mark.parametrize("name", LOGINS)
def test_no_secret_is_in_the_record(talk: Any, name: str) -> None:
    client = talk(security=Security() if name == "no login is offered" else OPEN)
    client.say("EHLO contoso.com")
    for line in LOGINS[name]:
        client.send((line if line.endswith("\n") else line + "\r\n").encode())
    client.say("QUIT")
    client.recorder.ended(Party.US)
    told = repr(client.events)
    for secret in (SECRET, base64("wonderland"), base64("\0kate\0looking-glass"), "wonderland"):
        assert secret not in told
    masked = [event for event in of(Sent, client) if event.masked]
    assert masked
    assert all(b"***" in event.data for event in masked)


def test_a_secret_ahead_of_the_handshake_is_hidden_too(talk: Any) -> None:
    client = talk()
    client.recorder.injected(f"AUTH PLAIN {SECRET}\r\nRSET\r\n".encode())
    client.recorder.injected(f"AUTH LOGIN\r\n{SECRET}\r\nNOOP".encode())
    assert [event.data for event in of(Injected, client)] == [
        b"AUTH PLAIN ***\r\nRSET\r\n",
        b"AUTH LOGIN\r\n***\r\nNOOP",
    ]


def test_a_secret_that_the_lab_repeats_is_hidden_too(talk: Any) -> None:
    rule = Rule(When(("vrfy",)), Action(550, ("5.1.1 {argument}?",)))
    client = talk(Scenario("x", rules=(rule,)), security=OPEN)
    client.say("EHLO contoso.com", f"AUTH PLAIN {SECRET}", f"VRFY {SECRET}")
    client.recorder.flush()
    assert SECRET not in repr([event for event in client.events if isinstance(event, Received)])


def test_a_secret_in_place_of_a_proxy_header_is_hidden_too(talk: Any) -> None:
    client = talk()
    client.recorder.unread(f"EHLO contoso.com\r\nAUTH PLAIN {SECRET}".encode())
    client.recorder.ended(Party.US)
    assert [event.data for event in of(Sent, client)] == [b"EHLO contoso.com", b"AUTH PLAIN ***"]


@pytest.mark.parametrize("line", [f"AUTH PLAIN {SECRET}", "AUTH SCRAM-SHA-256"])
def test_a_login_that_is_complete_is_told(talk: Any, line: str) -> None:
    client = talk(security=OPEN)
    client.say("EHLO contoso.com", line)
    expected = [("PLAIN", "kate")] if "PLAIN" in line else []
    assert [(event.mechanism, event.user) for event in of(LoggedIn, client)] == expected
    if expected:
        events = [type(event) for event in client.events]
        assert events[-2:] == [Received, LoggedIn]
