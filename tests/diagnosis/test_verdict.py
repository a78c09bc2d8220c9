"""The verdict, a fold over events: what decided, and how far it went."""

from __future__ import annotations

import pytest
from smtpscope.diagnosis.verdict import Status, judge, overall

from smtpscope.model.event import Connected, Disconnected, Done, Event, Failed, Interrupted, Noted, Received, TimedOut
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import parse_reply

STEPS = {
    "banner": Phase.BANNER,
    "ehlo": Phase.EHLO,
    "mail": Phase.MAIL,
    "rcpt": Phase.RCPT,
    "data": Phase.DATA,
    "dot": Phase.END_OF_DATA,
    "quit": Phase.QUIT,
}
COMMANDS = {"rcpt": "RCPT TO:<r{}@b.test>", "dot": "."}
CONNECTED = Connected(1.0, "mx", "192.0.2.1", 25, "192.0.2.9:4")
CLOSED = Disconnected(1.0, Phase.QUIT, "us")


def replies(script: str) -> list[Event]:
    """``banner 220, rcpt 550`` as events."""
    words = [pair.split() for pair in script.split(",") if pair.strip()]
    return [
        Received(1.0, STEPS[step], parse_reply(f"{code} text".encode()), COMMANDS.get(step, step).format(n), 0.1)
        for n, (step, code) in enumerate(words)
    ]


GOOD = "banner 220, ehlo 250, mail 250, rcpt 250, data 354, dot 250"


@pytest.mark.parametrize(
    ("script", "status", "phase"),
    [
        (GOOD + ", quit 221", Status.OK, Phase.END_OF_DATA),
        (GOOD + ", quit 500", Status.OK, Phase.END_OF_DATA),
        ("banner 554, quit 221", Status.PERMANENT, Phase.BANNER),
        ("banner 421", Status.TEMPORARY, Phase.BANNER),
        ("banner 220, ehlo 502, ehlo 250, mail 250", Status.OK, Phase.MAIL),
        ("banner 220, ehlo 502, ehlo 502", Status.PERMANENT, Phase.EHLO),
        ("banner 220, ehlo 250, mail 550, rcpt 503", Status.PERMANENT, Phase.MAIL),
        ("banner 220, ehlo 250, mail 250, rcpt 250, rcpt 550, data 354, dot 250", Status.PARTIAL, Phase.RCPT),
        ("banner 220, ehlo 250, mail 250, rcpt 450, rcpt 550", Status.TEMPORARY, Phase.RCPT),
        ("banner 220, ehlo 250, mail 250, rcpt 250, rcpt 421", Status.TEMPORARY, Phase.RCPT),
        ("banner 220, ehlo 250, mail 250, rcpt 250, data 250", Status.PROTOCOL, Phase.DATA),
        ("banner 220, ehlo 250, mail 354", Status.PROTOCOL, Phase.MAIL),
        ("banner 220, ehlo 250, mail 250, rcpt 250, data 354, dot 552", Status.PERMANENT, Phase.END_OF_DATA),
    ],
)
def test_the_reply_that_decided(script: str, status: Status, phase: Phase) -> None:
    (verdict,) = judge([CONNECTED, *replies(script), CLOSED, Done(1.0, "mx")])
    assert (verdict.host, verdict.status, verdict.phase) == ("mx", status, phase)


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (TimedOut(1.0, Phase.MAIL, 5, b""), Status.TIMEOUT),
        (Failed(1.0, Phase.MAIL, "reset", "mx:25", "reset"), Status.DROPPED),
        (Failed(1.0, Phase.MAIL, "other", "mx:25", "?"), Status.DROPPED),
        (Disconnected(1.0, Phase.MAIL, "peer"), Status.DROPPED),
        (Interrupted(1.0, Phase.MAIL), Status.INTERRUPTED),
    ],
)
def test_no_reply_decided(event: Event, status: Status) -> None:
    (verdict,) = judge([CONNECTED, *replies("banner 220, ehlo 250"), event])
    assert (verdict.status, verdict.phase, verdict.reply) == (status, Phase.MAIL, None)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("dns", Status.DNS),
        ("null-mx", Status.DNS),
        ("refused", Status.REFUSED),
        ("timeout", Status.TIMEOUT),
        ("unreachable", Status.UNREACHABLE),
        ("denied", Status.UNREACHABLE),
    ],
)
def test_no_connection(kind: str, status: Status) -> None:
    (verdict,) = judge([Failed(1.0, Phase.CONNECT, kind, "mx:25", "words"), Done(1.0, "mx")])
    assert verdict.status is status


def test_an_address_that_failed_does_not_matter_where_the_next_took_us() -> None:
    first = Failed(1.0, Phase.CONNECT, "refused", "[2001:db8::1]:25", "words")
    (verdict,) = judge([first, CONNECTED, *replies(GOOD), CLOSED])
    assert (verdict.status, verdict.queued) == (Status.OK, True)


def test_what_comes_behind_the_queued_message_does_not_matter() -> None:
    for event in (Disconnected(1.0, Phase.QUIT, "peer"), TimedOut(1.0, Phase.QUIT, 1, b"")):
        (verdict,) = judge([CONNECTED, *replies(GOOD), event])
        assert verdict.status is Status.OK


def test_a_planned_end_is_no_loss() -> None:
    stop = Noted(1.0, Phase.DATA, "stop", (("after", "data"),))
    script = replies("banner 220, ehlo 250, mail 250, rcpt 250, data 354")
    (verdict,) = judge([CONNECTED, *script, stop, Disconnected(1.0, Phase.DATA, "peer")])
    assert (verdict.status, verdict.phase, verdict.queued) == (Status.OK, Phase.DATA, False)


def test_each_recipient_and_each_server_has_a_verdict() -> None:
    first = [CONNECTED, *replies("banner 220, ehlo 250, mail 250, rcpt 250, rcpt 550"), Done(1.0, "mx1")]
    second = [CONNECTED, *replies("banner 554"), Done(1.0, "mx2")]
    verdicts = judge([*first, *second])
    assert [verdict.host for verdict in verdicts] == ["mx1", "mx2"]
    assert [(item.recipient, item.accepted) for item in verdicts[0].recipients] == [
        ("r3@b.test", True),
        ("r4@b.test", False),
    ]
    assert overall(verdicts).status is Status.PARTIAL
    assert overall(verdicts[:1] * 2) == verdicts[0]


def test_nothing_at_all_is_a_lost_connection() -> None:
    assert judge([CONNECTED, Done(1.0, "mx")])[0].status is Status.DROPPED


def test_a_chunk_that_was_taken_is_not_the_message() -> None:
    chunk = Received(1.0, Phase.END_OF_DATA, parse_reply(b"250 octets received"), "BDAT 1000", 0.1)
    gone = Disconnected(1.0, Phase.END_OF_DATA, "peer")
    [verdict] = judge([CONNECTED, *replies("banner 220, ehlo 250, mail 250, rcpt 250"), chunk, gone])
    assert (verdict.status, verdict.queued) == (Status.DROPPED, False)
