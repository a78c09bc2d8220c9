"""Events: everything that happens in a session. Every front end consumes this closed union.

``at`` is seconds since the epoch (UTC), with fractions. Secrets are masked when an event is made (model/recorder.py).
A decision of this client is an event of its own, with its reason; no later reply changes it.
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
    """A test of one server begins. ``claims``: what must be proven for it to be a success (diagnosis/outcome.py)."""

    host: str
    claims: tuple[Claim, ...]


class Resolved(Event):
    """A name was looked up. ``found``: the results in the order of use."""

    name: str
    kind: Lookup
    found: tuple[str, ...]


class Connecting(Event):
    """A connection to ``host`` (as given by the user) at ``address`` and ``port`` is being made."""

    host: str
    address: str
    port: int


class Connected(Event):
    """The connection was made. ``local``: the local address and port, ``address:port``."""

    host: str
    address: str
    port: int
    local: str


class Sent(Event):
    """Bytes were sent in ``phase``: one command line, or one block of the message (``body`` true).

    masked     whether a secret in ``data`` is hidden
    verb       the verb of the command, upper case; ``.`` for the message after DATA; empty if it is not a command
    recipient  the address in RCPT
    exchange   the index of the command in this connection, from 1; for a block, the index of its message or chunk
    final      whether the message or the chunk is complete with this block
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
    """A reply was received. ``command``: the line that it answers, without CRLF; empty for the banner.

    elapsed    seconds until the reply
    verb       the verb of the command, as in Sent; ``334`` for the response to a challenge
    recipient  the address that the reply is about: in RCPT, or with LMTP in the replies to the message
    exchange   the index of the command that it answers; 0 is the banner
    last       whether it is about a whole message: the end of data, or BDAT ... LAST
    early      whether it is a rejection before the message or chunk was complete
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
    """A reply that answers no command, such as a 421 when the server's time limit is over."""

    phase: Phase
    reply: Reply


class TimedOut(Event):
    """No complete reply was received within ``limit`` seconds. ``pending``: the bytes of an incomplete one."""

    phase: Phase
    limit: float
    pending: bytes


class Failed(Event):
    """The network or a lookup failed.

    ``target``: the name or ``address:port`` concerned. ``reason``: the error text of the system.
    """

    phase: Phase
    kind: FailureKind
    target: str
    reason: str


class Disconnected(Event):
    """The connection was closed. ``pending``: the bytes of an incomplete reply."""

    phase: Phase
    by: Party
    pending: bytes = b""


class Noted(Event):
    """A note about the session, besides the exchanges. ``details``: (name, value) pairs."""

    phase: Phase
    topic: Topic
    details: tuple[tuple[str, str], ...] = ()


class Skipped(Event):
    """A server of the domain is not tested: it cannot be, or its ``address`` was tested already."""

    host: str
    why: Skip
    address: str = ""


class Stopped(Event):
    """The test ends after ``phase``, as planned."""

    phase: Phase


class GaveUp(Event):
    """This client gave up. ``details``: (name, value) pairs about the reason."""

    phase: Phase
    why: Reason
    details: tuple[tuple[str, str], ...] = ()


class LoggedIn(Event):
    """The login is complete: the server replied 235, and this client's checks of the server's proof passed."""

    phase: Phase
    mechanism: str
    user: str


class Expected(Event):
    """What a script expected at ``line``, what was received (``came``), and whether it matches (``met``)."""

    phase: Phase
    line: int
    expected: str
    came: str
    met: bool


class Notified(Event):
    """The report of a DSN about one recipient (RFC 3464).

    word      the Action field as written
    status    the enhanced status code
    said      the Diagnostic-Code; the status if there is none
    reporter  the server that sent the DSN; ``remote`` is the next server that it names
    waited    seconds since the message was accepted
    by        how the DSN was recognized: envelope-id, message-id, run-id, recipient
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
    """No final DSN about ``recipient`` was received within ``waited`` seconds."""

    recipient: str
    waited: float


class Secured(Event):
    """The TLS handshake succeeded: the connection is encrypted from here on.

    version, cipher, bits  such as TLSv1.3, TLS_AES_256_GCM_SHA384, 256
    name          the server name that was sent (SNI), and that the certificate was checked for
    verified      whether the certificate passed verification: issuer, dates, name
    problem       why verification failed, as OpenSSL reports it; empty if it passed
    code          OpenSSL's number of the problem (X509_V_ERR_...); 0 if verification passed
    certificates  the chain as the server sent it, the server's own certificate first
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
    """The TLS handshake failed, and the connection is lost.

    name          as in Secured
    reason        the error text of OpenSSL, or of the system
    code          OpenSSL's number of the problem with the certificate; 0 if there is none
    heard         the first bytes received instead of TLS, or as an alert; at most 64
    certificates  the chain, as far as it was received
    """

    phase: Phase
    name: str
    kind: HandshakeFailure
    reason: str
    code: int = 0
    heard: bytes = b""
    certificates: tuple[Certificate, ...] = ()


class Injected(Event):
    """Unencrypted bytes that were received after the reply to STARTTLS (in the lab: after the command).

    They are not used (RFC 3207 section 5).
    """

    phase: Phase
    data: bytes


class Interrupted(Event):
    """A signal ended the run: INT (Ctrl-C), TERM, or HUP."""

    phase: Phase
    signal: Signal = Signal.INT


class Waiting(Event):
    """No reply for ``waited`` seconds. This client keeps waiting, up to ``limit`` seconds."""

    phase: Phase
    waited: float
    limit: float


class Diagnosing(Event):
    """The probes begin. ``trouble``: the problem that they examine. ``level``: what --probes allows.

    ``recipient``: the first recipient of the test, for suggested commands; empty if there is none.
    """

    trouble: TroubleKind
    host: str
    address: str
    port: int
    level: ProbeLevel
    recipient: str = ""


class Probing(Event):
    """A probe of ``targets`` begins."""

    probe: str
    cost: ProbeCost
    targets: tuple[str, ...]


class Probed(Event):
    """One result of a probe.

    target   what was probed: a name, an address, ``host:port``
    details  (name, value) pairs about the result
    elapsed  seconds that it took
    found    names or addresses from DNS, in the order of use
    """

    probe: str
    kind: ProbeKind
    target: str
    outcome: ProbeOutcome
    details: tuple[tuple[str, str], ...] = ()
    elapsed: float = 0.0
    found: tuple[str, ...] = ()


class NotProbed(Event):
    """A probe was not run, and why."""

    probe: str
    why: NotAsked


class Done(Event):
    """The session with one server is over. Only events of another server can follow."""

    host: str
