"""A place to connect to: HOST, HOST:PORT, [ADDRESS], [ADDRESS]:PORT, or an IPv6 address. Read and written here."""

from __future__ import annotations

from smtpscope.protocol.address import is_address
from smtpscope.protocol.path import check_domain
from smtpscope.values import Value


class Endpoint(Value):
    """A host name or numeric address, and a TCP port (None: none was named)."""

    host: str
    port: int | None = None

    def __str__(self) -> str:
        return self.host if self.port is None else format_endpoint(self.host, self.port)


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


def format_endpoint(host: str, port: int) -> str:
    """``mx.example.net:25``, ``192.0.2.1:25``, ``[2001:db8::1]:25``."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def host_of(text: str) -> str:
    """The host of an endpoint in a record, which may hold anything; empty where there is none."""
    try:
        return parse_endpoint(text, lowest=0).host
    except EndpointError:
        return ""


def parse_port(text: str, lowest: int = 1) -> int:
    """A TCP port. Raises EndpointError."""
    if text.isascii() and text.isdigit() and len(text) <= 5 and lowest <= int(text) <= 65535:
        return int(text)
    raise EndpointError("port", text)


def is_host(text: str) -> bool:
    """Whether ``text`` can be looked up or connected to. Names of hosts may hold underscores, unlike mail domains."""
    return is_address(text) or check_domain(text.removesuffix(".").replace("_", "x"), utf8=True) is None
