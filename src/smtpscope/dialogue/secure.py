"""STARTTLS (RFC 3207): when it is asked for, and what follows from the answer."""

from __future__ import annotations

from smtpscope.dialogue.plan import IMPLICIT, NEVER, REQUIRE
from smtpscope.dialogue.step import Note, Send, StartTls
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import Reply
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

    from smtpscope.dialogue.plan import Plan, Tls
    from smtpscope.dialogue.step import Answer, Step
    from smtpscope.protocol.capability import Capabilities


def start_tls(tls: Tls, enforced: bool) -> Generator[Step, Answer, Answer]:
    """STARTTLS and the handshake. Secured where it succeeded; else the refusal, Silence or Closed.

    Behind it, everything that the server said before is forgotten: EHLO comes anew (RFC 3207 section 4.2).
    """
    answer = yield Send(b"STARTTLS", Phase.STARTTLS)
    if isinstance(answer, Reply) and answer.kind == 2:
        return (yield StartTls(tls, enforced))
    return answer


def secure(plan: Plan, announced: Capabilities) -> Generator[Step, Answer, Answer | None]:
    """TLS as ``plan`` wants it. None: the conversation goes on as it stands; Secured: it begins anew, encrypted.

    Anything else ends it: the reply that refused what was required (QUIT can be said), Closed, Silence.
    """
    if plan.tls.mode in (NEVER, IMPLICIT):
        return None
    if not announced.has("STARTTLS"):
        if plan.tls.mode != REQUIRE and plan.stop_after != "starttls":  # a test up to STARTTLS is a test of it
            return None
        yield Note(Phase.STARTTLS, "tls-not-announced")
        return Reply(0)
    answer = yield from start_tls(plan.tls, plan.enforces_certificate)
    if isinstance(answer, Reply) and plan.tls.mode != REQUIRE and answer.code != 421:
        yield Note(Phase.STARTTLS, "tls-refused")
        return None
    return answer
