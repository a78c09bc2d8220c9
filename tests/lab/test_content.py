"""The message on its way in: where it ends, how large it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpscope.lab.smtp.content import Content, TolerantReader, end_reader
from smtpscope.protocol.body import DataReader, stuff


class Kept:
    def __init__(self) -> None:
        self.octets = b""

    def write(self, octets: bytes) -> None:
        self.octets += octets

    def discard(self) -> None:
        self.octets = b""


@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r\n"])
def test_another_end_ends_the_message_too(end: bytes) -> None:
    content, rest = TolerantReader((end,)).feed(b"one\r\ntwo" + end + b"NOOP\r\n")
    assert content.startswith(b"one\r\ntwo")
    assert rest == b"NOOP\r\n"


def test_the_usual_end_still_ends_it() -> None:
    assert TolerantReader((b"\n.\n",)).feed(b"one\r\n.\r\nNOOP\r\n") == (b"one\r\n", b"NOOP\r\n")


def test_the_strict_reader_is_the_usual_one() -> None:
    assert isinstance(end_reader(()), DataReader)
    assert isinstance(end_reader((b"\n.\n",)), TolerantReader)


@given(st.binary(max_size=60).map(lambda octets: octets.replace(b"\n", b"\r\n")), st.integers(1, 9))
def test_a_stuffed_message_comes_back_in_pieces_of_any_size(message: bytes, size: int) -> None:
    """As with the strict reader, as long as the other ends are not in it."""
    octets = b"".join(stuff(message))
    reader = TolerantReader((b"\n.\n",))
    content, rest = b"", None
    for place in range(0, len(octets), size):
        assert rest is None
        part, rest = reader.feed(octets[place : place + size])
        content += part
    assert rest == b""
    assert content == (message if not message or message.endswith(b"\r\n") else message + b"\r\n")


@given(st.lists(st.binary(max_size=30), max_size=8), st.integers(0, 60))
def test_size_and_longest_line_do_not_depend_on_the_pieces(pieces: list[bytes], limit: int) -> None:
    kept, content = Kept(), None
    content = Content(kept, limit)
    for piece in pieces:
        content.add(piece)
    whole = b"".join(pieces)
    assert kept.octets == whole[:limit]
    assert content.size == len(whole)
    assert content.too_large == (len(whole) > limit)
    assert content.longest_line == max(len(line) for line in whole.split(b"\n"))
