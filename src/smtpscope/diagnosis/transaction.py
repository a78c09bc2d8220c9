"""A session cut into its mail transactions: each from MAIL to the next MAIL that begins one (RFC 5321 section 3.3)."""

from __future__ import annotations

from itertools import pairwise

from smtpscope.model.event import Received, Secured, Sent
from smtpscope.protocol.tracking import MESSAGE, State, move
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smtpscope.model.event import Event

_OPEN = (State.SENDER, State.RECIPIENT, State.MESSAGE)


class Cutter:
    """Takes the events of a session in order, and says which of them begins a transaction."""

    def __init__(self) -> None:
        self._state = State.GREETING

    def begins(self, event: Event) -> bool:
        """Whether ``event`` begins one: MAIL, where none is open."""
        if isinstance(event, Secured):
            self._state = State.HELLO
        elif isinstance(event, Received) and not event.early:
            self._state = move(self._state, MESSAGE if event.last else event.verb, event.reply.code)
        return isinstance(event, Sent) and event.verb == "MAIL" and self._state not in _OPEN


def find_transactions(events: Sequence[Event]) -> list[tuple[int, int]]:
    """Where each transaction begins, and where the next one does, or the session ends."""
    cutter = Cutter()
    starts = [place for place, event in enumerate(events) if cutter.begins(event)]
    return list(pairwise([*starts, len(events)]))
