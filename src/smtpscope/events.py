"""Events: everything that happens in a conversation, the closed union that every front end consumes.

``at`` is seconds since the epoch (UTC), with fractions. Secrets are masked where an event is made.
"""

from __future__ import annotations

from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import Reply
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from smtpscope.protocol.certificate import Certificate

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


class Secured(Event):
    """The connection is encrypted from here on.

    version, cipher, bits  what was agreed, such as TLSv1.3, TLS_AES_256_GCM_SHA384, 256
    name          the server's name that was asked for (SNI) and that the certificate was held against
    verified      whether the certificate stands the test: issuer, dates, name
    problem       what verification says otherwise, OpenSSL's words; empty when it stands
    code          OpenSSL's number for it (X509_V_ERR_...), 0 when it stands
    certificates  the chain as the server sent it, its own certificate first
    """

    phase: Phase
    version: str
    cipher: str
    bits: int
    name: str
    verified: bool
    problem: str = ""
    code: int = 0
    certificates: tuple[Certificate, ...] = ()


class Unsecured(Event):
    """The handshake failed, and the connection with it.

    name          as in Secured
    kind          certificate (it did not stand the test), handshake, timeout, closed, or the network's, as in Failed
    reason        OpenSSL's words, or the system's
    code          OpenSSL's number of what is wrong with the certificate, or 0
    heard         the first octets that came instead of TLS, or as an alert; at most 64
    certificates  the chain, as far as it was sent
    """

    phase: Phase
    name: str
    kind: str
    reason: str
    code: int = 0
    heard: bytes = b""
    certificates: tuple[Certificate, ...] = ()


class Injected(Event):
    """Octets that came in clear behind the answer to STARTTLS (or, at the lab, behind the command).

    They are never used (RFC 3207 section 5).
    """

    phase: Phase
    data: bytes


class Interrupted(Event):
    """A signal ended the session: ``signal`` is INT (Ctrl-C), TERM or HUP."""

    phase: Phase
    signal: str = "INT"


class Waiting(Event):
    """Nothing came for ``waited`` seconds; we go on listening, up to ``limit``."""

    phase: Phase
    waited: float
    limit: float


class Diagnosing(Event):
    """The extra questions begin. ``trouble`` is the kind of a diagnosis.failure.Failure, ``level`` that of --probes.

    ``recipient`` is the first recipient of the test, for the commands that are advised; empty without one.
    """

    trouble: str
    host: str
    address: str
    port: int
    level: str
    recipient: str = ""


class Probing(Event):
    """A probe is about to ask. ``cost``: quiet (DNS, this machine), loud (packets to hosts), intrusive (RCPT)."""

    probe: str
    cost: str
    targets: tuple[str, ...]


class Probed(Event):
    """What one question of a probe brought. ``kind`` says what was asked, ``target`` of whom (a name, ``host:port``).

    ``outcome`` is a word (found, no-such-name, refused, silent, greets ...), ``details`` are (name, value) pairs.
    """

    probe: str
    kind: str
    target: str
    outcome: str
    details: tuple[tuple[str, str], ...] = ()
    elapsed: float = 0.0


class NotProbed(Event):
    """A probe that was not asked, and why: level, loopback, no-recipient, no-name, deadline, no-control."""

    probe: str
    why: str


class Done(Event):
    """The conversation with one server is over; nothing follows but another server."""

    host: str
