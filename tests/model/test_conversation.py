"""The fold: events in, exchanges out, each with its place."""

from __future__ import annotations

import pytest

from smtpscope.model.claim import Claim, Goal
from smtpscope.model.conversation import MESSAGE_LIMIT, NO_REPLY, Exchange, Fold, fold
from smtpscope.model.event import (
    Connected,
    Connecting,
    Disconnected,
    Done,
    Event,
    Failed,
    GaveUp,
    Noted,
    Planned,
    Secured,
    Stopped,
    TimedOut,
    Unsecured,
)
from smtpscope.model.recorder import Recorder
from smtpscope.model.vocabulary import FailureKind, Party, Reason, Topic
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import parse_reply

CONNECTED = Connected(1.0, "mx.fabrikam.com", "192.0.2.1", 587, "192.0.2.4:4242")


def session(*said: tuple[bytes, bytes]) -> list[Event]:
    """The events of a session in which each line gets its reply; a line of a message gets none."""
    recorder, events = Recorder(), [CONNECTED]
    for line, reply in said:
        if line:
            events += recorder.octets(2.0, line + b"\r\n")
        if reply:
            events.append(recorder.reply(3.0, parse_reply(reply + b"\r\n"), 0.5))
    return events


HELLO = ((b"", b"220 mx"), (b"EHLO a.test", b"250-mx\r\n250 DSN"))
MAIL = (b"MAIL FROM:<a@a.test>", b"250 ok")
RCPT = (b"RCPT TO:<b@b.test>", b"250 ok")
MESSAGE = ((b"DATA", b"354 go"), (b"Subject: x\r\n\r\nhello\r\n.", b"250 queued"))


def only(events: list[Event]) -> tuple[Exchange, ...]:
    (conversation,) = fold(events)
    return conversation.exchanges


def test_the_place_of_each_reply() -> None:
    found = only(session(*HELLO, MAIL, RCPT, *MESSAGE, (b"QUIT", b"221 bye")))
    assert [item.stage for item in found] == ["banner", "ehlo", "mail", "rcpt", "data", "end-of-data", "quit"]
    assert [item.index for item in found] == [0, 1, 2, 3, 4, 5, 6]
    assert (found[3].command, found[3].recipient) == ("RCPT TO:<b@b.test>", "b@b.test")
    assert found[3].announced is not None
    assert found[3].announced.has("DSN")
    assert found[1].announced is None
    assert found[5].message == b"Subject: x\r\n\r\nhello\r\n"
    assert {item.target for item in found} == {"mx.fabrikam.com:587"}
    assert {item.seconds for item in found} == {0.5}
    assert all(item.failure == "" for item in found)


def test_with_lmtp_every_reply_has_the_message() -> None:
    hello = ((b"", b"220 mx"), (b"LHLO a.test", b"250 mx"))
    other = (b"RCPT TO:<c@b.test>", b"250 ok")
    events = session(*hello, MAIL, RCPT, other, *MESSAGE, (b"", b"550 no"))
    first, second = only(events)[-2:]
    assert [first.recipient, second.recipient] == ["b@b.test", "c@b.test"]
    assert first.message == second.message != b""


def test_the_chunks_of_a_message_are_one_message() -> None:
    """A chunk may end as a message behind DATA does: its dot belongs to it (RFC 3030 section 2)."""
    chunks = ((b"BDAT 4\r\nab", b"250 ok"), (b"BDAT 3 LAST\r\n.", b"250 queued"))
    assert only(session(*HELLO, MAIL, RCPT, *chunks))[-1].message == b"ab\r\n.\r\n"


def test_a_second_message_does_not_hold_the_first() -> None:
    second = ((b"DATA", b"354 go"), (b"two\r\n.", b"250 queued"))
    assert only(session(*HELLO, MAIL, RCPT, *MESSAGE, MAIL, RCPT, *second))[-1].message == b"two\r\n"


def test_of_a_long_message_the_beginning_is_kept() -> None:
    long = ((b"DATA", b"354 go"), (b"x" * 2 * MESSAGE_LIMIT + b"\r\n.", b"250 queued"))
    assert len(only(session(*HELLO, MAIL, RCPT, *long))[-1].message) == MESSAGE_LIMIT


def test_a_reply_without_a_command_is_apart() -> None:
    (conversation,) = fold(session(*HELLO, MAIL, (b"", b"421 4.3.2 closing")))
    assert [item.reply.code for item in conversation.unasked] == [421]
    assert [item.reply.code for item in conversation.exchanges] == [220, 250, 250]
    assert conversation.unasked[0].unasked


LOST = Disconnected(4.0, Phase.MAIL, Party.PEER)


