"""The order of a session: where a reply leads, what has to go before a command, where a message ends."""

from __future__ import annotations

import pytest

from smtpscope.protocol.order import NEEDS, Need
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import parse_reply
from smtpscope.protocol.tracking import MESSAGE, MOVES, RESPONSE, State, Tracker, move

S = State


@pytest.mark.parametrize(
    ("state", "verb", "code", "then"),
    [
        (S.HELLO, "EHLO", 250, S.READY),
        (S.RECIPIENT, "EHLO", 250, S.READY),  # it forgets the transaction
        (S.RECIPIENT, "EHLO", 501, S.RECIPIENT),  # RFC 5321 section 4.1.4: the state stays
        (S.READY, "MAIL", 250, S.SENDER),
        (S.READY, "MAIL", 354, S.READY),  # an intermediate reply accepts nothing
        (S.SENDER, "RCPT", 251, S.RECIPIENT),
        (S.RECIPIENT, "DATA", 354, S.MESSAGE),
        (S.RECIPIENT, "DATA", 334, S.RECIPIENT),
        (S.RECIPIENT, MESSAGE, 552, S.READY),  # BDAT LAST
        (S.SENDER, MESSAGE, 503, S.SENDER),  # BDAT LAST, and no recipient: as with DATA
        (S.READY, "AUTH", 334, S.CHALLENGE),
        (S.CHALLENGE, RESPONSE, 334, S.CHALLENGE),
        (S.CHALLENGE, RESPONSE, 535, S.READY),
        *((S.MESSAGE, MESSAGE, code, S.READY) for code in (0, 150, 221, 250, 354, 451, 554, 999)),
        (S.READY, "MAIL", 421, S.READY),  # the end of the session is the caller's to see
    ],
)
def test_where_a_reply_leads(state: State, verb: str, code: int, then: State) -> None:
    assert move(state, verb, code) is then


@pytest.mark.parametrize(
    ("verb", "free"),
    [
        ("MAIL", {S.READY}),
        ("RCPT", {S.SENDER, S.RECIPIENT}),
        ("DATA", {S.RECIPIENT}),
        ("BDAT", {S.RECIPIENT}),
        ("AUTH", {S.READY}),
    ],
)
def test_what_may_come_where(verb: str, free: set[State]) -> None:
    at_hand = {S.GREETING, S.HELLO, S.HANDSHAKE, S.READY, S.SENDER, S.RECIPIENT}
    assert {state for state in at_hand if state not in NEEDS[verb]} == free


def test_what_is_missing_is_named() -> None:
    assert NEEDS["DATA"][S.READY] is Need.SENDER
    assert NEEDS["DATA"][S.SENDER] is Need.RECIPIENT
    assert NEEDS["MAIL"][S.SENDER] is Need.NO_TRANSACTION
    assert NEEDS["MAIL"][S.HELLO] is Need.HELLO
    for verb in ("EHLO", "HELO", "LHLO", "RSET", "NOOP", "VRFY", "EXPN", "HELP", "QUIT"):  # RFC 5321 section 4.1.4
        assert verb not in NEEDS


def test_every_need_can_be_met() -> None:
    """From each state in which a verb is refused, replies lead to one in which it may come."""
    for verb, needs in NEEDS.items():
        for state in needs:
            assert any(reached not in needs for reached in reachable(state)), (verb, state)


def reachable(start: State) -> set[State]:
    found, new = {start}, [start]
    while new:
        new = [target for target in MOVES[new.pop()].values() if target not in found] + new
        found.update(new)
    return found - {S.CLOSED}


def session(*replies: bytes) -> Tracker:
    tracker = Tracker()
    for reply in (b"220 x", *replies):
        tracker.receive(parse_reply(reply))
    return tracker


def said(tracker: Tracker, octets: bytes) -> list[tuple[str, bool, bool]]:
    return [(piece.of.verb, piece.content, piece.final) for piece in tracker.send(octets)]


def answers(tracker: Tracker, *replies: bytes) -> list[str | None]:
    found = [tracker.receive(parse_reply(reply)) for reply in replies]
    return [answered.verb if answered else None for answered in found]


GROUP = b"EHLO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n"


def test_commands_behind_the_message_are_commands() -> None:
    """RFC 2920 section 3.1: the end of the data may be followed by the next commands at once."""
    tracker = session()
    said(tracker, GROUP)
    assert answers(tracker, b"250 x", b"250 x", b"250 x", b"354 x") == ["EHLO", "MAIL", "RCPT", "DATA"]
    assert said(tracker, b"text\r\n.\r\nRSET\r\nQUIT\r\n") == [
        (MESSAGE, True, True),
        ("RSET", False, False),
        ("QUIT", False, False),
    ]
    assert answers(tracker, b"250 x", b"250 x", b"221 x") == [MESSAGE, "RSET", "QUIT"]
    assert tracker.state is S.CLOSED


def test_a_whole_message_ahead_of_the_354() -> None:
    tracker = session()
    assert said(tracker, GROUP + b"text\r\n.\r\nNOOP\r\n")[4:] == [(MESSAGE, True, True), ("NOOP", False, False)]
    assert answers(tracker, *[b"250 x"] * 3, b"354 x") == ["EHLO", "MAIL", "RCPT", "DATA"]
    assert not tracker.in_content
    assert answers(tracker, b"250 x", b"250 x") == [MESSAGE, "NOOP"]


def test_half_a_message_ahead_of_the_354() -> None:
    tracker = session()
    said(tracker, GROUP + b"text\r\n")
    answers(tracker, *[b"250 x"] * 3, b"354 x")
    assert tracker.in_content
    assert said(tracker, b".\r\nNOOP\r\n") == [(MESSAGE, True, True), ("NOOP", False, False)]


@pytest.mark.parametrize("line", [b".", b"334", b". x"])
def test_a_dot_that_is_typed_as_a_command_ends_nothing(line: bytes) -> None:
    tracker = session()
    said(tracker, GROUP[: GROUP.index(b"DATA")])
    answers(tracker, *[b"250 x"] * 3)
    assert said(tracker, line + b"\r\n") == [("", False, False)]
    assert tracker.phase is Phase.OTHER
    answers(tracker, b"500 x")
    assert tracker.state is S.RECIPIENT


def test_what_is_no_reply_ends_the_message_too() -> None:
    """The message is out: whatever comes in the place of a reply, the next line is a command."""
    tracker = session()
    said(tracker, GROUP)
    answers(tracker, *[b"250 x"] * 3, b"354 x")
    said(tracker, b"text\r\n.\r\n")
    assert answers(tracker, b"hello") == [MESSAGE]
    assert said(tracker, b"NOOP\r\n") == [("NOOP", False, False)]
