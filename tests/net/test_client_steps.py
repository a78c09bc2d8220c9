"""The exchange step by step: a dialogue on one side, what the network brings on the other."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from held import RESET, TIMEOUT, Brought, Held, dialogue_of
from held import hold as held_by
from smtpscope.dialogue.step import (
    Burst,
    Closed,
    Drain,
    Listen,
    Pause,
    Payload,
    Preface,
    Raw,
    Send,
    Silence,
    Step,
    note,
)
from smtpscope.model.event import (
    Disconnected,
    Failed,
    GaveUp,
    Interrupted,
    Noted,
    Received,
    Sent,
    TimedOut,
    Unsolicited,
    Waiting,
)
from smtpscope.model.vocabulary import FailureKind, Party, Reason, Topic
from smtpscope.net.client import AHEAD, UNASKED
from smtpscope.net.request import Close, Read, Trouble, Write
from smtpscope.protocol.phase import TIMEOUTS, Phase
from smtpscope.protocol.reply import Reply

BANNER = Listen()
NOOP = Send(b"NOOP")
BROKEN = Trouble(FailureKind.RESET, "Broken pipe")


def hold(
    steps: Sequence[Step],
    network: Sequence[Brought],
    limits: dict[Phase, float] = TIMEOUTS,
    refuse: Trouble | None = None,
    patience: float = 0.0,
    ahead: dict[int, bytes] | None = None,
) -> Held:
    """Hold the steps; the rest as in held.hold."""
    return held_by(dialogue_of(steps), network, limits, refuse, patience, ahead)


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
    assert held.events[-1] == Disconnected(1001.0, Phase.OTHER, Party.US)


def test_a_group_is_one_write_and_a_reply_each() -> None:
    group = Burst((Send(b"MAIL FROM:<>"), Send(b"RCPT TO:<a@b.test>")))
    held = hold([BANNER, group, Listen()], [b"220 hi\r\n", b"250 a\r\n550 b\r\n"])
    assert [request for request in held.requests if isinstance(request, Write)] == [
        Write(b"MAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\n", 300)
    ]
    assert [(event.command, event.reply.code) for event in held.of(Received)] == [  # type: ignore[attr-defined]
        ("", 220),
        ("MAIL FROM:<>", 250),
        ("RCPT TO:<a@b.test>", 550),
    ]


def test_the_whole_reply_must_come_within_the_limit() -> None:
    """A server that sends an octet now and then gets no more time than one that is silent."""
    held = hold([BANNER, NOOP], [b"220 hi\r\n"] + [b"2"] * 50, {Phase.BANNER: 5.0, Phase.OTHER: 5.0})
    assert held.answers[1:] == [Silence(5.0)]
    assert held.of(TimedOut) == [TimedOut(1005.5, Phase.OTHER, 5.0, b"2" * 10)]
    assert len([request for request in held.requests if isinstance(request, Read)]) == 11


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
    held = hold([BANNER, NOOP, NOOP, BANNER], [b"220 hi\r\n"])
    assert held.answers[1:] == [Closed(), Closed(), Closed()]
    assert held.events[-1] == Disconnected(1001.0, Phase.OTHER, Party.PEER)
    assert held.written == b"NOOP\r\n"


def test_a_reset_is_a_failure_with_the_words_of_the_system() -> None:
    held = hold([BANNER, NOOP], [b"220 hi\r\n", RESET])
    assert held.of(Failed) == [
        Failed(1300.5, Phase.OTHER, FailureKind.RESET, "192.0.2.1:25", "Connection reset by peer")
    ]
    assert held.answers[1:] == [Closed()]


def test_why_a_server_closed_is_read_where_writing_failed() -> None:
    held = hold([BANNER, NOOP], [b"220 hi\r\n", b"421 too many errors\r\n"], refuse=BROKEN)
    assert [answer.code for answer in held.answers if isinstance(answer, Reply)] == [220, 421]
    assert hold([BANNER, NOOP], [b"220 hi\r\n", b""], refuse=BROKEN).of(Failed)


def test_a_pause_keeps_what_comes_and_not_without_end() -> None:
    held = hold([Pause(1.5), BANNER], [b"220 ", b"hi\r\n", TIMEOUT])
    assert [type(answer) for answer in held.answers] == [Silence, Reply]
    held = hold([Pause(60)], [b"250 x\r\n" * 100] * 119)
    assert len(held.of(Received)) + len(held.of(Unsolicited)) == UNASKED  # the first one is the banner
    assert [note.topic for note in held.of(Noted)] == ["unasked"]  # type: ignore[attr-defined]
    assert AHEAD >= UNASKED


# A session up to the message.
READY: list[Step] = [BANNER, Send(b"MAIL FROM:<>"), Send(b"RCPT TO:<a@b.test>")]
READY_REPLIES = [b"220 hi\r\n", b"250 ok\r\n", b"250 ok\r\n"]
DATA, GO = Send(b"DATA"), b"354 go\r\n"


def blocks(held: Held) -> list[tuple[bytes, bool, bool]]:
    """What was sent from the message on: octets, whether they are of a message, whether they end it."""
    sent = [event for event in held.of(Sent) if isinstance(event, Sent) and event.phase is Phase.END_OF_DATA]
    return [(event.data, event.body, event.final) for event in sent]


def test_a_chunk_goes_out_block_by_block() -> None:
    body = Payload([b"one\r\n", b"two\r\n"], b"BDAT 10 LAST")
    held = hold([*READY, body], [*READY_REPLIES, b"250 ok\r\n"])
    assert [request.data for request in held.requests if isinstance(request, Write)][-2:] == [
        b"BDAT 10 LAST\r\none\r\n",
        b"two\r\n",
    ]
    assert blocks(held) == [(b"BDAT 10 LAST", False, False), (b"one\r\n", True, False), (b"two\r\n", True, True)]


def test_an_empty_last_chunk_has_no_block() -> None:
    held = hold([*READY, Payload([], b"BDAT 0 LAST")], [*READY_REPLIES, b"250 queued\r\n"])
    assert blocks(held) == [(b"BDAT 0 LAST", False, False)]
    assert [event.last for event in held.of(Received)][-1:] == [True]  # type: ignore[attr-defined]


def test_nothing_more_of_a_message_goes_out_where_writing_failed() -> None:
    body = Payload([b"one\r\n", b"two\r\n.\r\n"])
    held = hold([*READY, DATA, body], [*READY_REPLIES, GO, b"552 too big\r\n"], refuse=BROKEN)
    assert held.written.endswith(b"one\r\n")
    assert blocks(held) == []
    assert [answer.code for answer in held.answers if isinstance(answer, Reply)][-1] == 552
    [*_others, refusal] = held.of(Received)
    assert isinstance(refusal, Received)
    assert (refusal.early, refusal.last) == (True, True)


@pytest.mark.parametrize("command", [b"", b"BDAT 10 LAST"])
@pytest.mark.parametrize("reply", [b"250 2.0.0 queued\r\n", b"354 go\r\n", b"251 ok\r\n"])
def test_a_good_reply_before_the_end_of_the_message_answers_nothing(reply: bytes, command: bytes) -> None:
    """The octets that the server read before it said so are no message: nobody has sent the end of one."""
    body = Payload([b"one\r\n", b"two\r\n"] if command else [b"one\r\n", b".\r\n"], command)
    begin: list[Step] = [*READY] if command else [*READY, DATA]
    arriving = READY_REPLIES if command else [*READY_REPLIES, GO]
    held = hold([*begin, body], [*arriving, b"250 late\r\n"], ahead={len(begin): reply})
    names = [name for name in held.names if name in ("Unsolicited", "Received")]
    assert names[-2:] == ["Unsolicited", "Received"]
    assert [answer.text for answer in held.answers if isinstance(answer, Reply)][-1] == "late"
    broken = hold([*begin, body], [*arriving, reply], refuse=BROKEN)
    assert broken.answers[-1] == Closed()
    assert broken.of(Unsolicited)


def test_a_refusal_before_the_end_of_the_message_is_believed() -> None:
    body = Payload([b"one\r\n", b"two\r\n", b".\r\n"])
    held = hold([*READY, DATA, body], [*READY_REPLIES, GO], ahead={4: b"552 too big\r\n"})
    assert held.names[-5:] == ["Sent", "Received", "Sent", "Sent", "Disconnected"]
    [*_others, refusal] = held.of(Received)
    assert isinstance(refusal, Received)
    assert (refusal.reply.code, refusal.early) == (552, True)
    assert held.written.endswith(b"one\r\ntwo\r\n.\r\n")  # the server waits for the rest (RFC 5321 section 4.1.1.4)


def test_421_during_the_message_ends_it() -> None:
    body = Payload([b"one\r\n", b"two\r\n", b".\r\n"])
    held = hold([*READY, DATA, body], [*READY_REPLIES, GO], ahead={4: b"421 4.3.2 going down\r\n"})
    assert held.written.endswith(b"one\r\n")
    assert [answer.code for answer in held.answers if isinstance(answer, Reply)][-1] == 421


def test_421_at_any_moment_ends_the_session() -> None:
    held = hold([BANNER, NOOP, NOOP], [b"220 hi\r\n", b"250 ok\r\n421 4.4.2 too long\r\n"])
    assert held.written == b"NOOP\r\n"
    assert [event.why for event in held.of(GaveUp)] == [Reason.SERVER_CLOSES]  # type: ignore[attr-defined]
    assert held.answers[-1] == Closed()


def test_octets_as_they_are() -> None:
    held = hold([BANNER, Raw(b"\x00\xff\nA"), Raw(b"B\n"), note(Phase.OTHER, Topic.RETRY, line="3")], [b"220 hi\r\n"])
    assert held.written == b"\x00\xff\nAB\n"
    assert [event.data for event in held.of(Sent)] == [b"\x00\xff", b"AB"]  # type: ignore[attr-defined]
    assert held.of(Noted) == [Noted(1000.5, Phase.OTHER, Topic.RETRY, (("line", "3"),))]


def test_the_header_of_a_proxy_is_no_command() -> None:
    held = hold([Preface(b"PROXY TCP4 192.0.2.1 192.0.2.2 1 25\r\n"), BANNER], [b"220 hi\r\n"])
    [sent] = held.of(Sent)
    assert isinstance(sent, Sent)
    assert (sent.phase, sent.verb, sent.exchange) == (Phase.PROXY, "PROXY", 0)
    assert [event.phase for event in held.of(Received)] == [Phase.BANNER]  # type: ignore[attr-defined]


def test_what_comes_behind_quit_is_heard() -> None:
    held = hold([BANNER, Send(b"QUIT"), Drain(2.0)], [b"220 hi\r\n", b"250 a\r\n", b"250 b\r\n221 bye\r\n"])
    assert [event.reply.text for event in held.of(Unsolicited)] == ["b", "bye"]  # type: ignore[attr-defined]


def test_secrets_are_masked_wherever_they_come_back() -> None:
    send = Send(b"AUTH PLAIN c2VjcmV0", b"AUTH PLAIN ***", (b"c2VjcmV0",))
    held = hold([BANNER, send, NOOP], [b"220 hi\r\n", b"501 cannot read c2VjcmV0\r\n", b"250 c2Vj", b"cmV0"])
    assert b"c2VjcmV0" in held.written
    assert "c2VjcmV0" not in repr(held.events)


@pytest.mark.parametrize(
    "step", [Send(b"XLOGIN secret", b"XLOGIN ***"), Raw(b"XLOGIN secret\r\n", b"XLOGIN ***")], ids=["Send", "Raw"]
)
def test_what_a_step_masks_is_shown_masked_whatever_the_command(step: Step) -> None:
    """A script may send a secret with any command, of which nothing else tells that it has one."""
    held = hold([BANNER, step], [b"220 hi\r\n", b"250 ok\r\n"])
    assert held.written == b"XLOGIN secret\r\n"
    assert [event.data for event in held.of(Sent)] == [b"XLOGIN ***"]  # type: ignore[attr-defined]
    assert "secret" not in repr(held.events)


def test_every_kind_of_step_is_carried_out_or_refused_loudly() -> None:
    class Dance(Step):
        """A step that nothing carries out."""

    with pytest.raises(TypeError, match="Dance"):
        hold([BANNER, Dance()], [b"220 hi\r\n"])


@pytest.mark.parametrize(
    ("steps", "network", "written"),
    [
        ([BANNER], [], b""),
        ([BANNER, NOOP], [b"220 hi\r\n"], b"NOOP\r\nQUIT\r\n"),
        ([BANNER, Send(b"STARTTLS")], [b"220 hi\r\n"], b"STARTTLS\r\n"),
        ([BANNER, Send(b"AUTH LOGIN")], [b"220 hi\r\n"], b"AUTH LOGIN\r\n"),
        ([BANNER, Send(b"AUTH LOGIN"), Send(b"x")], [b"220 hi\r\n", b"334 \r\n"], b"AUTH LOGIN\r\nx\r\n"),
        ([*READY, DATA], READY_REPLIES, b"MAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nDATA\r\n"),
        (
            [*READY, DATA, Payload([b".\r\n"])],
            [*READY_REPLIES, GO],
            b"MAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nDATA\r\n.\r\n",
        ),
        ([BANNER, Send(b"QUIT")], [b"220 hi\r\n"], b"QUIT\r\n"),
    ],
)
def test_ctrl_c_is_answered_with_quit_where_that_would_be_understood(
    steps: list[Step], network: list[Brought], written: bytes
) -> None:
    held = hold(steps, [*network, KeyboardInterrupt(), b"250 late\r\n", b"221 bye\r\n"])
    assert held.written == written
    assert held.of(Interrupted)
    assert held.names[-1] == "Disconnected"
    assert held.requests[-1] == Close()


def test_behind_ctrl_c_the_late_reply_is_not_taken_for_that_to_quit() -> None:
    held = hold([BANNER, NOOP], [b"220 hi\r\n", KeyboardInterrupt(), b"250 late\r\n", b"221 bye\r\n"])
    assert held.names == ["Received", "Sent", "Interrupted", "Sent", "Received", "Received", "Disconnected"]
    assert [event.verb for event in held.of(Received)] == ["", "NOOP", "QUIT"]  # type: ignore[attr-defined]
