"""A place to connect to: HOST, HOST:PORT, [ADDRESS], [ADDRESS]:PORT, and an IPv6 address as it is. Read in one way."""

from __future__ import annotations

from smtpscope.protocol.path import check_domain
from smtpscope.values import Value


class Endpoint(Value):
    """A host name or numeric address, and a TCP port (None: none was named)."""

    host: str
    port: int | None = None

    def __str__(self) -> str:
        if self.port is None:
            return self.host
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class EndpointError(ValueError):
    """What cannot be read as an endpoint. ``part``: form, host or port; ``text``: the part, or the whole for form."""

    def __init__(self, part: str, text: str) -> None:
        super().__init__(f"bad {part}: {text!r}")
        self.part, self.text = part, text


def parse_endpoint(text: str, lowest: int = 1) -> Endpoint:
    """Read ``text``; ports begin at ``lowest`` (0 stands for any that is free). Raises EndpointError."""
    host, colon, port = text, "", ""
    if text.startswith("["):
        inside, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise EndpointError("form", text)
        host = inside[5:] if inside[:5].lower() == "ipv6:" else inside
        colon, port = rest[:1], rest[1:]
    elif text.count(":") == 1:
        host, colon, port = text.partition(":")
    if not is_host(host):
        raise EndpointError("host", host)
    return Endpoint(host, parse_port(port, lowest) if colon else None)


def parse_port(text: str, lowest: int = 1) -> int:
    """A TCP port. Raises EndpointError."""
    if text.isascii() and text.isdigit() and len(text) <= 5 and lowest <= int(text) <= 65535:
        return int(text)
    raise EndpointError("port", text)


def is_host(text: str) -> bool:
    """Whether ``text`` can be looked up or connected to. Names of hosts may hold underscores, unlike mail domains."""
    return is_address(text) or check_domain(text.removesuffix(".").replace("_", "x"), utf8=True) is None


def is_address(text: str) -> bool:
    """Whether ``text`` is a numeric address; an IPv6 address may name its zone (``fe80::1%eth0``, RFC 4007).

    Without the module ipaddress, which takes 3 ms to load (docs/decisions/0002-values.md).
    """
    address, percent, zone = text.partition("%")
    if percent and not (zone.isprintable() and zone and " " not in zone):
        return False
    return _is_ipv6(address) if ":" in address else _is_ipv4(text)


def _is_ipv4(text: str) -> bool:
    parts = text.split(".")
    return len(parts) == 4 and all(
        part.isascii() and part.isdigit() and len(part) <= 3 and int(part) < 256 and str(int(part)) == part
        for part in parts
    )


def _is_ipv6(text: str) -> bool:
    """RFC 4291 section 2.2: eight groups, one run of zeros as ``::``, the last two perhaps an IPv4 address."""
    head, gap, tail = text.partition("::")
    groups = [group for side in (head, tail) if side for group in side.split(":")]
    if groups and "." in groups[-1]:
        if not _is_ipv4(groups[-1]) or (gap and not tail):
            return False
        groups[-1:] = ["0", "0"]
    if len(groups) > 7 if gap else len(groups) != 8:
        return False
    return all(0 < len(group) <= 4 and set(group) <= _HEX for group in groups)


_HEX = frozenset("0123456789abcdefABCDEF")