@pytest.mark.parametrize(
    ("event", "failure", "words"),
    [
        (TimedOut(4.0, Phase.MAIL, 30.0, b""), "timeout", ""),
        (LOST, "closed", ""),
        (Failed(4.0, Phase.MAIL, FailureKind.RESET, "mx:25", "Connection reset by peer"), "reset", "Connection reset"),
        (Failed(4.0, Phase.CONNECT, FailureKind.REFUSED, "mx:25", "refused"), "refused", "refused"),
        (Unsecured(4.0, Phase.TLS, "mx", "handshake", "no shared cipher"), "tls", "no shared cipher"),
        (Secured(4.0, Phase.TLS, "TLSv1.3", "x", 256, "mx", False, "self-signed"), "tls", "self-signed"),
        (GaveUp(4.0, Phase.AUTH, Reason.AUTH_IN_CLEAR), "auth-in-clear", ""),
        (Noted(4.0, Phase.MAIL, Topic.UNREAD, (("line", "7"), ("text", "what?"))), "unread", "what?"),
    ],
)
def test_what_comes_in_place_of_a_reply(event: Event, failure: str, words: str) -> None:
    found = only([*session(*HELLO), event])[-1]
    assert (found.reply, found.failure, found.event) == (NO_REPLY, failure, event)
    assert found.words.startswith(words)
    assert found.stage == event.phase.value  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "before",
    [
        (*HELLO, (b"MAIL FROM:<a@a.test>", b"550 no")),
        (*HELLO, (b"", b"421 closing")),
    ],
)
def test_behind_a_rejection_the_end_is_no_news(before: tuple[tuple[bytes, bytes], ...]) -> None:
    (conversation,) = fold([*session(*before), LOST])
    assert not any(item.failure for item in conversation.exchanges)


@pytest.mark.parametrize(
    "event",
    [
        Disconnected(4.0, Phase.MAIL, Party.US),
        Disconnected(4.0, Phase.QUIT, Party.PEER),
        TimedOut(4.0, Phase.QUIT, 10.0, b""),
        Failed(4.0, Phase.QUIT, FailureKind.RESET, "mx:25", "reset"),
        Secured(4.0, Phase.TLS, "TLSv1.3", "x", 256, "mx", True),
        GaveUp(4.0, Phase.MAIL, Reason.SERVER_CLOSES),
        Noted(4.0, Phase.MAIL, Topic.USING, (("extension", "DSN"), ("why", "x"))),
        Stopped(4.0, Phase.EHLO),
    ],
)
def test_what_completes_no_exchange(event: Event) -> None:
    assert len(only([*session(*HELLO), event])) == 2


def test_where_the_test_stopped_the_end_is_no_news() -> None:
    assert len(only([*session(*HELLO), Stopped(4.0, Phase.EHLO), LOST])) == 2


def test_a_timeout_is_told_once() -> None:
    assert [item.failure for item in only([*session(*HELLO), TimedOut(4.0, Phase.MAIL, 1.0, b""), LOST])][2:] == [
        "timeout"
    ]


def test_behind_the_handshake_what_was_announced_is_forgotten() -> None:
    secured = Secured(4.0, Phase.TLS, "TLSv1.3", "x", 256, "mx", False, "expired")
    assert only([*session(*HELLO), secured])[-1].announced is None


def test_each_server_is_a_conversation() -> None:
    planned = Planned(0.5, "fabrikam.com", (Claim(Goal.CONNECTED),))
    other = Connecting(5.0, "mx2.fabrikam.com", "192.0.2.2", 25)
    failed = Failed(6.0, Phase.CONNECT, FailureKind.TIMEOUT, "192.0.2.2:25", "timed out")
    first, second = fold([planned, *session(*HELLO), Done(4.0, "mx1.fabrikam.com"), other, failed])
    assert (first.host, first.claims) == ("mx1.fabrikam.com", planned.claims)
    assert (second.host, second.claims) == ("mx2.fabrikam.com", None)
    assert second.events == (other, failed)
    assert [item.server for item in second.exchanges] == ["mx2.fabrikam.com"]
    assert not any(isinstance(event, Done) for event in (*first.events, *second.events))


def test_a_server_without_a_name_is_named_by_its_reply_to_ehlo() -> None:
    recorder = Recorder()
    events: list[Event] = [Connected(1.0, "", "", 0, ""), recorder.reply(1.0, parse_reply(b"220 x\r\n"), 0.0)]
    events += [recorder.command(2.0, b"EHLO a.test"), recorder.reply(3.0, parse_reply(b"250 mx.b.test hi\r\n"), 0.0)]
    events += [recorder.command(4.0, b"MAIL FROM:<>"), recorder.reply(5.0, parse_reply(b"550 no\r\n"), 0.0)]
    assert only(events)[-1].server == "mx.b.test"


def test_the_line_in_a_text_is_kept() -> None:
    taken = Fold()
    found = [taken.take(event, number) for number, event in enumerate(session(*HELLO), 10)]
    assert [item.line for item in found if item] == [11, 13]
