"""The JSON Lines of smtpscope: a transcript, or the output of ``test --json``."""

from __future__ import annotations

from smtpscope.model.conversation import Fold
from smtpscope.model.transcript import read_events
from smtpscope.reading.reading import Reading
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def read_jsonl(lines: Sequence[str]) -> Reading:
    """The events of a transcript, and the exchanges in them. Lines without an event are left out."""
    fold = Fold()
    events, found = [], []
    for number, event in read_events(lines):
        events.append(event)
        item = fold.take(event, number)
        if item:
            found.append(item)
    return Reading("", tuple(found), 0, tuple(events))
