"""PROXY headers: those that proxies send, those that are cut, those that are wrong, and any octets."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpscope.protocol.proxy import BLOCK_LIMIT, LINE_LIMIT, SIGNATURE, Header, format_header, read_header

FOUR = bytes([192, 0, 2, 1, 198, 51, 100, 1])
SIX = bytes.fromhex("20010db8" + "00" * 11 + "01" + "20010db8" + "00" * 11 + "02")
PORTS = struct.pack("!HH", 40000, 25)
LINE = b"PROXY TCP4 192.0.2.1 198.51.100.1 40000 25\r\n"
FROM_FOUR = ("192.0.2.1", "40000", "198.51.100.1", "25")
FROM_SIX = ("2001:db8::1", "40000", "2001:db8::2", "25")


def block(addresses: bytes, family: int = 0x11, command: int = 0x21) -> bytes:
    return SIGNATURE + bytes([command, family]) + struct.pack("!H", len(addresses)) + addresses


GOOD = {
    LINE: FROM_FOUR,
    b"PROXY TCP6 2001:db8::1 2001:db8::2 40000 25\r\n": FROM_SIX,
    b"PROXY UNKNOWN\r\n": (),
    b"PROXY UNKNOWN ffff:f...f:ffff whatever 65535 65535\r\n": (),
    block(FOUR + PORTS): FROM_FOUR,
    block(SIX + PORTS, 0x21): FROM_SIX,
    block(FOUR + PORTS + b"\x04\x00\x01x"): FROM_FOUR,  # with an extension
    block(b"", command=0x20): (),  # LOCAL
    block(FOUR + PORTS, command=0x20): (),
    block(b"", 0x00): (),  # unspecified
    block(b"\0" * 216, 0x31): (),  # Unix sockets
}


@pytest.mark.parametrize("octets", GOOD)
def test_a_good_header(octets: bytes) -> None:
    header = read_header(octets + b"EHLO contoso.com\r\n")
    assert header == Header(1 if octets.startswith(b"PROXY") else 2, GOOD[octets], len(octets))


@pytest.mark.parametrize("octets", GOOD)
def test_a_header_that_is_not_all_there_is_waited_for(octets: bytes) -> None:
    assert [read_header(octets[:size]) for size in range(len(octets))] == [None] * len(octets)


@pytest.mark.parametrize(
    ("octets", "fault"),
    [
        (b"EHLO contoso.com\r\n", "proxy-missing"),
        (b"\x16\x03\x01", "proxy-missing"),
        (b"proxy tcp4 ", "proxy-missing"),
        (LINE.replace(b"\r", b""), "proxy-line-end"),
        (b"PROXY UNKNOWN " + b"x" * LINE_LIMIT, "proxy-line-long"),
        (b"PROXY TCP4 192.0.2.1 198.51.100.1 40000\r\n", "proxy-line"),
        (b"PROXY TCP4 192.0.2.1 198.51.100.1 40000 65536\r\n", "proxy-line"),
        (b"PROXY TCP4 192.0.2.1 198.51.100.1 40000 025\r\n", "proxy-line"),
        (b"PROXY TCP4  192.0.2.1 198.51.100.1 40000 25\r\n", "proxy-line"),
        (b"PROXY TCP4 192.0.2 198.51.100.1 40000 25\r\n", "proxy-line"),
        (b"PROXY TCP4 2001:db8::1 2001:db8::2 40000 25\r\n", "proxy-line"),
        (b"PROXY TCP6 fe80::1%eth0 2001:db8::2 40000 25\r\n", "proxy-line"),
        (b"PROXY TCP4 \xff 198.51.100.1 40000 25\r\n", "proxy-line"),
        (b"PROXY UDP4 192.0.2.1 198.51.100.1 40000 25\r\n", "proxy-line"),
        (b"PROXY \r\n", "proxy-line"),
        (block(FOUR + PORTS, command=0x11), "proxy-version"),
        (block(FOUR + PORTS, command=0x22), "proxy-version"),
        (block(FOUR + PORTS, 0x13), "proxy-addresses"),
        (block(FOUR, 0x11), "proxy-addresses"),
        (block(FOUR + PORTS, 0x21), "proxy-addresses"),
        (block(b"x" * (BLOCK_LIMIT + 1))[:16], "proxy-block-long"),
    ],
)
def test_a_wrong_header_is_said_to_be_wrong(octets: bytes, fault: str) -> None:
    header = read_header(octets)
    assert header is not None
    assert header.fault is not None
    assert header.fault.id == fault
    assert (header.addresses, header.size) == ((), 0)


heads = st.sampled_from([b"", b"PROXY ", b"PROXY TCP4 ", b"PROXY UNKNOWN", SIGNATURE, SIGNATURE + b"\x21\x11\x00"])


@given(st.builds(bytes.__add__, heads, st.binary(max_size=200)))
def test_any_octets_give_an_answer(octets: bytes) -> None:
    header = read_header(octets)
    if header is None:
        assert len(octets) < 16 + BLOCK_LIMIT
    else:
        assert bool(header.fault) != bool(header.size)
        assert header.size <= len(octets)
        assert len(header.addresses) in (0, 4)


@given(st.ip_addresses(v=4), st.ip_addresses(v=4), st.integers(0, 65535), st.integers(0, 65535))
def test_both_versions_say_the_same(client: object, server: object, port: int, other: int) -> None:
    line = f"PROXY TCP4 {client} {server} {port} {other}\r\n".encode()
    packed = bytes(map(int, f"{client}.{server}".split(".")))
    header, same = read_header(line), read_header(block(packed + struct.pack("!HH", port, other)))
    assert header is not None
    assert same is not None
    assert header.addresses == same.addresses == (str(client), str(port), str(server), str(other))


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(("client", "server"), [("192.0.2.1", "198.51.100.1"), ("2001:db8::1", "2001:db8::2")])
def test_what_is_written_is_read(version: int, client: str, server: str) -> None:
    octets = format_header(version, (client, 40000), (server, 25))
    assert read_header(octets) == Header(version, (client, "40000", server, "25"), len(octets))
    assert read_header(format_header(version)) == Header(version, (), len(format_header(version)))


@pytest.mark.parametrize("version", [1, 2])
def test_a_zone_is_left_out(version: int) -> None:
    header = read_header(format_header(version, ("fe80::1%eth0", 40000), ("2001:db8::2", 25)))
    assert header
    assert header.addresses == ("fe80::1", "40000", "2001:db8::2", "25")
