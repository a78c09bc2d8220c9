"""Scripts held against replies: what is sent, what is met, where it ends."""

from __future__ import annotations

import pytest

from held import TIMEOUT, Brought, Held
from held import hold as hold_dialogue
from smtpscope.dialogue.play import play
from smtpscope.dialogue.script import parse
from smtpscope.model.event import Expected, Received, Sent
from smtpscope.protocol.phase import TIMEOUTS, Phase

SHORT = dict.fromkeys(TIMEOUTS, 3.0)


def hold(text: str, *network: Brought | str, files: dict[str, bytes] | None = None) -> Held:
    """A script whose peer says ``network``; a text is a reply without its CRLF."""
    brought = [f"{item}\r\n".encode() if isinstance(item, str) else item for item in network]
    return hold_dialogue(play(parse(text, "test"), files or {}), brought, SHORT)


def notes(held: Held) -> list[tuple[bool, str]]:
    """What was expected and came: whether it fits, and what came."""
    return [(event.met, event.came) for event in held.events if isinstance(event, Expected)]


def answered(held: Held) -> list[tuple[Phase, str]]:
    """What each reply answers."""
    return [(event.phase, event.command) for event in held.events if isinstance(event, Received)]


def test_each_reply_answers_the_oldest_command() -> None:
    held = hold("S* 220\nC: EHLO a\nC: NOOP\nS* 250\nS* 250", "220 hi", "250 a", "250 ok")
    assert answered(held) == [(Phase.BANNER, ""), (Phase.EHLO, "EHLO a"), (Phase.OTHER, "NOOP")]
    assert [met for met, _ in notes(held)] == [True] * 3


def test_it_ends_where_a_reply_differs() -> None:
    held = hold("S: 220 hi\nC: QUIT", "554 no")
    assert notes(held) == [(False, "554 no")]
    assert held.written == b""


@pytest.mark.parametrize(
    ("expected", "came", "met"),
    [
        ("S: 250 ok", "250 ok", True),
        ("S: 250 ok", "250 okay", False),
        ("S: 250 ok", "250 OK", False),
        ("S: 250 okay", "250 ok", False),
        ("S: 250-a\nS: 250 b", "250-a\r\n250 b", True),
        ("S: 250-a\nS: 250 b", "250-a\r\n250-x\r\n250 b", False),
        ("S* 250 o", "250 ok", True),
        ("S~ ^250 ok$", "250 ok", True),
        ("S~ ^250 o$", "250 ok", False),
    ],
)
def test_what_fits(expected: str, came: str, met: bool) -> None:
    assert [found for found, _came in notes(hold(expected, came))] == [met]


def test_lines_behind_data_are_content_until_the_dot() -> None:
    script = "S* 220\nC: DATA\nS* 354\nC: Subject: x\nC: .\nS* 250\nC: QUIT\nS* 221\nX"
    held = hold(script, "220", "354", "250", "221")
    sent = [(event.data, event.body, event.final, event.phase) for event in held.events if isinstance(event, Sent)]
    assert sent == [
        (b"DATA", False, False, Phase.DATA),
        (b"Subject: x\r\n", True, False, Phase.END_OF_DATA),
        (b".\r\n", True, True, Phase.END_OF_DATA),
        (b"QUIT", False, False, Phase.QUIT),
    ]
    assert [command for _phase, command in answered(held)] == ["", "DATA", ".", "QUIT"]
    assert notes(held)[-1] == (True, "")


@pytest.mark.parametrize("reply", ["334 go", "250 ok", "503 no"])
def test_only_354_makes_content_of_what_follows(reply: str) -> None:
    held = hold(f"S* 220\nC: DATA\nS: {reply}\nC: NOOP\nS* 250", "220", reply, "250")
    assert answered(held) == [(Phase.BANNER, ""), (Phase.DATA, "DATA"), (Phase.OTHER, "NOOP")]


def test_a_file_is_dot_stuffed() -> None:
    held = hold("S* 220\nC: DATA\nS* 354\n<file a\nS* 250", "220", "354", "250", files={"a": b".\r\nx"})
    assert held.written == b"DATA\r\n..\r\nx\r\n.\r\n"
    assert answered(held)[-1] == (Phase.END_OF_DATA, ".")


def test_secrets_are_masked() -> None:
    script = "S* 220\nC: AUTH PLAIN\nS* 334\nC: AGNocmlz\nS* 235\nC: AUTH PLAIN AGNocmlz\nS* 503"
    held = hold(script, "220", "334 ", "235 ok", "503 no")
    assert [event.data for event in held.events if isinstance(event, Sent)] == [
        b"AUTH PLAIN",
        b"***",
        b"AUTH PLAIN ***",
    ]
    assert b"AGNocmlz" in held.written
    assert "AGNocmlz" not in repr(held.events)


@pytest.mark.parametrize("mark", ["C: AUTH PLAIN AGNocmlz", "R: AUTH PLAIN AGNocmlz\\r\\n"])
def test_a_secret_is_masked_in_every_kind_of_line(mark: str) -> None:
    held = hold(f"S* 220\n{mark}\nS* 235", "220", "235 ok")
    assert b"AGNocmlz" in held.written
    assert "AGNocmlz" not in repr(held.events)


def test_skipping_closing_waiting() -> None:
    assert notes(hold("S* 250", "220 hi", "250-a\r\n250 b")) == [(True, "250-a\n250 b")]
    assert notes(hold("S* 220\nX", "220 hi")) == [(True, "220 hi"), (True, "")]
    assert notes(hold("S* 250", "220 hi")) == [(False, "")]
    assert notes(hold("S~ x", TIMEOUT)) == [(False, "")]
    assert notes(hold("~ 1.5\nS* 220", b"", "220 hi")) == [(True, "220 hi")]


def test_an_exact_reply_of_several_lines() -> None:
    assert notes(hold("S: 250-a\nS: 250 b", "250-a\r\n250 b")) == [(True, "250-a\n250 b")]


def test_octets_may_hold_several_commands_or_part_of_one() -> None:
    held = hold("S* 220\nR: NOOP\\r\\nQU\nR: IT\\r\\n\nS* 250\nS* 221", "220", "250", "221")
    assert [command for _phase, command in answered(held)] == ["", "NOOP", "QUIT"]
