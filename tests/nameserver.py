"""A DNS server on loopback that answers from a zone, made with dnspython."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Zone = Mapping[tuple[str, str], list[str]]


def reply(wire: bytes, zone: Zone) -> bytes:
    """The answer to the question in ``wire``: NXDOMAIN for a name of which the zone has nothing."""
    query = dns.message.from_wire(wire)
    made = dns.message.make_response(query)
    made.flags |= dns.flags.RA
    name, kind = query.question[0].name.to_text(), dns.rdatatype.to_text(query.question[0].rdtype)
    if (name, kind) in zone:
        made.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *zone[name, kind]))
    elif name not in {known for known, _ in zone}:
        made.set_rcode(dns.rcode.NXDOMAIN)
    return made.to_wire()


@contextlib.contextmanager
def nameserver(
    zone: Zone | None, asked: threading.Event | None = None, senders: set[str] | None = None
) -> Iterator[str]:
    """``ADDRESS:PORT`` of a server that answers from ``zone``; None: it takes every question and never answers.

    ``asked`` is set when the first question comes; ``senders``: gets the addresses that questions come from.
    """
    channel = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    channel.bind(("127.0.0.1", 0))
    channel.settimeout(0.2)
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            try:
                wire, sender = channel.recvfrom(4096)
            except TimeoutError:
                continue
            if asked:
                asked.set()
            if senders is not None:
                senders.add(sender[0])
            if zone is not None:
                channel.sendto(reply(wire, zone), sender)

    thread = threading.Thread(target=serve, name="name server")
    thread.start()
    try:
        yield f"127.0.0.1:{channel.getsockname()[1]}"
    finally:
        ended.set()
        thread.join()
        channel.close()
