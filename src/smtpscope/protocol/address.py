"""Numeric addresses: what is one, of which family, and in which network it lies. Every judgment of that kind is here.

What is asked on the path of a plain session does without the module ipaddress, which takes 3 ms to load
(docs/decisions/0002-values.md). An IPv6 address may name its zone (``fe80::1%eth0``, RFC 4007 section 11).
"""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

# Networks that are translated on the way: the server sees another address (RFC 1918, RFC 6598, RFC 4193).
_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")


def ip_version(text: str) -> int:
    """4 or 6 for a numeric address, 0 for anything else."""
    address, percent, zone = text.partition("%")
    if percent and not (zone.isprintable() and zone and " " not in zone):
        return 0
    if _is_ipv6(address):
        return 6
    return 4 if _is_ipv4(text) else 0


def is_address(text: str) -> bool:
    """Whether ``text`` is a numeric address."""
    return ip_version(text) != 0


def without_zone(address: str) -> str:
    """The address alone: a zone means something on this machine only (RFC 4007 section 6). A name stays as it is."""
    return address.partition("%")[0]


def is_loopback(host: str) -> bool:
    """Whether ``host`` can only be this machine: its address, or ``localhost`` (RFC 6761 section 6.3)."""
    found = _read(host)
    return found.is_loopback if found else host.lower().removesuffix(".") == "localhost"


def is_private(host: str) -> bool:
    """Whether ``host`` is an address of a network that is translated on the way; False for a name."""
    from ipaddress import ip_network

    found = _read(host)
    return found is not None and any(found in ip_network(network) for network in _PRIVATE)


def _read(text: str) -> IPv4Address | IPv6Address | None:
    """The address without its zone, and the IPv4 address in an IPv4-mapped one (RFC 4291 section 2.5.5.2)."""
    from ipaddress import IPv4Address, IPv6Address

    match ip_version(text):
        case 4:
            return IPv4Address(text)
        case 6:
            found = IPv6Address(without_zone(text))
            return found.ipv4_mapped or found
    return None


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
