"""Places to connect to, and numeric addresses."""

from __future__ import annotations

import socket

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smtpscope.protocol.endpoint import Endpoint, EndpointError, is_address, parse_endpoint, parse_port


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("mx.example.net", "mx.example.net", None),
        ("mx.example.net.", "mx.example.net.", None),
        ("mx.example.net:587", "mx.example.net", 587),
        ("192.0.2.1:25", "192.0.2.1", 25),
        ("2001:db8::1", "2001:db8::1", None),
        ("[2001:db8::1]", "2001:db8::1", None),
        ("[2001:db8::1]:2525", "2001:db8::1", 2525),
        ("[IPv6:2001:db8::1]:25", "2001:db8::1", 25),
        ("[ipv6:2001:db8::1]", "2001:db8::1", None),
        ("[192.0.2.1]:25", "192.0.2.1", 25),
        ("[fe80::1%eth0]:25", "fe80::1%eth0", 25),
        ("mail_server", "mail_server", None),
        ("邮件.example.net", "邮件.example.net", None),
    ],
)
def test_its_forms(text: str, host: str, port: int | None) -> None:
    assert parse_endpoint(text) == Endpoint(host, port)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "host"),
        (":25", "host"),
        ("a b", "host"),
        ("mx\nquit", "host"),
        ("mx\0", "host"),
        ("mx..example.net", "host"),
        ("::1:x:y", "host"),
        ("mx,mx2", "host"),
        ("[]:25", "host"),
        ("[::1", "form"),
        ("[::1]x", "form"),
        ("[::1]25", "form"),
        ("mx:", "port"),
        ("mx:0", "port"),
        ("mx:65536", "port"),
        ("mx:x", "port"),
        ("mx:-1", "port"),
        ("smtp://mx.example.net", "port"),
        ("[fe80::1%]:25", "host"),
        ("[fe80::1%lo\r\nQUIT]:25", "host"),
        ("192.0.2.1%lo", "host"),
        ("mx:٢٥", "port"),
        ("[::1]:", "port"),
    ],
)
def test_what_is_none_says_which_part_is_wrong(text: str, part: str) -> None:
    with pytest.raises(EndpointError) as caught:
        parse_endpoint(text)
    assert caught.value.part == part
    assert caught.value.text in text


def test_zero_is_a_port_to_listen_on() -> None:
    assert parse_endpoint("127.0.0.1:0", lowest=0) == Endpoint("127.0.0.1", 0)
    assert parse_port("0", lowest=0) == 0


@pytest.mark.parametrize("port", [None, 25])
@pytest.mark.parametrize("host", ["mx.example.net", "192.0.2.1", "2001:db8::1"])
def test_it_is_read_as_it_is_written(host: str, port: int | None) -> None:
    assert parse_endpoint(str(Endpoint(host, port))) == Endpoint(host, port)


def system(text: str) -> bool:
    """What the system takes for an address."""
    try:
        socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)
    except (OSError, ValueError):
        return False
    return True


PARTS = st.sampled_from(["0", "1", "db8", "ffff", "fffff", "g", "", ":", "::", ".", "255", "256", "01", "192.0.2.1"])


@given(st.lists(PARTS, max_size=12).map(":".join))
@example("::")
@example(":")
@example(":::")
@example("1::")
@example("::1:")
@example("1:2:3:4:5:6:7::")
@example("1:2:3:4:5:6:7:8::")
@example("::2:3:4:5:6:7:8")
@example("1:2:3:4:5:6:192.0.2.1")
@example("1:2:3:4:5:6:7:192.0.2.1")
@example("::ffff:192.0.2.1")
@example("192.0.2.1::")
@example("1:192.0.2.1:2:3:4:5:6")
def test_an_ipv6_address_is_what_the_system_takes_for_one(text: str) -> None:
    assert is_address(text) == system(text)


@given(st.lists(st.sampled_from(["0", "1", "255", "256", "01", "", "1000", "x", "٢"]), max_size=5).map(".".join))
@example("192.0.2.1")
def test_an_ipv4_address_is_what_the_system_takes_for_one(text: str) -> None:
    assert is_address(text) == system(text)
