"""Divides a session into transactions: each from MAIL to the MAIL that begins the next one (RFC 5321 section 3.3)."""

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
    """Takes the events of a session in order, and finds those that begin a transaction."""

    def __init__(self) -> None:
        self._state = State.GREETING

    def begins(self, event: Event) -> bool:
        """Whether ``event`` begins a transaction: MAIL, if no transaction is open."""
        if isinstance(event, Secured):
            self._state = State.HELLO
        elif isinstance(event, Received) and not event.early:
            self._state = move(self._state, MESSAGE if event.last else event.verb, event.reply.code)
        return isinstance(event, Sent) and event.verb == "MAIL" and self._state not in _OPEN


def find_transactions(events: Sequence[Event]) -> list[tuple[int, int]]:
    """(start, end) of each transaction: the index of its MAIL, and of the next one or the end of the session."""
    cutter = Cutter()
    starts = [place for place, event in enumerate(events) if cutter.begins(event)]
    return list(pairwise([*starts, len(events)]))
