"""XCLIENT: a proxy, or a test, gives the server the identity of another client (Postfix's XCLIENT_README)."""

from __future__ import annotations

import re

from smtpscope.protocol.address import ip_version
from smtpscope.protocol.command import xtext_decode, xtext_encode
from smtpscope.protocol.path import check_domain
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

UNAVAILABLE: tuple[str, ...] = ("[UNAVAILABLE]", "[TEMPUNAVAIL]")

_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-Fa-f]{2})+")
_IPV6 = "IPV6:"


def parse_xclient(argument: str) -> tuple[dict[str, str], str]:
    """Read ``ADDR=192.0.2.1 NAME=[UNAVAILABLE]``. Never raises.

    Returns the values by attribute (xtext is decoded, and an IPv6 address has no prefix), and the first attribute
    that is not valid: "" if all are valid, XCLIENT if there is no attribute.
    """
    found: dict[str, str] = {}
    words = argument.split()
    for word in words:
        name, _sign, text = word.partition("=")
        found[name.upper()] = _read_value(name.upper(), text)
        if not found[name.upper()]:
            return {}, name or "XCLIENT"
    return found, "" if words else "XCLIENT"


def format_xclient(text: str) -> str:
    """``ADDR=2001:db8::1 LOGIN=kate+x``, as people write it, in the form that is sent: xtext, with prefix ``IPV6:``."""
    pairs = (word.partition("=") for word in text.split())
    return " ".join(f"{name.upper()}{sign}{_prefix(name.upper(), value)}" for name, sign, value in pairs)


def _prefix(name: str, value: str) -> str:
    encoded = xtext_encode(value)
    bare = name in ("ADDR", "DESTADDR") and ip_version(value) == 6
    return _IPV6 + encoded if bare else encoded


def _read_value(name: str, text: str) -> str:
    """The value of attribute ``name``; empty if it is not valid."""
    read = _READERS.get(name)
    if read is None or not _XTEXT.fullmatch(text):
        return ""
    value = xtext_decode(text)
    return value.upper() if value.upper() in UNAVAILABLE else read(value)


def _read_address(value: str) -> str:
    """An IPv4 address, or an IPv6 address after ``IPV6:``; empty for anything else."""
    from ipaddress import AddressValueError, IPv4Address, IPv6Address

    try:
        if value[: len(_IPV6)].upper() == _IPV6:
            address = IPv6Address(value[len(_IPV6) :])
            return "" if address.scope_id else str(address)
        return str(IPv4Address(value))
    except AddressValueError:
        return ""


def _read_port(value: str) -> str:
    good = value.isascii() and value.isdigit() and len(value) <= 5 and int(value) <= 65535
    return value if good else ""


def _read_name(value: str) -> str:
    return value if len(value) <= 255 and check_domain(value) is None else ""


def _read_protocol(value: str) -> str:
    return value.upper() if value.upper() in ("SMTP", "ESMTP") else ""


def _read_text(value: str) -> str:
    return value if len(value) <= 255 and value.isprintable() else ""


_READERS: dict[str, Callable[[str], str]] = {
    "NAME": _read_name,
    "ADDR": _read_address,
    "PORT": _read_port,
    "PROTO": _read_protocol,
    "HELO": _read_text,
    "LOGIN": _read_text,
    "DESTADDR": _read_address,
    "DESTPORT": _read_port,
}

ATTRIBUTES: tuple[str, ...] = tuple(_READERS)
