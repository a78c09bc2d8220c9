"""The exchange step by step: a dialogue on one side, what the network brings on the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

from smtpscope.dialogue.step import Burst, Closed, Listen, Note, Pause, Payload, Raw, Send, Silence, Step
from smtpscope.engine.clock import StoppedClock
from smtpscope.engine.exchange import AHEAD, UNASKED, Close, Read, Trouble, Write, exchange
from smtpscope.model.event import (
    Disconnected,
    Event,
    Failed,
    Interrupted,
    Noted,
    Received,
    Sent,
    TimedOut,
    Unsolicited,
    Waiting,
)
from smtpscope.protocol.phase import TIMEOUTS, Phase
from smtpscope.protocol.reply import Reply

if TYPE_CHECKING:
    from smtpscope.dialogue.step import Answer
    from smtpscope.engine.exchange import Outcome, Request

TIMEOUT = Trouble("timeout", "nothing came")
BANNER = Listen(Phase.BANNER)
NOOP = Send(b"NOOP", Phase.OTHER)


class Held:
    """What came of a dialogue: its answers, the events, what was asked of the driver."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.events: list[Event] = []
        self.requests: list[Request] = []

    @property
    def written(self) -> bytes:
        return b"".join(request.data for request in self.requests if isinstance(request, Write))

    @property
    def names(self) -> list[str]:
        return [type(event).__name__ for event in self.events]

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]


def hold(
    steps: Sequence[Step],
    network: Sequence[bytes | Trouble | KeyboardInterrupt],
    limits: dict[Phase, float] = TIMEOUTS,
    refuse: Outcome = None,
    patience: float = 0.0,
) -> Held:
    """Hold the steps. ``network``: what each Read brings, then the end; ``refuse``: what each Write brings."""
    held = Held()
    clock = StoppedClock(1000.0)
    arriving = iter(network)

    def dialogue() -> object:
        for step in steps:
            held.answers.append((yield step))

    talk = exchange(dialogue(), "192.0.2.1:25", limits, clock, patience=patience)  # type: ignore[arg-type]
    outcome: Outcome = None
    stop: KeyboardInterrupt | None = None
    try:
        while True:
            item = talk.throw(stop) if stop else talk.send(outcome)
            outcome, stop = None, None
            if isinstance(item, Event):
                held.events.append(item)
                continue
            held.requests.append(item)
            if isinstance(item, Write):
                outcome = refuse
            elif isinstance(item, Read):
                brought = next(arriving, b"")
                if isinstance(brought, KeyboardInterrupt):
                    stop = brought
                elif isinstance(brought, Trouble):
                    clock.advance(item.limit)
                    outcome = brought
                else:
                    clock.advance(0.5)
                    outcome = brought
    except StopIteration:
        return held


def test_a_command_and_its_reply() -> None:
    held = hold([BANNER, NOOP], [b"220 hi\r\n", b"250 ok\r\n"])
    assert held.written == b"NOOP\r\n"
    assert [answer.code for answer in held.answers if isinstance(answer, Reply)] == [220, 250]
    received = held.of(Received)
    assert [(event.phase, event.command, event.elapsed) for event in received] == [  # type: ignore[attr-defined]
        (Phase.BANNER, "", 0.5),
        (Phase.OTHER, "NOOP", 0.5),
    ]
    assert held.names[-1] == "Disconnected"
    assert held.events[-1] == Disconnected(1001.0, Phase.OTHER, "us")


def test_a_group_is_one_write_and_a_reply_each() -> None:
    group = Burst((Send(b"MAIL FROM:<>", Phase.MAIL), Send(b"RCPT TO:<a@b.test>", Phase.RCPT)))
    held = hold([group, Listen(Phase.RCPT, "RCPT TO:<a@b.test>")], [b"250 a\r\n550 b\r\n"])
    assert [request for request in held.requests if isinstance(request, Write)] == [
        Write(b"MAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\n", 300)
    ]
    assert [answer.code for answer in held.answers if isinstance(answer, Reply)] == [250, 550]


def test_the_whole_reply_must_come_within_the_limit() -> None:
    """A server that sends an octet now and then gets no more time than one that is silent."""
    held = hold([NOOP], [b"2"] * 50, {Phase.OTHER: 5.0})
    assert held.answers == [Silence(5.0)]
    assert held.of(TimedOut) == [TimedOut(1005.0, Phase.OTHER, 5.0, b"2" * 10)]
    assert len([request for request in held.requests if isinstance(request, Read)]) == 10


def test_a_greeting_that_is_late_is_waited_for_and_that_is_said() -> None:
    held = hold([BANNER], [TIMEOUT, b"220 hi\r\n"])
    assert held.of(Waiting) == [Waiting(1005.0, Phase.BANNER, 5.0, 300)]
    assert held.of(Received)


