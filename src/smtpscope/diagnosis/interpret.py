"""Explanations beside a conversation as it goes: events in, an explanation for each refused step out."""

from __future__ import annotations

from smtpscope.diagnosis.verdict import Status
from smtpscope.events import (
    Disconnected,
    Event,
    Failed,
    Noted,
    Received,
    Secured,
    TimedOut,
    Unsecured,
    Unsolicited,
)
from smtpscope.protocol.phase import Phase
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from smtpscope.diagnosis.sequence import Teller
    from smtpscope.diagnosis.verdict import Verdict
    from smtpscope.knowledge.entry import Explanation
    from smtpscope.reading.heard import Heard
    from smtpscope.reading.jsonl import EventFollower


# Ends that no reply tells of.
_WITHOUT_REPLY = (Status.TLS, Status.UNMET, Status.TIMEOUT, Status.DROPPED)

# The phases behind the greeting: before it, the probes ask what the matter is.
_MIDDLE = (Phase.EHLO, Phase.AUTH, Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.END_OF_DATA)


class Explained(Value):
    """A reply in its place, and what it means. ``at`` is when it came, in seconds since the epoch; 0: not known."""

    heard: Heard
    explanation: Explanation
    at: float = 0.0


class Interpreter:
    """Takes every event of a conversation. Nothing of the catalogue is loaded until something is refused."""

    def __init__(self, folders: Sequence[str] = ()) -> None:
        self.refused: list[Explained] = []
        self._folders = folders
        self._events: list[Event] = []
        self._follower: EventFollower | None = None
        self._teller: Teller | None = None

    def take(self, event: Event) -> Explained | None:
        """The explanation of ``event``, when it is a refusal."""
        self._events.append(event)
        if self._teller and isinstance(event, Received) and event.reply.kind in (2, 3):
            self._teller.passed(event.phase.value)
        if not _is_refusal(event) and not _is_insecure(event) and not _is_break(event):
            return None
        heard = self._follow()
        if heard is None:
            return None
        self.refused.append(Explained(heard, self._tell(heard), event.at))
        return self.refused[-1]

    def _tell(self, heard: Heard) -> Explanation:
        from smtpscope.diagnosis.sequence import Teller

        self._teller = self._teller or Teller(self._folders)
        return self._teller.tell(heard)

    def explain(self, verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
        """The verdicts, each with the explanation of the reply that decided it."""
        return tuple(verdict.replace(explanation=self._explanation(verdict)) for verdict in verdicts)

    def _explanation(self, verdict: Verdict) -> Explanation | None:
        if verdict.reply is None and verdict.status in _WITHOUT_REPLY:
            said = [item for item in self.refused if item.heard.stage == verdict.phase.value]
        else:
            said = [item for item in self.refused if item.heard.reply == verdict.reply]
        there = [item for item in said if item.heard.server == verdict.host]
        return next((item.explanation for item in (*there, *said)), None)

    def _follow(self) -> Heard | None:
        """The place of the latest event, from all that came before it."""
        from smtpscope.reading.jsonl import EventFollower

        self._follower = self._follower or EventFollower()
        heard = None
        for event in self._events:
            heard = self._follower.take(event)
        self._events.clear()
        return heard


def _is_refusal(event: Event) -> bool:
    return isinstance(event, Received | Unsolicited) and event.reply.kind in (0, 4, 5)


def _is_break(event: Event) -> bool:
    """Whether the conversation may have broken off here."""
    match event:
        case TimedOut() | Failed(kind="reset" | "timeout") | Disconnected(by="peer"):
            return event.phase in _MIDDLE
    return False


def _is_insecure(event: Event) -> bool:
    """Whether TLS failed, is not to be had, or proves nothing."""
    match event:
        case Unsecured() | Failed(kind="tls") | Noted(topic="tls-not-announced"):
            return True
        case Secured(problem=problem):
            return bool(problem)
    return False
