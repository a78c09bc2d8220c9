"""Explanations beside a conversation as it goes: events in, an explanation for each refused step out."""

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


# What an outcome says that no single reply does, and the cause that it is.
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

# Families of causes that the words of any server give for a client that spoke before the banner.
_VAGUE = ("server", "policy", "protocol", "unknown")

# The phases before the session.
_BEGINNING = (Phase.RESOLVE, Phase.CONNECT, Phase.BANNER)

# The phases behind the greeting: before it, the probes ask what the matter is.
_MIDDLE = (
    *(Phase.EHLO, Phase.STARTTLS, Phase.XCLIENT, Phase.AUTH),
    *(Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.END_OF_DATA),
)


# Our own decisions that need an explanation; the others follow from a reply that has one.
_OWN = (
    Reason.AUTH_IN_CLEAR,
    Reason.AUTH_NOT_ANNOUNCED,
    Reason.AUTH_NOT_OFFERED,
    Reason.AUTH_ABORTED,
    Reason.AUTH_UNPROVEN,
)


class Explained(Value):
    """A reply in its place, or what came instead of one, and what it means."""

    exchange: Exchange
    explanation: Explanation

    @property
    def event(self) -> Event | None:
        """The event that brought it; None where it stood in a log or a bounce."""
        return self.exchange.event

    @property
    def at(self) -> float:
        """When it came, in seconds since the epoch; 0 where nobody knows."""
        return self.event.at if self.event else 0.0


class Interpreter:
    """Takes every event of a session. Nothing of the catalogue is loaded until something is rejected."""

    def __init__(self, folders: Sequence[str] = ()) -> None:
        self.refused: list[Explained] = []
        self._folders = folders
        self._events: list[Event] = []
        self._went_well: list[tuple[str, int]] = []  # steps, until there is a teller that wants to know
        self._fold: Fold | None = None
        self._teller: SequenceExplainer | None = None

    def take(self, event: Event, every: bool = False) -> Explained | None:
        """The explanation of ``event``, when it is a rejection.

        ``every``: also of a good reply, and of a failure before the banner, which the probes look into elsewhere.
        """
        self._events.append(event)
        rejected = any(holds(event) for holds in (_is_refusal, _is_insecure, _is_break, _is_ours))
        if not rejected and isinstance(event, Received) and not every:
            self._went_well.append((event.phase.value, event.reply.code))
        if not rejected and not (every and _says_something(event)):
            return None
        exchange = self._follow()
        if exchange is None:
            return None
        found = Explained(exchange, self._tell(exchange))
        if rejected or not isinstance(event, Received):
            self.refused.append(found)
        return found

    def _tell(self, exchange: Exchange) -> Explanation:
        from smtpscope.diagnosis.sequence import SequenceExplainer

        self._teller = self._teller or SequenceExplainer(self._folders)
        for stage, code in self._went_well:
            self._teller.passed(stage, code)
        self._went_well.clear()
        return self._teller.tell(exchange)

    def explain(self, report: Report) -> Report:
        """The report, each server with the explanation of the event that decided it."""
        return explain_report(report, self.refused)

    def _follow(self) -> Exchange | None:
        """The place of the latest event, from all that came before it."""
        from smtpscope.model.conversation import Fold

        self._fold = self._fold or Fold()
        exchange = None
        for event in self._events:
            exchange = self._fold.take(event)
        self._events.clear()
        return exchange


def explain_report(report: Report, told: Sequence[Explained]) -> Report:
    """The report, each server with the explanation of the event that decided it, which is one of ``told``."""
    return report.replace(servers=tuple(_explain_server(server, told) for server in report.servers))


def _explain_server(server: ServerReport, told: Sequence[Explained]) -> ServerReport:
    if server.outcome.why in _BY_WHY:
        return server.replace(explanation=_explain_why(server.outcome.why))
    place = server.outcome.event
    if place is None:
        return server
    # A connection that breaks is told in two events, of which only the first is explained.
    around = server.events[max(place - 1, 0) : place + 2]
    bad = [item for item in told if not went_well(item.exchange)]
    said = [item for event in (server.events[place], *around) for item in bad if item.event is event]
    if not said or not server.outcome.claim or server.diagnosis:  # the probes know better
        return server
    found = said[0].explanation
    if server.outcome.why == "rejected-behind-proxy" and found.cause.partition(".")[0] in _VAGUE:
        found = _explain_why("proxy-refused")
    return server.replace(explanation=found)


def _explain_why(why: str) -> Explanation:
    """What an outcome means that no single reply tells."""
    from smtpscope.knowledge.catalogue import find_cause

    return find_cause(_BY_WHY[why]).replace(rule="outcome", evidence=(f"why={why}",))


def _is_refusal(event: Event) -> bool:
    """Whether a reply does not do what was asked for: a rejection, or one that does not fit the command."""
    if not isinstance(event, Received | Unsolicited):
        return False
    misfit = isinstance(event, Received) and is_wrong_code(event.phase, event.reply)
    return misfit or event.reply.kind in (0, 4, 5)


def _says_something(event: Event) -> bool:
    """Whether anything can be said of it: a reply to a command, or a failure before or at the banner."""
    if isinstance(event, TimedOut | Failed | Disconnected):
        return event.phase in _BEGINNING
    return isinstance(event, Received)


def _is_break(event: Event) -> bool:
    """Whether the conversation may have broken off here."""
    match event:
        case TimedOut() | Failed(kind=FailureKind.RESET | FailureKind.TIMEOUT) | Disconnected(by=Party.PEER):
            return event.phase in _MIDDLE
    return False


def _is_ours(event: Event) -> bool:
    """Whether it is a decision of this client that a reply does not tell of."""
    return isinstance(event, GaveUp) and event.why in _OWN


def _is_insecure(event: Event) -> bool:
    """Whether TLS failed, is not to be had, or proves nothing."""
    match event:
        case Unsecured() | Failed(kind=FailureKind.TLS) | GaveUp(why=Reason.TLS_NOT_ANNOUNCED):
            return True
        case Secured(problem=problem):
            return bool(problem)
    return False
