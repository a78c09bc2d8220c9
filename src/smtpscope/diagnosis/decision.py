"""Explains a decision of this client not to log in.

The reply after such a decision (501 to the ``*`` that cancels a login) explains nothing.
"""

from __future__ import annotations

from smtpscope.model.event import GaveUp
from smtpscope.model.vocabulary import Reason
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.model.event import Event
    from smtpscope.model.explanation import Explanation

_CAUSES: dict[Reason, str] = {
    Reason.AUTH_IN_CLEAR: "login.unencrypted",
    Reason.AUTH_NOT_ANNOUNCED: "login.not-offered",
    Reason.AUTH_NOT_OFFERED: "login.not-offered",
    Reason.AUTH_ABORTED: "login.unproven",
    Reason.AUTH_UNPROVEN: "login.unproven",
}


def explain_decision(event: Event) -> Explanation | None:
    """Why this client gave up; None for any other event."""
    if not isinstance(event, GaveUp) or event.why not in _CAUSES:
        return None
    evidence = tuple(f"{name}={text}" for name, text in event.details if text)
    from smtpscope.knowledge.catalogue import find_cause

    return find_cause(_CAUSES[event.why]).replace(rule=f"decision.{event.why}", evidence=evidence)
