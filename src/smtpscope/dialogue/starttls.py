"""STARTTLS (RFC 3207): when it is sent, and what follows from the reply."""

from __future__ import annotations

from smtpscope.dialogue.plan import IMPLICIT, NEVER
from smtpscope.dialogue.step import Send, StartTls, Tell, note
from smtpscope.model.event import GaveUp
from smtpscope.model.vocabulary import Reason, Topic
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import Reply
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

    from smtpscope.dialogue.plan import Plan, Tls
    from smtpscope.dialogue.step import Answer, Step
    from smtpscope.protocol.capability import Capabilities


def start_tls(tls: Tls, enforced: bool) -> Generator[Step, Answer, Answer]:
    """STARTTLS and the handshake. Returns Secured if it succeeded; else the rejection, Silence, or Closed.

    After it, the caller must send EHLO again: extensions advertised before TLS no longer count (RFC 3207 section 4.2).
    """
    answer = yield Send(b"STARTTLS")
    if isinstance(answer, Reply) and answer.code == 220:
        return (yield StartTls(tls, enforced))
    return answer


def switch_to_tls(plan: Plan, announced: Capabilities) -> Generator[Step, Answer, Answer | None]:
    """Switch to TLS as planned. Returns None if the session continues unencrypted, Secured if it starts again with TLS.

    Anything else ends the session: the rejection of TLS that is required (QUIT can be sent), Closed, or Silence.
    """
    if plan.tls.mode in (NEVER, IMPLICIT):
        return None
    if not announced.has("STARTTLS"):
        if not plan.wants_tls:
            return None
        yield Tell(GaveUp(0.0, Phase.STARTTLS, Reason.TLS_NOT_ANNOUNCED))
        return Reply(0)
    answer = yield from start_tls(plan.tls, plan.enforces_certificate)
    if isinstance(answer, Reply) and answer.kind in (4, 5) and not plan.wants_tls and answer.code != 421:
        yield note(Phase.STARTTLS, Topic.TLS_REFUSED)
        return None
    return answer
