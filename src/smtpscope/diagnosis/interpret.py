"""Explains a session while it runs: events in, an explanation for each rejected step out."""

from __future__ import annotations

from smtpscope.diagnosis.reply_codes import is_wrong_code, went_well
from smtpscope.model.event import (
    Disconnected,
    Event,
    Failed,
    GaveUp,
    Received,
    Secured,
    TimedOut,
    Unsecured,
    Unsolicited,
)
from smtpscope.model.vocabulary import FailureKind, Party, Reason
from smtpscope.protocol.phase import Phase
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smtpscope.diagnosis.sequence import SequenceExplainer
    from smtpscope.model.conversation import Exchange, Fold
    from smtpscope.model.explanation import Explanation
    from smtpscope.model.report import Report, ServerReport


# Outcomes that no single reply explains, by Outcome.why, and the cause of each.
_BY_WHY = {
    "early-reply": "protocol.early-reply",
    "missing-reply": "protocol.missing-reply",
    "surplus-replies": "protocol.extra-reply",
    "shifted-replies": "protocol.extra-reply",
    "unexpected-code": "server.wrong-reply",
    "mixed-codes": "server.wrong-reply",
    Reason.AUTH_ABORTED: "login.unproven",
    Reason.AUTH_UNPROVEN: "login.unproven",
    "proxy-refused": "client.identity-refused",
    "null-mx": "route.null-mx",
}

# Families of causes of a server's reply to a client that sends bytes before the banner.
_VAGUE = ("server", "policy", "protocol", "unknown")

# The phases up to the banner. The probes examine their failures.
_BEGINNING = (Phase.RESOLVE, Phase.CONNECT, Phase.BANNER)

# The phases after the banner.
_MIDDLE = (
    *(Phase.EHLO, Phase.STARTTLS, Phase.XCLIENT, Phase.AUTH),
    *(Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.END_OF_DATA),
)

# Decisions of this client that need an explanation. Others follow a reply that has an explanation.
_DECISIONS = (
    Reason.AUTH_IN_CLEAR,
    Reason.AUTH_NOT_ANNOUNCED,
    Reason.AUTH_NOT_OFFERED,
    Reason.AUTH_ABORTED,
    Reason.AUTH_UNPROVEN,
)


class Explained(Value):
    """A reply in its place, or what happened instead of one, and its explanation."""

    exchange: Exchange
    explanation: Explanation

    @property
    def event(self) -> Event | None:
        """The event of the exchange; None for text from a log or a bounce."""
        return self.exchange.event

    @property
    def at(self) -> float:
        """The time of the event, in seconds since the epoch; 0 if it is not known."""
        return self.event.at if self.event else 0.0


class Interpreter:
    """Takes every event of a session. The catalogue is loaded only when something is rejected.

    refused  the explained rejections and failures so far
    """

    def __init__(self, folders: Sequence[str] = ()) -> None:
        self.refused: list[Explained] = []
        self._folders = folders
        self._events: list[Event] = []
        self._went_well: list[tuple[str, int]] = []  # (stage, code) of accepted steps, for the explainer
        self._fold: Fold | None = None
        self._explainer: SequenceExplainer | None = None

    def take(self, event: Event, every: bool = False) -> Explained | None:
        """The explanation of ``event`` if it is a rejection or a failure; else None.

        ``every``: also of a positive reply, and of a failure before the banner, which the probes examine elsewhere.
        """
        self._events.append(event)
        rejected = _needs_explanation(event)
        if not rejected and isinstance(event, Received) and not every:
            self._went_well.append((event.phase.value, event.reply.code))
        if not rejected and not (every and _can_explain(event)):
            return None
        exchange = self._follow()
        if exchange is None:
            return None
        from smtpscope.diagnosis.sequence import SequenceExplainer

        self._explainer = self._explainer or SequenceExplainer(self._folders)
        for stage, code in self._went_well:
            self._explainer.passed(stage, code)
        self._went_well.clear()
        found = Explained(exchange, self._explainer.tell(exchange))
        if rejected or not isinstance(event, Received):
            self.refused.append(found)
        return found

    def explain(self, report: Report) -> Report:
        """The report, each server with the explanation of the event that decided it."""
        return explain_report(report, self.refused)

    def _follow(self) -> Exchange | None:
        """The exchange of the latest event; None if it has none. Folds all events that were not folded yet."""
        from smtpscope.model.conversation import Fold

        self._fold = self._fold or Fold()
        exchange = None
        for event in self._events:
            exchange = self._fold.take(event)
        self._events.clear()
        return exchange


def explain_report(report: Report, explained: Sequence[Explained]) -> Report:
    """The report, each server with the explanation of the event that decided it, if ``explained`` has it."""
    return report.replace(servers=tuple(_explain_server(server, explained) for server in report.servers))


def _explain_server(server: ServerReport, explained: Sequence[Explained]) -> ServerReport:
    if server.outcome.why in _BY_WHY:
        return server.replace(explanation=_explain_why(server.outcome.why))
    place = server.outcome.event
    if place is None:
        return server
    # A connection that breaks makes two events, and only the first one has an explanation.
    around = server.events[max(place - 1, 0) : place + 2]
    bad = [item for item in explained if not went_well(item.exchange)]
    near = [item for event in (server.events[place], *around) for item in bad if item.event is event]
    if not near or not server.outcome.claim or server.diagnosis:  # a diagnosis takes precedence
        return server
    found = near[0].explanation
    if server.outcome.why == "rejected-behind-proxy" and found.cause.partition(".")[0] in _VAGUE:
        found = _explain_why("proxy-refused")
    return server.replace(explanation=found)


def _explain_why(why: str) -> Explanation:
    """The explanation of an outcome that no single reply explains."""
    from smtpscope.knowledge.catalogue import find_cause

    return find_cause(_BY_WHY[why]).replace(rule="outcome", evidence=(f"why={why}",))


def _needs_explanation(event: Event) -> bool:
    """Whether something went wrong with ``event``, and no other event explains it.

    That is a rejection, or a reply that does not fit its command; a failure of TLS, or an unverified certificate; a
    lost connection after the banner; or a decision of this client that no reply explains.
    """
    match event:
        case Received(phase=phase, reply=reply):
            return is_wrong_code(phase, reply) or reply.kind in (0, 4, 5)
        case Unsolicited(reply=reply):
            return reply.kind in (0, 4, 5)
        case Unsecured() | Failed(kind=FailureKind.TLS) | GaveUp(why=Reason.TLS_NOT_ANNOUNCED):
            return True
        case Secured(problem=problem):
            return bool(problem)
        case TimedOut() | Failed(kind=FailureKind.RESET | FailureKind.TIMEOUT) | Disconnected(by=Party.PEER):
            return event.phase in _MIDDLE
        case GaveUp(why=why):
            return why in _DECISIONS
    return False


def _can_explain(event: Event) -> bool:
    """Whether an explanation is possible: for a reply to a command, or a failure up to the banner."""
    if isinstance(event, TimedOut | Failed | Disconnected):
        return event.phase in _BEGINNING
    return isinstance(event, Received)
