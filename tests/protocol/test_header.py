"""Fields of a message's header, read leniently: whatever a server or a user's file has made of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpscope.protocol.header import field, message_id


@pytest.mark.parametrize(
    ("message", "value"),
    [
        (b"Subject: a\r\nX-A: b\r\n\r\nX-A: body", "b"),
        (b"x-a:b\n", "b"),
        (b"X-A : b\n", "b"),  # a blank before the colon (RFC 5322 section 4.5.1)
        (b"X-A:\r\n\tb\r\n  c\r\nSubject: a", "b c"),
        (b"X-A: first\nX-A: second\n", "first"),
        (b"X-A:\nSubject: a\n", ""),
        (b"X-AB: b\n", ""),
        (b"Subject: x\n X-A: folded\n", ""),
        (b"\r\nX-A: body\r\n", ""),
        (b"X-A: \xff\n", "\udcff"),
        (b"X-A: b", "b"),
        (b"", ""),
    ],
)
def test_a_field(message: bytes, value: str) -> None:
    assert field(message, "X-A") == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"<1@a.test>", "1@a.test"),
        (b"1@a.test", "1@a.test"),
        (b"  < 1@a.test >  ", "1@a.test"),
        (b"<1@a.test> <2@a.test>", "1@a.test"),
        (b"(one) <1@a.test> (two)", "1@a.test"),
        (b"1@a.test (two)", "1@a.test"),
        (b"<1\r\n @a.test>", "1@a.test"),
        (b"<1@a.test", "1@a.test"),
        (b"<>", ""),
        (b"", ""),
    ],
)
def test_a_message_id(text: bytes, value: str) -> None:
    assert message_id(b"Message-ID: " + text + b"\r\n") == value


@given(st.binary(max_size=300))
def test_any_octets(octets: bytes) -> None:
    assert "\n" not in field(octets, "Message-ID")
    assert not set(message_id(octets)) & set("<> \n")
