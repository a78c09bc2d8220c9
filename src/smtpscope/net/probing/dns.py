"""The lookups of the probes: they ask DNS, not the hosts file.

A DNS server that the user named is asked from the user's source address.
"""

from __future__ import annotations

import socket
import time
from ipaddress import ip_address

import dns.exception
import dns.message
import dns.rcode
import dns.resolver
import dns.reversename

from smtpscope.net.connection import family_of
from smtpscope.net.resolver import make_resolver
from smtpscope.protocol.address import without_zone
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from smtpscope.dialogue.plan import Target
    from smtpscope.probes.question import Found, Question

# Outcomes from the best to the worst: of two lookups, the better one counts.
_ORDER = ("found", "no-record", "no-such-name", "no-answer")


def find_addresses(question: Question, target: Target, bound: float) -> Found:
    """A and AAAA."""
    kinds = {4: ("A",), 6: ("AAAA",)}.get(target.family, ("A", "AAAA"))
    results = [_resolve(question.host, kind, target, bound / len(kinds)) for kind in kinds]
    found = [text for outcome, texts in results for text in texts]
    best = min((outcome for outcome, _ in results), key=_ORDER.index)
    return best, {"found": tuple(found)}


def first_address(host: str, target: Target, bound: float) -> tuple[str, str]:
    """The outcome, and the first address of ``host`` (IPv4 first, unless only IPv6 is wanted)."""
    outcome = "no-answer"
    for kind in ("AAAA",) if target.family == 6 else ("A",) if target.family == 4 else ("A", "AAAA"):
        outcome, texts = _resolve(host, kind, target, bound)
        if texts or outcome == "no-answer":
            return outcome, texts[0] if texts else ""
    return outcome, ""


def find_exchangers(question: Question, target: Target, bound: float) -> Found:
    """MX, best preference first. A null MX (RFC 7505) is a dot."""
    outcome, texts = _resolve(question.host, "MX", target, bound)
    pairs = sorted((int(text.split()[0]), text.split()[1]) for text in texts)
    names = [name if name == "." else name.rstrip(".") for _, name in pairs]
    return ("null-mx" if names == ["."] else outcome), {"found": tuple(names)}


def find_names(question: Question, target: Target, bound: float) -> Found:
    """PTR of an address."""
    name = dns.reversename.from_address(without_zone(question.host)).to_text()
    outcome, texts = _resolve(name, "PTR", target, bound)
    return outcome, {"found": tuple(text.rstrip(".") for text in texts)}


def find_existing(question: Question, target: Target, bound: float) -> Found:
    """Those of many names that have an address (domains: an MX): one packet a name, to the first DNS server."""
    found, reason = _ask_at_once(question.names, "MX" if question.role == "domain" else "A", target, bound)
    near = [name for name in question.names if name in found]
    if reason:
        return "no-answer", {"reason": reason}
    return ("found" if near else "none"), {"found": tuple(near[:5]), "asked": str(len(question.names))}


def _ask_at_once(names: Iterable[str], kind: str, target: Target, bound: float) -> tuple[set[str], str]:
    """The names that have such a record, and why there was no response at all (empty: there were some)."""
    found: set[str] = set()
    answered = 0
    try:
        resolver = make_resolver(target, bound)
        waiting = {query.id: (query, name) for name, query in _queries(names, kind)}
        with _channel(str(resolver.nameservers[0]), resolver.port, _source(target)) as channel:
            for query, _ in waiting.values():
                channel.send(query.to_wire())
            end = time.monotonic() + bound
            while waiting and (left := end - time.monotonic()) > 0:
                channel.settimeout(left)
                reply = dns.message.from_wire(channel.recv(4096))
                if reply.id in waiting and waiting[reply.id][0].is_response(reply):
                    answered += 1
                    _, name = waiting.pop(reply.id)
                    found |= {name} if reply.rcode() == dns.rcode.NOERROR and reply.answer else set()
    except (OSError, dns.exception.DNSException) as error:
        return found, "" if answered else str(error)
    return found, ""


def _channel(address: str, port: int, source: str | None) -> socket.socket:
    channel = socket.socket(family_of(address), socket.SOCK_DGRAM)
    try:
        if source:
            channel.bind((source, 0))
        channel.connect((address, port))
    except OSError:
        channel.close()
        raise
    return channel


def _source(target: Target) -> str | None:
    """The address to ask from: the source address of ``target``, where it has a DNS server that can reply to it.

    The system's own DNS servers may respond only to the address that the system itself would use.
    """
    if not (target.source and target.resolver):
        return None
    server = ip_address(str(make_resolver(target, 0.0).nameservers[0]))
    source = ip_address(target.source.partition("%")[0])
    fits = source.version == server.version and source.is_loopback == server.is_loopback
    return target.source if fits else None


def _queries(names: Iterable[str], kind: str) -> Iterable[tuple[str, dns.message.QueryMessage]]:
    for name in names:
        try:
            yield name, dns.message.make_query(name, kind)
        except dns.exception.DNSException:
            continue


def _resolve(name: str, kind: str, target: Target, bound: float) -> tuple[str, list[str]]:
    try:
        answer = make_resolver(target, bound).resolve(name, kind, search=False, source=_source(target))
    except dns.resolver.NXDOMAIN:
        return "no-such-name", []
    except dns.resolver.NoAnswer:
        return "no-record", []
    except (dns.exception.DNSException, OSError, UnicodeError):
        return "no-answer", []
    return "found", [record.to_text() for record in answer]
