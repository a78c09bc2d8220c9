"""Whether a host is this machine and can be nothing else: what is said to it, nobody else hears."""

from __future__ import annotations


def is_loopback(host: str) -> bool:
    """Whether ``host`` is an address of this machine alone, or ``localhost`` (RFC 6761 section 6.3)."""
    from ipaddress import IPv6Address, ip_address

    try:
        found = ip_address(host)
    except ValueError:
        return host.lower() == "localhost"
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return (mapped or found).is_loopback
