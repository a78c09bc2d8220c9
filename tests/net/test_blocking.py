"""The blocking driver, with a server on loopback that says what the test wants."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence

import pytest

from nameserver import nameserver
from scripted import BYE, GO, GREETING, HELLO, OK, Act, drain, replies, scripted, trickle
from smtpscope.dialogue.conversation import conversation
from smtpscope.dialogue.plan import Envelope, Plan, Target
from smtpscope.model.event import Connected, Connecting, Disconnected, Done, Event, Failed, Received, Resolved, TimedOut
from smtpscope.net.blocking import converse
from smtpscope.net.clock import Clock
from smtpscope.protocol.phase import TIMEOUTS, Phase
from smtpscope.protocol.reply import Defect

MESSAGE = b"Subject: test\r\n\r\nhello\r\n.\r\nend\r\n"


def plan(**changes: object) -> Plan:
    envelope = Envelope("contoso.com", "chris@contoso.com", ("kate@fabrikam.com", "lee@fabrikam.com"))
    return Plan(Target(), envelope, message=MESSAGE).replace(**changes)


def talk(
    port: int, what: Plan | None = None, limit: float = 10.0, host: str = "127.0.0.1", target: Target | None = None
) -> list[Event]:
    """The events of a conversation with the server on ``port``."""
    limits = dict.fromkeys(TIMEOUTS, limit)
    return list(converse(target or Target(), host, port, conversation(what or plan()), limits, Clock()))


def codes(events: Sequence[Event]) -> list[int]:
    return [event.reply.code for event in events if isinstance(event, Received)]


def test_the_whole_conversation() -> None:
    with scripted(*replies(GREETING, HELLO, OK, OK, OK, GO, OK, BYE)) as server:
        events = talk(server.port)
    assert server.heard.decode().split("\r\n")[:-1] == [
        "EHLO contoso.com",
        f"MAIL FROM:<chris@contoso.com> SIZE={len(MESSAGE)}",
        "RCPT TO:<kate@fabrikam.com>",
        "RCPT TO:<lee@fabrikam.com>",
        "DATA",
        *("Subject: test", "", "hello", "..", "end", "."),
        "QUIT",
    ]
    assert codes(events) == [220, 250, 250, 250, 250, 354, 250, 221]
    assert isinstance(events[0], Connecting)
    assert events[-2:] == [Disconnected(events[-2].at, Phase.QUIT, "us"), Done(events[-1].at, "127.0.0.1")]  # type: ignore[attr-defined]


def test_quit_without_an_answer_is_no_failure() -> None:
    with scripted(*replies(GREETING, HELLO, OK, OK, OK, GO, OK, b"")) as server:
        events = talk(server.port)
    assert codes(events)[-1] == 250
    assert isinstance(events[-2], Disconnected)
    assert (events[-2].phase, events[-2].by) == (Phase.QUIT, "peer")


def test_each_address_in_turn_until_one_takes_us() -> None:
    zone = {("mx.example.net.", "AAAA"): ["::1"], ("mx.example.net.", "A"): ["127.0.0.1"]}
    with nameserver(zone) as resolver, scripted(*replies(b"554 no\r\n", BYE)) as server:
        events = talk(server.port, host="mx.example.net", target=Target(resolver=resolver))
    assert [(event.address, event.host) for event in events if isinstance(event, Connecting)] == [
        ("::1", "mx.example.net"),
        ("127.0.0.1", "mx.example.net"),
    ]
    assert [event.kind for event in events if isinstance(event, Failed)] in (["refused"], ["unreachable"])
    assert isinstance(events[0], Resolved)
    assert [event.address for event in events if isinstance(event, Connected)] == ["127.0.0.1"]
    assert codes(events) == [554, 221]


def test_a_name_without_an_address_ends_before_anything_is_sent() -> None:
    with nameserver({}) as resolver, scripted(*replies(GREETING)) as server:
        events = talk(server.port, host="mx.example.net", target=Target(resolver=resolver))
    assert [type(event) for event in events] == [Failed, Done]
    assert server.heard == b""


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    events = talk(port)
    assert [type(event) for event in events] == [Connecting, Failed, Done]


@pytest.mark.parametrize(
    ("acts", "defect"),
    [
        ([b"220 a\0b\r\n"], Defect.CONTROL),
        ([b"220 \xff\xfe\r\n"], Defect.EIGHT_BIT),
        ([b"220 hi\n"], Defect.BARE_LF),
        ([b"HTTP/1.1 400 Bad Request\r\n\r\n"], Defect.NO_CODE),
        ([b"999 what\r\n"], Defect.CODE_RANGE),
        ([b"220-a\r\n554 b\r\n"], Defect.MIXED_CODES),
        ([b"220 " + b"x" * 9000 + b"\r\n"], Defect.LONG_LINE),
        ([b"x" * 10_000_000], Defect.TOO_LONG),
        ([(b"220-" + b"y" * 100 + b"\r\n") * 90_000], Defect.TOO_LONG),
    ],
)
def test_whatever_greets_us_is_recorded(acts: list[Act], defect: Defect) -> None:
    with scripted(*acts) as server:
        events = talk(server.port)
    first = next(event for event in events if isinstance(event, Received))
    assert defect in first.reply.defects
    assert isinstance(events[-1], Done)


def test_half_a_line_and_then_the_end() -> None:
    with scripted(*replies(GREETING, HELLO, b"250 2.1.0 Sen")) as server:
        events = talk(server.port)
    ends = [event for event in events if isinstance(event, Disconnected)]
    assert [(event.phase, event.by, event.pending) for event in ends] == [(Phase.MAIL, "peer", b"250 2.1.0 Sen")]


@pytest.mark.parametrize("slow", [20.0, trickle(b"2" * 600, 0.05)])
def test_silence_and_a_trickle_end_with_the_time_limit(slow: Act) -> None:
    with scripted(*replies(GREETING, HELLO, slow)) as server:
        begun = time.monotonic()
        events = talk(server.port, limit=0.7)
        assert time.monotonic() - begun < 10
    assert [event.phase for event in events if isinstance(event, TimedOut)] == [Phase.MAIL]


def test_a_reset_in_the_middle() -> None:
    with scripted(*replies(GREETING, "reset")) as server:
        events = talk(server.port)
    assert [(event.phase, event.kind) for event in events if isinstance(event, Failed)] == [(Phase.EHLO, "reset")]


def test_replies_that_nobody_asked_for() -> None:
    with scripted(*replies(GREETING + b"220 again\r\n", HELLO, OK, OK, OK, GO, OK, BYE)) as server:
        events = talk(server.port)
    assert "Unsolicited" in [type(event).__name__ for event in events]
    assert codes(events)[-1] == 221


def test_a_server_that_stops_reading_the_message() -> None:
    with scripted(*replies(GREETING, HELLO, OK, OK, OK), "line", GO, 20.0) as server:
        events = talk(server.port, plan(message=b"Subject: x\r\n\r\n" + b"y" * 20_000_000), limit=0.5)
    assert isinstance(events[-1], Done)
    assert any(isinstance(event, TimedOut | Failed) for event in events)


def test_why_the_message_was_cut_short_is_read() -> None:
    too_big = b"552 5.3.4 too big\r\n"
    with scripted(*replies(GREETING, HELLO, OK, OK, OK), "line", GO, "line", too_big, drain) as server:
        events = talk(server.port, plan(message=b"Subject: x\r\n\r\n" + b"y" * 3_000_000), limit=1.0)
    assert 552 in codes(events)
