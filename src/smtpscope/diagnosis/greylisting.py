"""Greylisting: a refusal for now that a second try after a delay overcomes. How long, and was it that?"""

from __future__ import annotations

from smtpscope.model.event import Noted, Received
from smtpscope.model.vocabulary import Topic
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smtpscope.model.event import Event

# Seconds where the reply names none: what greylisting programs use most.
GREYLIST = 300.0
MOST = 3600.0

# "try again in 5 minutes", "retry after 300 seconds", "greylisted for 00:04:59"
_DELAY = r"(?i)\b(?:in|after|for|wait)\s+(?:(\d{1,4}):(\d\d):(\d\d)|(\d{1,9})\s*(s|sec|seconds?|m|min|minutes?)\b)"


def named_delay(text: str) -> float:
    """The delay that a reply names, in seconds, with a second on top and at most an hour; 0 where it names none."""
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
    """``greylisted`` (refused for now, then accepted), ``still-refused``, or empty: there was no second try."""
    places = [place for place, event in enumerate(events) if isinstance(event, Noted) and event.topic is Topic.RETRY]
    if not places:
        return ""
    behind = events[places[-1] :]
    replies = [event for event in behind if isinstance(event, Received)]
    refused = any(event.reply.kind in (4, 5) for event in replies) or not replies
    return "still-refused" if refused else "greylisted"
