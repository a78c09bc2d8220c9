"""Finds positive replies that do not fit their command: the client continues only with the correct code.

Source: RFC 5321 section 4.3.2.
"""

from __future__ import annotations

from smtpscope.diagnosis.proof import OWNED, codes_of
from smtpscope.protocol.command import VERBS
from smtpscope.protocol.phase import Phase
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.model.conversation import Exchange
    from smtpscope.model.explanation import Explanation
    from smtpscope.protocol.reply import Reply

# The phases with replies.
_ANSWERED = (
    *(Phase.BANNER, Phase.EHLO, Phase.STARTTLS, Phase.XCLIENT, Phase.AUTH, Phase.MAIL, Phase.RCPT, Phase.DATA),
    *(Phase.END_OF_DATA, Phase.QUIT),
)

_PHASES = {"": Phase.OTHER, **{phase.value: phase for phase in Phase}}


def is_wrong_code(phase: Phase, reply: Reply) -> bool:
    """Whether ``reply`` is a 2yz or 3yz that a command of ``phase`` must not get, so that the result is not known."""
    if reply.kind not in (2, 3):
        return False
    if phase is Phase.OTHER:
        return reply.kind == 3 or reply.code in OWNED
    return phase in _ANSWERED and reply.code not in codes_of(phase)


def went_well(exchange: Exchange) -> bool:
    """Whether the command was accepted, or the client may continue."""
    return exchange.reply.kind in (2, 3) and not _is_wrong_code(exchange)


def _is_wrong_code(exchange: Exchange) -> bool:
    """As ``is_wrong_code``. If the command is not known, every code may be correct."""
    known = exchange.command or exchange.stage == Phase.BANNER
    return bool(known) and is_wrong_code(_phase(exchange), exchange.reply)


def _phase(exchange: Exchange) -> Phase:
    """The phase of ``exchange``; CLOSED, in which any code may be correct, if it is not known."""
    return _PHASES.get(exchange.stage, Phase.CLOSED)


def explain_wrong_code(exchange: Exchange, found: Explanation) -> Explanation | None:
    """What a positive reply means if it does not fit the command, or to a chunk that is not the last one; else None."""
    if exchange.reply.kind not in (2, 3):
        return None
    verb = exchange.command.partition(" ")[0].upper()
    if _is_wrong_code(exchange):
        ends = exchange.reply.code == 221
        return _ends_session(exchange, found, verb) if ends else _wrong_code(exchange, found, verb)
    if verb != "BDAT" or exchange.reply.kind != 2 or exchange.command.upper().endswith(" LAST"):
        return None
    from smtpscope.model.finding import Action, NextStep

    return found.replace(  # the message is not accepted before the last chunk (RFC 3030 section 2)
        cause="ok.accepted",
        rule="context.chunk",
        advice=(NextStep(Action.NEXT_CHUNK),),
        references=("RFC 3030 section 2",),
    )


def _ends_session(exchange: Exchange, found: Explanation, verb: str) -> Explanation:
    """221 instead of the expected reply: some servers end a session in this way after a command they do not accept."""
    unknown = _phase(exchange) is Phase.OTHER and verb not in VERBS
    return _misfit(found, "protocol.unknown-command" if unknown else "server.wrong-reply").replace(
        rule="context.session-ended", details=(("verb", verb),)
    )


def _wrong_code(exchange: Exchange, found: Explanation, verb: str) -> Explanation:
    """Another wrong code; with the expected codes."""
    phase = _phase(exchange)
    expected = "2yz" if phase is Phase.OTHER else ", ".join(map(str, codes_of(phase)))
    return _misfit(found, "server.wrong-reply").replace(
        rule="context.wrong-reply",
        details=(("verb", verb), ("code", str(exchange.reply.code)), ("expected", expected)),
        evidence=(*found.evidence, f"expected={expected}"),
    )


def _misfit(found: Explanation, cause: str) -> Explanation:
    """The catalogue's explanation of ``cause``, with the evidence of ``found``."""
    from smtpscope.knowledge.catalogue import find_cause

    return find_cause(cause).replace(evidence=found.evidence)
