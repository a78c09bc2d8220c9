"""What a dialogue tells the reader of the session, in one word each."""

from __future__ import annotations

from smtpscope.dialogue.step import Tell
from smtpscope.model.event import Expected, GaveUp, LoggedIn, Noted, Stopped


def told(step: Tell) -> str:
    """The topic of a note; the reason of a decision; what else is told by a name of its own."""
    match step.event:
        case Noted(topic=topic):
            return topic.value
        case GaveUp(why=why):
            return why.value
        case Stopped():
            return "stopped"
        case LoggedIn():
            return "logged-in"
        case Expected(met=met):
            return "met" if met else "differs"
    raise AssertionError(step)
