"""Replies: any octets give replies or defects; pieces of any size give the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpscope.protocol.reply import Defect, EnhancedCode, Reply, ReplyReader, format_reply, parse_reply


def read(data: bytes, sizes: list[int] | None = None, **limits: int) -> tuple[list[Reply], Reply | None]:
    """The replies in ``data``, fed in pieces of the given sizes, and the unfinished one."""
    reader = ReplyReader(**limits)
    replies: list[Reply] = []
    start = 0
    for size in sizes or []:
        replies += reader.feed(data[start : start + size])
        start += size
    replies += reader.feed(data[start:])
    return replies, reader.close()


def test_a_reply_of_several_lines() -> None:
    raw = b"250-mail1.fabrikam.com Hello\r\n250-SIZE\r\n250 2.1.0 Sender OK\r\n"
    (reply,), rest = read(raw)
    assert reply == Reply(
        250, ("mail1.fabrikam.com Hello", "SIZE", "2.1.0 Sender OK"), EnhancedCode(2, 1, 0), raw, (), 0
    )
    assert rest is None


@pytest.mark.parametrize(
    ("raw", "defect"),
    [
        (b"250 ok\r\n", None),
        (b"250 ok\n", None),  # the code is plain all the same
        (b"250-one\r\n550 two\r\n", Defect.MIXED_CODES),
        (b"550-one\r\n250 two\r\n", Defect.MIXED_CODES),
        (b"250OK\r\n", Defect.SEPARATOR),
        (b"250-ok\r\n", Defect.TRUNCATED),
        (b"250 o", Defect.TRUNCATED),
        (b"250-" + b"x" * 300 + b"\r\n250 ok\r\n", Defect.TOO_LONG),
        (b"250-ok\r\n" * 60, Defect.TOO_LONG),
    ],
)
def test_the_code_of_a_reply_without_an_end_or_with_two_codes_is_not_believed(
    raw: bytes, defect: Defect | None
) -> None:
    replies, rest = read(raw, max_line=100, max_reply=100)
    reply = replies[0] if replies else rest
    assert reply is not None
    assert reply.code in (250, 550)
    assert reply.is_sound == (defect is None)
    if defect:
        assert defect in reply.defects


@pytest.mark.parametrize(
    ("raw", "code", "defects"),
    [
        (b"220\r\n", 220, ()),
        (b"250 ok\n", 250, (Defect.BARE_LF,)),
        (b"250 o\rk\r\n", 250, (Defect.BARE_CR,)),
        (b"hello\r\n", 0, (Defect.NO_CODE,)),
        (b"2500 ok\r\n", 0, (Defect.NO_CODE,)),
        (b"250_ok\r\n", 250, (Defect.SEPARATOR,)),
        (b"999 ok\r\n", 999, (Defect.CODE_RANGE,)),
        (b"250-a\r\n550 b\r\n", 550, (Defect.MIXED_CODES,)),
        (b"250-a\r\nb\r\n250 c\r\n", 250, (Defect.NO_CODE,)),
        (b"250 5.1.1 ok\r\n", 250, (Defect.CLASS_MISMATCH,)),
        (b"250 " + b"x" * 600 + b"\r\n", 250, (Defect.LONG_LINE,)),
        (b"220 \xff\r\n", 220, (Defect.EIGHT_BIT,)),
        (b"220 a\x1b[31m\x00\r\n", 220, (Defect.CONTROL,)),
        (b"220-unfinished\r\n", 220, (Defect.TRUNCATED,)),
    ],
)
def test_defects_are_named_and_nothing_is_lost(raw: bytes, code: int, defects: tuple[Defect, ...]) -> None:
    replies, rest = read(raw)
    reply = replies[0] if replies else rest
    assert reply is not None
    assert (reply.code, reply.defects, reply.raw) == (code, defects, raw)


def test_http_is_replies_without_code() -> None:
    replies, _ = read(b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n")
    assert [reply.code for reply in replies] == [0, 0]


def test_a_flood_is_given_out_once_and_eats_no_memory() -> None:
    reader = ReplyReader()
    replies = [reply for _ in range(160) for reply in reader.feed(b"A" * 65536)]
    assert len(replies) == 1
    assert Defect.TOO_LONG in replies[0].defects
    assert len(replies[0].raw) + replies[0].dropped == 4 * 65536
    assert reader.feed(b"tail\r\n250 ok\r\n")[0].code == 250


def test_endless_continuation_lines_end_too() -> None:
    reader = ReplyReader()
    replies = [reply for _ in range(3000) for reply in reader.feed(b"220-" + b"x" * 100 + b"\r\n")]
    assert Defect.TOO_LONG in replies[0].defects
    assert len(replies[0].raw) <= 65536


def test_the_code_counts_even_where_the_text_was_dropped() -> None:
    (reply,), _ = read(b"220-" + b"x" * 50 + b"\r\n" + b"554 go\r\n", max_reply=40)
    assert (reply.code, reply.dropped > 0) == (554, True)


reply_like = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from([b"\r\n", b"\n", b"250 ok\r\n", b"250-a\r\n", b"550 5.1.1 no\r\n", b"\r", b"x" * 50]),
    )
).map(b"".join)


@given(reply_like, st.lists(st.integers(1, 9), max_size=30))
def test_whole_and_in_pieces_is_the_same(data: bytes, sizes: list[int]) -> None:
    for limits in ({}, {"max_line": 20, "max_reply": 30}):
        whole = read(data, **limits)
        assert read(data, sizes, **limits) == whole
        assert read(data, [1] * len(data), **limits) == whole


@given(reply_like)
def test_no_octet_is_lost(data: bytes) -> None:
    replies, rest = read(data)
    assert b"".join(reply.raw for reply in replies) + (rest.raw if rest else b"") == data


@given(
    st.integers(200, 559).filter(lambda code: code // 10 % 10 <= 5), st.lists(st.text("abc 1.", min_size=1), min_size=1)
)
def test_what_is_formatted_is_read_back(code: int, lines: list[str]) -> None:
    reply = parse_reply(format_reply(code, lines))
    assert (reply.code, reply.lines) == (code, tuple(lines))


def test_a_pasted_reply_needs_no_line_end() -> None:
    assert parse_reply(b"550 5.1.1 User unknown").enhanced == EnhancedCode(5, 1, 1)
    assert parse_reply(b"").defects == (Defect.NO_CODE,)
    assert format_reply(250, ["a", "b"], "2.1.0") == b"250-2.1.0 a\r\n250 2.1.0 b\r\n"
