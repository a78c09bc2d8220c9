"""Violations of SMTP in a session, which invalidate proofs: the meaning of the replies is no longer certain."""

from __future__ import annotations

from smtpscope.diagnosis.proof import GO_ON, goes_on
from smtpscope.model.event import GaveUp, Injected, Noted, Received, Unsolicited
from smtpscope.model.report import Outcome, Status
from smtpscope.model.vocabulary import Reason, Topic
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import Defect
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smtpscope.model.event import Event


def find_violation(events: Sequence[Event]) -> Outcome | None:
    """The first violation, after which the meaning of the replies is not certain; None if there is none."""
    for place, event in enumerate(events):
        why = _violation(event)
        if why:
            reply = event.reply if isinstance(event, Received | Unsolicited) else None
            phase = event.phase if isinstance(event, Received | Unsolicited | Noted | GaveUp) else Phase.STARTTLS
            return Outcome(Status.PROTOCOL, None, phase, reply, place, why)
    return None


def _violation(event: Event) -> str:
    """How ``event`` violates SMTP; empty if it does not.

    surplus-replies   more replies than commands: any reply may belong to another command; 421 is allowed at any time
    shifted-replies   QUIT was rejected: most likely, that is the reply to an earlier command
    mixed-codes       the lines of one reply have different codes
    unexpected-code   neither a code with which the client continues, nor a rejection (RFC 5321 section 4.3.2)
    reply-flood       a reply, or a series of replies, without an end
    injected          unencrypted bytes before the TLS handshake (RFC 3207 section 5)
    """
    match event:
        case Unsolicited(reply=reply) if reply.code != 421:
            return "surplus-replies"
        case GaveUp(why=Reason.REPLY_FLOOD):
            return Reason.REPLY_FLOOD
        case Noted(topic=Topic.UNASKED):
            return "surplus-replies"
        case Injected():
            return "injected"
        case Received(reply=reply) if Defect.MIXED_CODES in reply.defects:
            return "mixed-codes"
        case Received(phase=Phase.QUIT, reply=reply):
            fits = (reply.kind == 2 or reply.code == 421) and reply.is_sound
            return "" if fits else "shifted-replies"
        case Received(phase=phase, reply=reply) if phase in GO_ON:
            return "" if reply.kind in (4, 5) or goes_on(phase, reply) else "unexpected-code"
    return ""
