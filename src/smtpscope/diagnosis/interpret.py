"""Explanations beside a conversation as it goes: events in, an explanation for each refused step out."""

from __future__ import annotations

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

    from smtpscope.diagnosis.sequence import Teller
    from smtpscope.knowledge.entry import Explanation
    from smtpscope.model.conversation import Exchange, Fold
    from smtpscope.model.report import Report, ServerReport


# The phases behind the greeting: before it, the probes ask what the matter is.
_MIDDLE = (Phase.EHLO, Phase.AUTH, Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.END_OF_DATA)


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

    heard: Exchange
    explanation: Explanation

    @property
    def event(self) -> Event | None:
        """The event that brought it; None where it stood in a log or a bounce."""
        return self.heard.event

    @property
    def at(self) -> float:
        """When it came, in seconds since the epoch; 0 where nobody knows."""
        return self.event.at if self.event else 0.0


class Interpreter:
    """Takes every event of a session. Nothing of the catalogue is loaded until something is refused."""

    def __init__(self, folders: Sequence[str] = ()) -> None:
        self.refused: list[Explained] = []
        self._folders = folders
        self._events: list[Event] = []
        self._fold: Fold | None = None
        self._teller: Teller | None = None

    def take(self, event: Event) -> Explained | None:
        """The explanation of ``event``, when it is a refusal."""
        self._events.append(event)
        if self._teller and isinstance(event, Received) and event.reply.kind in (2, 3):
            self._teller.passed(event.phase.value)
        if not any(holds(event) for holds in (_is_refusal, _is_insecure, _is_break, _is_ours)):
            return None
        heard = self._follow()
        if heard is None:
            return None
        self.refused.append(Explained(heard, self._tell(heard)))
        return self.refused[-1]

    def _tell(self, heard: Exchange) -> Explanation:
        from smtpscope.diagnosis.sequence import Teller

        self._teller = self._teller or Teller(self._folders)
        return self._teller.tell(heard)

    def explain(self, report: Report) -> Report:
        """The report, each server with the explanation of the event that decided it."""
        return explain_report(report, self.refused)

    def _follow(self) -> Exchange | None:
        """The place of the latest event, from all that came before it."""
        from smtpscope.model.conversation import Fold

        self._fold = self._fold or Fold()
        heard = None
        for event in self._events:
            heard = self._fold.take(event)
        self._events.clear()
        return heard


def explain_report(report: Report, told: Sequence[Explained]) -> Report:
    """The report, each server with the explanation, out of ``told``, of the event that decided it."""
    return report.replace(servers=tuple(_explain_server(server, told) for server in report.servers))


def _explain_server(server: ServerReport, told: Sequence[Explained]) -> ServerReport:
    place = server.outcome.event
    if place is None or not server.outcome.claim or server.diagnosis:  # the probes know better
        return server
    # A connection that breaks is told in two events, of which only the first is explained.
    around = server.events[max(place - 1, 0) : place + 2]
    said = [item for event in (server.events[place], *around) for item in told if item.event is event]
    found = next((item for item in said if item.heard.reply.kind not in (2, 3)), None)
    return server.replace(explanation=found.explanation) if found else server


def _is_refusal(event: Event) -> bool:
    return isinstance(event, Received | Unsolicited) and event.reply.kind in (0, 4, 5)


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
