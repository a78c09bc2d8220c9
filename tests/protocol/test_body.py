"""The message on the wire: what is stuffed is unstuffed, whatever the pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpscope.protocol.body import END, WHOLE, DataReader, bdat_line, split, stuff

messages = st.lists(st.sampled_from([b"\r\n", b".", b"\r", b"\n", b"a", b"..", b"\r\n."])).map(b"".join)


def test_a_dot_line_is_doubled_and_the_end_is_a_lone_dot() -> None:
    assert b"".join(stuff(b".\r\n..a\r\nb")) == b"..\r\n...a\r\nb\r\n.\r\n"
    assert b"".join(stuff(b"")) == b".\r\n"


@given(messages, st.integers(1, 5), st.lists(st.integers(1, 4)))
def test_round_trip(message: bytes, block: int, sizes: list[int]) -> None:
    wire = b"".join(stuff(message, block)) + b"QUIT"
    reader = DataReader(limit=1 << 20)
    received, rest, start = b"", None, 0
    for size in [*sizes, *[1] * len(wire)]:
        octets, rest = reader.feed(wire[start : start + size])
        received += octets
        start += size
        if rest is not None:
            break
    expected = message if not message or message.endswith(b"\r\n") else message + b"\r\n"
    assert received == expected
    assert b"QUIT".startswith(rest or b"")
    assert reader.size == len(expected)


def test_only_crlf_dot_crlf_ends_the_message() -> None:
    reader = DataReader(limit=100)
    octets, rest = reader.feed(b"a\n.\nb\r\n.\nc\n.\r\nd\r\n.\r\nQUIT\r\n")
    assert octets == b"a\n.\nb\r\n\nc\n.\r\nd\r\n"
    assert rest == b"QUIT\r\n"


def test_what_is_over_the_limit_is_counted_and_dropped() -> None:
    reader = DataReader(limit=4)
    assert reader.feed(b"123456\r\n.\r\n") == (b"1234", b"")
    assert reader.size == 8


def test_a_chunk_is_announced() -> None:
    assert (bdat_line(10, False), bdat_line(0, True)) == (b"BDAT 10", b"BDAT 0 LAST")


@given(st.integers(0, 3), st.integers(1, 70000), st.booleans())
def test_a_message_of_any_size_goes_out_whole_with_its_end_in_the_last_block(count: int, size: int, ends: bool) -> None:
    message = b"x" * (count * size) + (b"\r\n" if ends else b"")
    blocks = list(stuff(message, size))
    wire = b"".join(blocks)
    assert wire.removesuffix(END) + b"\r\n" in (message, message + b"\r\n") if message else wire == b".\r\n"
    assert blocks[-1].endswith(b".\r\n")


@pytest.mark.parametrize("size", [WHOLE + 1, 3 * WHOLE, 40 * WHOLE])
def test_the_end_of_a_large_message_goes_out_by_itself(size: int) -> None:
    """A reply that comes before it is then seen to come before it."""
    assert list(stuff(b"x" * size))[-1] == END
    assert len(list(split(b"x" * size))[-1]) == 1024
    assert len(list(stuff(b"x" * WHOLE))) == 1


@given(st.integers(0, 5 * WHOLE), st.integers(1, 2 * WHOLE))
def test_a_chunk_goes_out_as_it_is(size: int, block: int) -> None:
    chunk = bytes(number % 251 for number in range(size))
    blocks = list(split(chunk, block))
    assert b"".join(blocks) == chunk
    assert all(0 < len(piece) <= block or piece is blocks[-1] for piece in blocks)
