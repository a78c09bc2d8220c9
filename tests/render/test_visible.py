"""What a peer sends never reaches a terminal as a control sequence."""

from __future__ import annotations

from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpscope.protocol.path import check_mailbox
from smtpscope.render.palette import COLOUR, PLAIN, choose
from smtpscope.render.visible import caret, hexdump, holds_unicode, visible, width, writable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("250 ok", "250 ok"),
        ("你好, мир", "你好, мир"),
        ("\x1b]0;owned\x07", r"\x1b]0;owned\x07"),
        ("a\tb\r\n\0", r"a\x09b\x0d\x0a\x00"),
        ("\x9b31m", r"\x9b31m"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        (b"\xff\xfe".decode("utf-8", "surrogateescape"), r"\xff\xfe"),
        ("\ud800", r"\ud800"),
        ("pay\u200bpal \U000e0041", r"pay\u200bpal \U000e0041"),
        ("全角\u3000空白", "全角\u3000空白"),
    ],
)
def test_unsafe_characters_are_escapes(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(st.characters(exclude_categories=())))
def test_nothing_that_steers_a_terminal_is_left(text: str) -> None:
    shown = visible(text)
    shown.encode()
    assert not any(category(char)[0] == "C" or category(char) in ("Zl", "Zp") for char in shown)


def test_the_caret_stands_under_the_column_in_any_script() -> None:
    fault = check_mailbox("用户 名@contoso.com", utf8=True)
    assert fault is not None
    line, mark = caret("用户 名@contoso.com", fault.column).splitlines()
    assert (line, mark) == ("用户 名@contoso.com", " " * 4 + "^")
    assert width("e\u0301") == 1


def test_octets_in_hex() -> None:
    assert list(hexdump(b"EHLO contoso.com\r\n")) == [
        "00000000  45 48 4c 4f 20 63 6f 6e 74 6f 73 6f 2e 63 6f 6d  EHLO contoso.com",
        "00000010  0d 0a                                            ..",
    ]


@pytest.mark.parametrize(
    ("tty", "environ", "wish", "coloured"),
    [
        (True, {}, "auto", True),
        (False, {}, "auto", False),
        (True, {"NO_COLOR": "1"}, "auto", False),
        (True, {"NO_COLOR": ""}, "auto", True),
        (True, {"TERM": "dumb"}, "auto", False),
        (False, {"NO_COLOR": "1"}, "always", True),
        (True, {}, "never", False),
    ],
)
def test_when_there_are_colours(tty: bool, environ: dict[str, str], wish: str, coloured: bool) -> None:
    assert choose(tty, environ, wish) == (COLOUR if coloured else PLAIN)


@pytest.mark.parametrize(
    ("encoding", "written", "whole"),
    [
        ("utf-8", "→ 你好 \\udcff", True),
        ("latin-1", r"\u2192 \u4f60\u597d \udcff", False),
        (None, r"\u2192 \u4f60\u597d \udcff", False),
    ],
)
def test_a_stream_is_given_what_it_can_write(encoding: str | None, written: str, whole: bool) -> None:
    assert writable("→ 你好 \udcff", encoding) == written
    assert holds_unicode(encoding) is whole
