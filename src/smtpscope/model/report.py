"""What came of a test: proofs, the outcome of each server, and the report of the whole."""

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
    """How a test ended. OK: every claim is proven. There is no default: UNPROVEN says that nothing tells why."""

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
    """A claim and the event that proves it: its place among the events of the server, None where there is none."""

    claim: Claim
    event: int | None = None

    @property
    def holds(self) -> bool:
        """Whether the claim is proven."""
        return self.event is not None


class Outcome(Value):
    """What decided.

    claim  the first claim without proof; None where each is proven
    phase  where it was decided
    reply  the reply that decided, None where none did
    event  the place of the deciding event among the events of the server
    why    an id that says more: the Reason of our own decision, the Trouble of the network, or how SMTP was violated
    """

    status: Status
    claim: Claim | None = None
    phase: Phase = Phase.CONNECT
    reply: Reply | None = None
    event: int | None = None
    why: str = ""


class RecipientResult(Value):
    """What the server said about one recipient; ``reply`` is None where it said nothing.

    ``accepted``: of RCPT, or with LMTP of the message for this recipient.
    """

    recipient: str
    reply: Reply | None
    accepted: bool


class ServerReport(Value):
    """The report about one server.

    outcome      how it ended
    proofs       every claim of the test, with the event that proves it
    recipients   one result for each recipient that was named to the server
    accepted     the reply with which the server took responsibility for the message (RFC 5321 section 6.1), or None
    secured      the encryption that the session had at its end, None where it was unencrypted
    findings     what is worth knowing beside the outcome, also after a success
    diagnosis    the ranked causes of a failed connection and what the probes found, None where none were asked
    explanation  what the deciding event means, None where nothing went wrong
    notified     the delivery status notifications that came
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
        """How it ended."""
        return self.outcome.status

    @property
    def phase(self) -> Phase:
        """Where it was decided."""
        return self.outcome.phase

    @property
    def reply(self) -> Reply | None:
        """The reply that decided."""
        return self.outcome.reply

    @property
    def queued(self) -> bool:
        """Whether the server took responsibility for the message."""
        return self.accepted is not None


class Report(Value):
    """The report of a run: one outcome for what was asked, and a report about each server."""

    outcome: Outcome
    servers: tuple[ServerReport, ...] = ()

    @property
    def status(self) -> Status:
        """How the run ended."""
        return self.outcome.status

    @property
    def deciding(self) -> ServerReport | None:
        """The server whose outcome is that of the run; None where no server was reached or several decide."""
        return next((server for server in self.servers if server.outcome == self.outcome), None)
