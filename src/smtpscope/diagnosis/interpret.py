"""Explanations beside a conversation as it goes: events in, an explanation for each refused step out."""

from __future__ import annotations

from smtpscope.diagnosis.verdict import Status
from smtpscope.events import Event, Failed, Noted, Received, Secured, Unsecured, Unsolicited
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from smtpscope.diagnosis.verdict import Verdict
    from smtpscope.knowledge.entry import Explanation
    from smtpscope.reading.heard import Heard
    from smtpscope.reading.jsonl import EventFollower


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

    def take(self, event: Event) -> Explained | None:
        """The explanation of ``event``, when it is a refusal."""
        self._events.append(event)
        if not _is_refusal(event) and not _is_insecure(event):
            return None
        heard = self._follow()
        if heard is None:
            return None
        self.refused.append(Explained(heard, self._explain(event, heard), event.at))
        return self.refused[-1]

    def _explain(self, event: Event, heard: Heard) -> Explanation:
        if _is_insecure(event):
            from smtpscope.diagnosis.tls import explain_event

            found = explain_event(event, heard.announced)
            if found:
                return found
        from smtpscope.diagnosis.context import explain_heard

        return explain_heard(heard, self._folders)

    def explain(self, verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
        """The verdicts, each with the explanation of the reply that decided it."""
        return tuple(verdict.replace(explanation=self._explanation(verdict)) for verdict in verdicts)

    def _explanation(self, verdict: Verdict) -> Explanation | None:
        if verdict.reply is None and verdict.status in (Status.TLS, Status.UNMET):
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
    return isinstance(event, Received | Unsolicited) and event.reply.kind in (4, 5)


def _is_insecure(event: Event) -> bool:
    """Whether TLS failed, is not to be had, or proves nothing."""
    match event:
        case Unsecured() | Failed(kind="tls") | Noted(topic="tls-not-announced"):
            return True
        case Secured(problem=problem):
            return bool(problem)
    return False
