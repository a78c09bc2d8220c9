"""Events: everything that happens in a session, the closed union that every front end consumes.

``at`` is seconds since the epoch (UTC), with fractions. Secrets are masked where an event is made (model/recorder.py).
A decision of this client is an event of its own, with its reason: no reply that comes later undoes it.
"""

from __future__ import annotations

from smtpscope.model.claim import Claim
from smtpscope.model.vocabulary import DsnAction, FailureKind, Lookup, Party, Reason, Signal, Skip, Topic
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import Reply
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from smtpscope.model.trouble import (
        HandshakeFailure,
        NotAsked,
        ProbeCost,
        ProbeKind,
        ProbeLevel,
        ProbeOutcome,
        TroubleKind,
    )
    from smtpscope.protocol.certificate import Certificate

SCHEMA = 2
"""Version of the JSON form of events and results."""


class Event(Value):
    """Base of all events."""

    at: float


class Planned(Event):
    """A test of one server begins. ``claims`` is what must be proven for it to be a success (diagnosis/outcome.py)."""

    host: str
    claims: tuple[Claim, ...]


class Resolved(Event):
    """A name was looked up; ``found`` holds the answers in the order of use."""

    name: str
    kind: Lookup
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
    """Bytes sent in ``phase``: one command line, or one block of the message (``body`` true).

    masked     a secret in ``data`` is hidden
    verb       of the command, upper case; ``.`` for the message behind DATA; empty for what is no command
    recipient  the address of RCPT
    exchange   the index of the command in this connection, from 1; of a block, that of its message or chunk
    final      with this block, the message or the chunk is complete
    """

    phase: Phase
    data: bytes
    body: bool = False
    masked: bool = False
    verb: str = ""
    recipient: str = ""
    exchange: int = 0
    final: bool = False


class Received(Event):
    """A reply, with the command line that it answers (without CRLF; empty for the banner) and seconds waited.

    verb       of the command, as in Sent; ``334`` for the response to a challenge
    recipient  the address that the reply is about: of RCPT, or with LMTP of this reply to the message
    exchange   the index of the command that it answers; 0 is the banner
    last       whether it is about a whole message: the end of the data, or BDAT ... LAST
    early      a refusal that came before the message or chunk was complete
    """

    phase: Phase
    reply: Reply
    command: str
    elapsed: float
    verb: str = ""
    recipient: str = ""
    exchange: int = 0
    last: bool = False
    early: bool = False


class Unsolicited(Event):
    """A reply that nobody asked for, such as a 421 when the server's time limit ends."""

    phase: Phase
    reply: Reply


class TimedOut(Event):
    """Nothing (or only ``pending``, half a line) came within ``limit`` seconds."""

    phase: Phase
    limit: float
    pending: bytes


class Failed(Event):
    """The network or the lookup failed.

    ``target`` is the name or ``address:port`` concerned, ``reason`` the system's own words.
    """

    phase: Phase
    kind: FailureKind
    target: str
    reason: str


class Disconnected(Event):
    """The connection ended; ``pending`` holds the bytes of an unfinished reply."""

    phase: Phase
    by: Party
    pending: bytes = b""


class Noted(Event):
    """Something worth telling beside the exchanges; ``details`` are its (name, value) pairs."""

    phase: Phase
    topic: Topic
    details: tuple[tuple[str, str], ...] = ()


class Skipped(Event):
    """A server of the domain is not tested: it cannot be, or it was under another name (``address``) already."""

    host: str
    why: Skip
    address: str = ""


class Stopped(Event):
    """The test ends after ``phase``, as it was asked to."""

    phase: Phase


class GaveUp(Event):
    """This client gives up; ``details`` are (name, value) pairs that say more about the reason."""

    phase: Phase
    why: Reason
    details: tuple[tuple[str, str], ...] = ()


class LoggedIn(Event):
    """The login is complete: the server's 235 came, and our own checks of its proof passed."""

    phase: Phase
    mechanism: str
    user: str


class Expected(Event):
    """What a script expected at ``line``, what came, and whether that fits."""

    phase: Phase
    line: int
    expected: str
    came: str
    met: bool


class Notified(Event):
    """A delivery status notification says this of a recipient (RFC 3464).

    word      the Action field as it stands there
    status    the enhanced status code
    said      the Diagnostic-Code, or the status where there is none
    reporter  the server that sent it; ``remote`` the next server that it names
    waited    seconds since the message was accepted
    by        what it was recognised by: envelope-id, message-id, recipient
    """

    recipient: str
    action: DsnAction
    word: str
    status: str
    said: str
    reporter: str
    remote: str
    waited: float
    by: str = ""


class Unnotified(Event):
    """No final notification about ``recipient`` came within ``waited`` seconds."""

    recipient: str
    waited: float


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
    reason        OpenSSL's words, or the system's
    code          OpenSSL's number of what is wrong with the certificate, or 0
    heard         the first octets that came instead of TLS, or as an alert; at most 64
    certificates  the chain, as far as it was sent
    """

    phase: Phase
    name: str
    kind: HandshakeFailure
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
    """The run was ended by a signal: INT (Ctrl-C), TERM or HUP."""

    phase: Phase
    signal: Signal = Signal.INT


class Waiting(Event):
    """Nothing came for ``waited`` seconds; we go on listening, up to ``limit``."""

    phase: Phase
    waited: float
    limit: float


class Diagnosing(Event):
    """The extra questions begin. ``trouble`` is what they look into, ``level`` what --probes allows.

    ``recipient`` is the first recipient of the test, for the commands that are advised; empty without one.
    """

    trouble: TroubleKind
    host: str
    address: str
    port: int
    level: ProbeLevel
    recipient: str = ""


class Probing(Event):
    """A probe is about to ask its ``targets``."""

    probe: str
    cost: ProbeCost
    targets: tuple[str, ...]


class Probed(Event):
    """What one question of a probe brought.

    target   of whom it was asked: a name, an address, ``host:port``
    details  (name, value) pairs that say more
    found    the names or addresses that DNS knows, in the order of use
    """

    probe: str
    kind: ProbeKind
    target: str
    outcome: ProbeOutcome
    details: tuple[tuple[str, str], ...] = ()
    elapsed: float = 0.0
    found: tuple[str, ...] = ()


class NotProbed(Event):
    """A probe that was not asked, and why."""

    probe: str
    why: NotAsked


class Done(Event):
    """The conversation with one server is over; nothing follows but another server."""

    host: str
