"""What a session asks of its driver, and what comes back: the protocol that every driver implements.

A driver has at most one connection. It carries out one request at a time and sends the outcome back.
"""

from __future__ import annotations

from smtpscope.model.vocabulary import FailureKind
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from smtpscope.dialogue.plan import Target


class Resolve(Value):
    """Look up the addresses of ``host`` within ``limit`` seconds; ``target`` has the family and the DNS server.

    Comes back as the addresses in order of use, each once, or as Trouble.
    """

    host: str
    target: Target
    limit: float


class Connect(Value):
    """Connect to a numeric ``address`` within ``limit`` seconds, from ``source`` where that is not empty.

    Comes back as the local address, ``address:port``, or as Trouble. A source that is no address of this machine is
    the only request that raises: LocalError.
    """

    address: str
    port: int
    source: str
    limit: float


class Write(Value):
    """Send all of ``data`` within ``limit`` seconds. Comes back as None, or as Trouble."""

    data: bytes
    limit: float


class Read(Value):
    """Receive something within ``limit`` seconds. Comes back as bytes (none: the peer closed), or as Trouble."""

    limit: float


class Poll(Value):
    """Receive what has arrived, without waiting. Comes back as bytes (none: the peer closed), None, or Trouble."""


class Close(Value):
    """Close the connection. Comes back as None."""


class Trouble(Value):
    """What the network reported. ``kind`` is that of a Failed event; TIMEOUT when nothing arrived in time."""

    kind: FailureKind
    reason: str


if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import TypeAlias

    Request: TypeAlias = Resolve | Connect | Write | Read | Poll | Close
    Outcome: TypeAlias = tuple[str, ...] | str | bytes | Trouble | None
    # A part of a session that makes no events.
    Asking: TypeAlias = Generator[Request, Outcome, bytes | Trouble | None]
