"""Numeric addresses, and the networks that they lie in."""

from __future__ import annotations

import socket

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smtpscope.protocol.address import ip_version, is_address, is_loopback, is_private, without_zone


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.9.9.9", "::1", "::1%lo", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "LOCALHOST", "localhost."],
)
def test_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["", "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "127.example.com", "127.0.0.1.example.com", "127.1"],
)
def test_others(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("address", "private"),
    [
        *(("10.0.0.7", True), ("172.16.0.1", True), ("172.31.255.1", True), ("192.168.1.1", True)),
        *(("100.64.0.1", True), ("100.100.1.1", True), ("100.127.255.1", True), ("fd00::1", True), ("fc00::1", True)),
        *(("172.32.0.1", False), ("100.128.0.1", False), ("198.51.100.7", False), ("2001:db8::1", False)),
        *(("fe80::1%eth0", False), ("", False), ("fabrikam.com", False), ("10.example.com", False)),
        *(("::ffff:192.168.1.1", True), ("::ffff:198.51.100.7", False), ("fd00::1%eth0", True), ("127.0.0.1", False)),
    ],
)
def test_addresses_that_the_server_never_sees(address: str, private: bool) -> None:
    assert is_private(address) is private


@pytest.mark.parametrize(
    ("text", "version"),
    [
        *(("192.0.2.1", 4), ("2001:db8::1", 6), ("::ffff:192.0.2.1", 6), ("fe80::1%eth0", 6)),
        *(("", 0), ("mx.example.net", 0), ("mx:25", 0), ("192.0.2.1%eth0", 0), ("192.0.2.1:25", 0), ("[::1]", 0)),
    ],
)
def test_the_version_of_an_address(text: str, version: int) -> None:
    assert ip_version(text) == version


def test_a_zone_is_of_this_machine_only() -> None:
    assert without_zone("fe80::1%eth0") == "fe80::1"
    assert without_zone("mx.example.net") == "mx.example.net"


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
