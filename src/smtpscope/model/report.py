"""The result of a test: the proofs, the outcome of each server, and the report of the whole run."""

from __future__ import annotations

from smtpscope.model.claim import Claim
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import Reply
from smtpscope.values import TYPE_CHECKING, Value, Vocabulary

if TYPE_CHECKING:
    from smtpscope.model.diagnosis import Diagnosis
    from smtpscope.model.event import Event, Notified, Secured
    from smtpscope.model.explanation import Explanation
    from smtpscope.model.finding import Finding


class Status(Vocabulary):
    """How a test ended. OK means that every claim is proven. UNPROVEN: a claim is not proven, and nothing shows why."""

    OK = "ok"
    PARTIAL = "partial"
    OTHER_SERVER = "other-server-failed"
    TEMPORARY = "temporary-failure"
    PERMANENT = "permanent-failure"
    DNS = "dns"
    REFUSED = "connection-refused"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    LOST = "connection-lost"
    TLS = "tls"
    NOT_OFFERED = "not-offered"
    GAVE_UP = "gave-up"
    EXPECTATION = "expectation"
    PROTOCOL = "protocol-violation"
    UNPROVEN = "unproven"
    DSN_FAILED = "dsn-failed"
    DSN_DELAYED = "dsn-delayed"
    DSN_MISSING = "dsn-missing"
    INTERRUPTED = "interrupted"


class Proof(Value):
    """A claim and the event that proves it: its index among the events of the server; None if there is no proof."""

    claim: Claim
    event: int | None = None

    @property
    def holds(self) -> bool:
        """Whether the claim is proven."""
        return self.event is not None


class Outcome(Value):
    """The status of a test, and what decided it.

    claim  the first claim without proof; None if all are proven
    phase  the phase in which it was decided
    reply  the reply that decided it; None if it was not a reply
    event  the index of the deciding event among the events of the server
    why    an id that says more: a Reason of this client, a FailureKind of the network, or a violation of SMTP
    """

    status: Status
    claim: Claim | None = None
    phase: Phase = Phase.CONNECT
    reply: Reply | None = None
    event: int | None = None
    why: str = ""


class RecipientResult(Value):
    """The server's reply about one recipient; ``reply`` is None if there was none.

    ``accepted``: whether the server accepted RCPT, or with LMTP the message for this recipient.
    """

    recipient: str
    reply: Reply | None
    accepted: bool


class ServerReport(Value):
    """The report about one server.

    outcome      how the test ended
    proofs       every claim of the test, with the event that proves it
    recipients   one result for each RCPT command
    accepted     the reply that accepts the message for delivery (RFC 5321 section 6.1); None if there is none
    secured      the encryption at the end of the session; None if it was unencrypted
    findings     other facts worth knowing, also after a success
    diagnosis    the ranked causes and the results of the probes; None if there were no probes
    explanation  what the deciding event means; None if nothing went wrong
    notified     the DSNs that were received
    """

    host: str
    outcome: Outcome
    proofs: tuple[Proof, ...] = ()
    recipients: tuple[RecipientResult, ...] = ()
    accepted: Reply | None = None
    secured: Secured | None = None
    findings: tuple[Finding, ...] = ()
    diagnosis: Diagnosis | None = None
    explanation: Explanation | None = None
    notified: tuple[Notified, ...] = ()
    events: tuple[Event, ...] = ()

    @property
    def status(self) -> Status:
        """How the test of this server ended."""
        return self.outcome.status

    @property
    def phase(self) -> Phase:
        """The phase in which it was decided."""
        return self.outcome.phase

    @property
    def reply(self) -> Reply | None:
        """The reply that decided it."""
        return self.outcome.reply

    @property
    def queued(self) -> bool:
        """Whether the server accepted the message for delivery."""
        return self.accepted is not None


class Report(Value):
    """The report of a run: one outcome for the whole run, and a report about each server."""

    outcome: Outcome
    servers: tuple[ServerReport, ...] = ()

    @property
    def status(self) -> Status:
        """How the run ended."""
        return self.outcome.status

    @property
    def deciding(self) -> ServerReport | None:
        """The first server whose outcome is the outcome of the run; None if there is no such server."""
        return next((server for server in self.servers if server.outcome == self.outcome), None)
