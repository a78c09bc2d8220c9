"""Greylisting: the server rejects a message temporarily, and accepts a retry after a delay."""

from __future__ import annotations

from smtpscope.model.event import Noted, Received
from smtpscope.model.vocabulary import Topic
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smtpscope.model.event import Event

# Delay in seconds if the reply names none (the usual default of greylisting), and the longest delay that is used.
GREYLIST = 300.0
MOST = 3600.0

# "try again in 5 minutes", "retry after 300 seconds", "greylisted for 00:04:59"
_DELAY = r"(?i)\b(?:in|after|for|wait)\s+(?:(\d{1,4}):(\d\d):(\d\d)|(\d{1,9})\s*(s|sec|seconds?|m|min|minutes?)\b)"


def named_delay(text: str) -> float:
    """The delay in the text of a reply, in seconds: one second more than named, at most MOST; 0 if it names none."""
    import re

    found = re.search(_DELAY, text)
    if not found:
        return 0.0
    hours, minutes, seconds, number, unit = found.groups()
    if number is None:
        wait = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    else:
        wait = int(number) * (60 if unit.lower().startswith("m") else 1)
    return min(wait + 1.0, MOST)


def second_try(events: Sequence[Event]) -> str:
    """``greylisted`` (rejected temporarily, then accepted), ``still-refused``, or empty if there was no retry."""
    places = [place for place, event in enumerate(events) if isinstance(event, Noted) and event.topic is Topic.RETRY]
    if not places:
        return ""
    replies = [event for event in events[places[-1] :] if isinstance(event, Received)]
    refused = any(event.reply.kind in (4, 5) for event in replies) or not replies
    return "still-refused" if refused else "greylisted"
