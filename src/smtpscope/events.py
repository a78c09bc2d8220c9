"""Events: everything that happens in a conversation, the closed union that every front end consumes.

``at`` is seconds since the epoch (UTC), with fractions. Secrets are masked where an event is made.
"""

from __future__ import annotations

from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import Reply
from smtpscope.values import Value

SCHEMA = 1
"""Version of the JSON form of events and results."""


class Event(Value):
    """Base of all events."""

    at: float


class Resolved(Event):
    """A name was looked up. ``kind`` is mx, address or none-needed; ``found`` the answers in the order of use."""

    name: str
    kind: str
    found: tuple[str, ...]


class Connecting(Event):
    """A connection to ``host`` (the name given) at ``address`` and ``port`` was begun."""

    host: str
    address: str
    port: int


class Connected(Event):
    """The connection stands. ``local`` is our address and port as the server sees them, ``address:port``."""

    host: str
    address: str
    port: int
    local: str


class Sent(Event):
    """Octets sent in ``phase``: one command line, or one block of the message (``body`` true)."""

    phase: Phase
    data: bytes
    body: bool = False
    masked: bool = False


class Received(Event):
    """A reply, with the command line that it answers (without CRLF; empty for the banner) and seconds waited."""

    phase: Phase
    reply: Reply
    command: str
    elapsed: float


class Unsolicited(Event):
    """A reply that nobody asked for, such as a 421 when the server's patience ends."""

    phase: Phase
    reply: Reply


class TimedOut(Event):
    """Nothing (or only ``pending``, half a line) came within ``limit`` seconds."""

    phase: Phase
    limit: float
    pending: bytes


class Failed(Event):
    """The network or the look-up failed. ``kind``: dns, null-mx, refused, timeout, unreachable, reset, denied, other.

    ``target`` is the name or ``address:port`` concerned, ``reason`` the system's own words.
    """

    phase: Phase
    kind: str
    target: str
    reason: str


class Disconnected(Event):
    """The connection ended. ``by`` is us or peer; ``pending`` the octets of an unfinished reply."""

    phase: Phase
    by: str
    pending: bytes = b""


class Noted(Event):
    """Something that the dialogue decided or noticed. ``topic`` names it, ``details`` are its (name, value) pairs."""

    phase: Phase
    topic: str
    details: tuple[tuple[str, str], ...] = ()


class Interrupted(Event):
    """The user ended the conversation (Ctrl-C)."""

    phase: Phase


class Done(Event):
    """The conversation with one server is over; nothing follows but another server."""

    host: str
