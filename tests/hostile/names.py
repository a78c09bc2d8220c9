"""Name servers on loopback that answer as a row says: well, wrongly, or not at all."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import dns.flags
import dns.message
import dns.rcode

from nameserver import Zone, reply

# From a question to the packets that answer it.
Answer = Callable[[bytes], list[bytes]]


def zone(records: Zone) -> Answer:
    """Answers from a zone; NXDOMAIN for a name of which it has nothing."""
    return lambda wire: [reply(wire, records)]


def fails(code: dns.rcode.Rcode) -> Answer:
    """Every question gets this code, such as SERVFAIL."""

    def answer(wire: bytes) -> list[bytes]:
        made = dns.message.make_response(dns.message.from_wire(wire))
        made.set_rcode(code)
        return [made.to_wire()]

    return answer


def silent(_wire: bytes) -> list[bytes]:
    """No answer."""
    return []


def garbage(wire: bytes) -> list[bytes]:
    """Octets that are no DNS, and the question cut off."""
    return [b"\xff" * 40, wire[:6], b""]


def other_id(wire: bytes) -> list[bytes]:
    """An answer to another question, as somebody sends who guesses."""
    made = dns.message.make_response(dns.message.from_wire(wire))
    return [bytes([wire[0] ^ 1]) + made.to_wire()[1:]]


def truncated(wire: bytes) -> list[bytes]:
    """An answer that is cut, and to be asked for over TCP, where nobody listens."""
    made = dns.message.make_response(dns.message.from_wire(wire))
    made.flags |= dns.flags.TC
    return [made.to_wire()]


@contextlib.contextmanager
def name_server(answer: Answer) -> Iterator[str]:
    """``ADDRESS:PORT`` of a name server for as long as the block runs."""
    channel = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    channel.bind(("127.0.0.1", 0))
    port = channel.getsockname()[1]

    def serve() -> None:
        while True:
            wire, sender = channel.recvfrom(4096)
            if not wire:
                return
            for packet in answer(wire):
                channel.sendto(packet, sender)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", ("127.0.0.1", port))
        thread.join(10)
        channel.close()
