"""Ask a server about other recipients than the rejected one: EHLO, MAIL, RCPT for each, RSET, QUIT. No message."""

from __future__ import annotations

from smtpscope.dialogue.step import Send
from smtpscope.model.event import Received
from smtpscope.net.blocking import converse
from smtpscope.net.clock import Clock
from smtpscope.protocol.phase import TIMEOUTS, Phase
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.dialogue.plan import Target
    from smtpscope.dialogue.step import Dialogue
    from smtpscope.probes.question import Found, Question


def ask_recipients(question: Question, target: Target, bound: float) -> Found:
    """The code for each name; ``*`` in a name becomes random letters. The first two names are (EHLO name, sender)."""
    import os

    helo, sender, *wanted = question.names
    names = [name.replace("*", f"no-such-user-{os.urandom(5).hex()}") for name in wanted]
    limits = dict.fromkeys(TIMEOUTS, bound)
    session = converse(target, question.host, question.port, _dialogue(helo, sender, names), limits, Clock())
    replies = [event for event in session if isinstance(event, Received) and event.phase is Phase.RCPT]
    if not replies:
        return "no-answer", {}
    codes = [f"{event.reply.code:03d} {event.reply.lines[-1]}" for event in replies]
    return "asked", dict(zip(("random", "postmaster"), codes, strict=False))


def _dialogue(helo: str, sender: str, names: list[str]) -> Dialogue:
    from smtpscope.dialogue.step import Listen

    yield Listen()
    yield Send(f"EHLO {helo}".encode())
    yield Send(f"MAIL FROM:<{sender}>".encode())
    for name in names:
        yield Send(f"RCPT TO:<{name}>".encode())
    yield Send(b"RSET")
    yield Send(b"QUIT")
