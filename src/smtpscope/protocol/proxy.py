"""The header of the PROXY protocol, versions 1 and 2 (HAProxy's proxy-protocol.txt).

A proxy sends it before everything else, to give the address of its client.
"""

from __future__ import annotations

import re

from smtpscope.protocol.address import ip_version, without_zone
from smtpscope.protocol.fault import Fault, FaultId
from smtpscope.values import Value

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"

# LINE_LIMIT: bytes of a version 1 header with its CRLF. BLOCK_LIMIT: bytes after the first 16 bytes of a version 2
# header; the format allows 65535, for extensions that are not used here.
LINE_LIMIT = 107
BLOCK_LIMIT = 4096

_FIXED = len(SIGNATURE) + 4
_PORT = re.compile(rb"0|[1-9][0-9]{0,4}")

# Family and transport -> bytes of an address; 0 for unspecified, datagrams, and Unix sockets, which SMTP does not use.
_SIZES = {0x11: 4, 0x21: 16, 0x00: 0, 0x12: 0, 0x22: 0, 0x31: 0, 0x32: 0}


class Header(Value):
    """A header as read.

    version    1 or 2; 0 if there is none
    addresses  (client, its port, server, its port); empty with LOCAL and UNKNOWN: the connection is the proxy's own
    size       bytes of the header; the SMTP session begins after them
    fault      what is wrong, with its column counted in bytes; None if the header is valid
    """

    version: int = 0
    addresses: tuple[str, ...] = ()
    size: int = 0
    fault: Fault | None = None


def format_header(
    version: int, source: tuple[str, int] | None = None, destination: tuple[str, int] | None = None
) -> bytes:
    """The header of ``version`` 1 or 2. ``source`` and ``destination`` are (address, port) of one address family.

    Without them, it is UNKNOWN (version 1) or LOCAL (version 2).
    """
    if source is None or destination is None:
        return b"PROXY UNKNOWN\r\n" if version == 1 else SIGNATURE + b"\x20\x00\x00\x00"
    client, server = without_zone(source[0]), without_zone(destination[0])
    six = ip_version(client) == 6
    if version == 1:
        family = "TCP6" if six else "TCP4"
        return f"PROXY {family} {client} {server} {source[1]} {destination[1]}\r\n".encode()
    from ipaddress import ip_address

    block = ip_address(client).packed + ip_address(server).packed
    block += source[1].to_bytes(2, "big") + destination[1].to_bytes(2, "big")
    return SIGNATURE + (b"\x21\x21" if six else b"\x21\x11") + len(block).to_bytes(2, "big") + block


def read_header(octets: bytes) -> Header | None:
    """The header at the start of ``octets``; None if more bytes are needed. Never raises."""
    if octets.startswith(SIGNATURE):
        return _read_block(octets)
    if octets.startswith(b"PROXY "):
        return _read_line(octets)
    if SIGNATURE.startswith(octets) or b"PROXY ".startswith(octets):
        return None
    return Header(fault=Fault.at(1, FaultId.PROXY_MISSING))


def _read_line(octets: bytes) -> Header | None:
    """Version 1: ``PROXY TCP4 192.0.2.1 198.51.100.1 40000 25``."""
    end = octets.find(b"\n", 0, LINE_LIMIT)
    if end < 0:
        too_long = Header(1, fault=Fault.at(LINE_LIMIT + 1, FaultId.PROXY_LINE_LONG, limit=LINE_LIMIT))
        return too_long if len(octets) >= LINE_LIMIT else None
    if octets[end - 1 : end] != b"\r":
        return Header(1, fault=Fault.at(end + 1, FaultId.PROXY_LINE_END))
    words = octets[: end - 1].split(b" ")[1:]
    if words[0] == b"UNKNOWN":
        return Header(1, size=end + 1)
    addresses = _line_addresses(words)
    return Header(1, addresses, end + 1) if addresses else Header(1, fault=Fault.at(7, FaultId.PROXY_LINE))


def _line_addresses(words: list[bytes]) -> tuple[str, ...]:
    """The addresses and ports of a version 1 header, as in Header; empty if they are not valid."""
    if len(words) != 5 or words[0] not in (b"TCP4", b"TCP6"):
        return ()
    family, client, server, *ports = words
    if not all(_PORT.fullmatch(port) and int(port) <= 65535 for port in ports):
        return ()
    first, second = _address(client, family == b"TCP6"), _address(server, family == b"TCP6")
    return (first, ports[0].decode(), second, ports[1].decode()) if first and second else ()


def _address(text: bytes, six: bool) -> str:
    """The address in its usual form; empty if ``text`` is not an address."""
    from ipaddress import AddressValueError, IPv4Address, IPv6Address

    try:
        found = IPv6Address(text.decode("ascii")) if six else IPv4Address(text.decode("ascii"))
    except (AddressValueError, UnicodeDecodeError):
        return ""
    return "" if isinstance(found, IPv6Address) and found.scope_id else str(found)


def _read_block(octets: bytes) -> Header | None:
    """Version 2: signature, version and command, family, length, addresses, extensions (which are skipped)."""
    if len(octets) < _FIXED:
        return None
    version, command = divmod(octets[12], 16)
    size = int.from_bytes(octets[14:16], "big")
    if version != 2 or command not in (0, 1):
        return Header(2, fault=Fault.at(13, FaultId.PROXY_VERSION))
    if size > BLOCK_LIMIT:
        return Header(2, fault=Fault.at(15, FaultId.PROXY_BLOCK_LONG, size=size, limit=BLOCK_LIMIT))
    if len(octets) < _FIXED + size:
        return None
    if command == 0:  # LOCAL: whatever the addresses say
        return Header(2, size=_FIXED + size)
    width = _SIZES.get(octets[13])
    if width is None or (width and size < 2 * width + 4):
        return Header(2, fault=Fault.at(14, FaultId.PROXY_ADDRESSES))
    if not width:
        return Header(2, size=_FIXED + size)
    from ipaddress import ip_address

    block = octets[_FIXED : _FIXED + size]
    client, server = str(ip_address(block[:width])), str(ip_address(block[width : 2 * width]))
    ports = [str(int.from_bytes(block[start : start + 2], "big")) for start in (2 * width, 2 * width + 2)]
    return Header(2, (client, ports[0], server, ports[1]), _FIXED + size)