def test_a_greeting_behind_the_limit_is_heard_for_a_while() -> None:
    held = hold([BANNER], [TIMEOUT, b"220 late\r\n"], {Phase.BANNER: 3.0}, patience=12.0)
    assert held.answers == [Silence(3.0)]
    assert [event.reply.lines for event in held.of(Unsolicited)] == [("late",)]  # type: ignore[attr-defined]
    assert hold([BANNER], [TIMEOUT], {Phase.BANNER: 3.0}, patience=12.0).of(Unsolicited) == []


def test_a_connection_that_is_closed_answers_everything_with_closed() -> None:
    held = hold([NOOP, NOOP, BANNER], [])
    assert held.answers == [Closed(), Closed(), Closed()]
    assert held.events[-1] == Disconnected(1000.5, Phase.OTHER, "peer")
    assert held.written == b"NOOP\r\n"


def test_a_reset_is_a_failure_with_the_words_of_the_system() -> None:
    held = hold([NOOP], [Trouble("reset", "Connection reset by peer")])
    assert held.of(Failed) == [Failed(1300.0, Phase.OTHER, "reset", "192.0.2.1:25", "Connection reset by peer")]
    assert held.answers == [Closed()]


def test_why_a_server_closed_is_read_where_writing_failed() -> None:
    broken = Trouble("reset", "Broken pipe")
    held = hold([NOOP], [b"421 too many errors\r\n"], refuse=broken)
    assert [answer.code for answer in held.answers if isinstance(answer, Reply)] == [421]
    assert hold([NOOP], [b""], refuse=broken).of(Failed)


def test_a_pause_keeps_what_comes_and_not_without_end() -> None:
    held = hold([Pause(1.5), BANNER], [b"220 ", b"hi\r\n", TIMEOUT])
    assert [type(answer) for answer in held.answers] == [Silence, Reply]
    held = hold([Pause(60)], [b"250 x\r\n" * 100] * 119)
    assert len(held.of(Unsolicited)) == UNASKED
    assert [note.topic for note in held.of(Noted)] == ["unasked"]  # type: ignore[attr-defined]
    assert AHEAD >= UNASKED


def test_a_message_goes_out_block_by_block() -> None:
    body = Payload([b"one\r\n", b"two\r\n.\r\n"], Phase.END_OF_DATA, lead=b"BDAT 10 LAST\r\n", command="BDAT 10 LAST")
    held = hold([body], [b"250 ok\r\n"])
    assert [request.data for request in held.requests if isinstance(request, Write)] == [
        b"BDAT 10 LAST\r\none\r\n",
        b"two\r\n.\r\n",
    ]
    assert [(event.data, event.body) for event in held.of(Sent)] == [  # type: ignore[attr-defined]
        (b"BDAT 10 LAST", False),
        (b"one\r\n", True),
        (b"two\r\n.\r\n", True),
    ]


def test_nothing_more_of_a_message_goes_out_where_writing_failed() -> None:
    body = Payload([b"one\r\n", b"two\r\n"], Phase.END_OF_DATA)
    held = hold([body], [b"552 too big\r\n"], refuse=Trouble("reset", "Broken pipe"))
    assert held.written == b"one\r\n"
    assert held.of(Sent) == []
    assert [answer.code for answer in held.answers if isinstance(answer, Reply)] == [552]


def test_octets_as_they_are() -> None:
    held = hold([Raw(b"\x00\xff\n", Phase.OTHER), Note(Phase.OTHER, "met", (("line", "3"),))], [])
    assert held.written == b"\x00\xff\n"
    assert held.of(Noted) == [Noted(1000.0, Phase.OTHER, "met", (("line", "3"),))]


def test_secrets_are_masked_wherever_they_come_back() -> None:
    send = Send(b"AUTH PLAIN c2VjcmV0", Phase.AUTH, b"AUTH PLAIN ***", (b"c2VjcmV0",))
    held = hold([send, NOOP], [b"501 cannot read c2VjcmV0\r\n", b"250 c2Vj", b"cmV0"])
    assert b"c2VjcmV0" in held.written
    assert "c2VjcmV0" not in repr(held.events)


@pytest.mark.parametrize(
    ("steps", "network", "written"),
    [
        ([BANNER], [KeyboardInterrupt()], b""),
        ([BANNER, NOOP], [b"220 hi\r\n", KeyboardInterrupt(), b"221 bye\r\n"], b"NOOP\r\nQUIT\r\n"),
        ([Payload([b".\r\n"], Phase.END_OF_DATA)], [KeyboardInterrupt()], b".\r\n"),
    ],
)
def test_ctrl_c_is_answered_with_quit_where_that_would_be_understood(
    steps: list[Step], network: list[bytes | Trouble | KeyboardInterrupt], written: bytes
) -> None:
    held = hold(steps, network)
    assert held.written == written
    assert held.of(Interrupted)
    assert held.names[-1] == "Disconnected"
    assert held.requests[-1] == Close()


def test_behind_ctrl_c_the_late_reply_is_not_taken_for_that_to_quit() -> None:
    held = hold([NOOP], [KeyboardInterrupt(), b"250 late\r\n", b"221 bye\r\n"])
    assert held.names == ["Sent", "Interrupted", "Sent", "Unsolicited", "Received", "Disconnected"]
