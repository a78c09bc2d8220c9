"""Whether a positive reply fits the command: only the right code lets the client continue (RFC 5321 section 4.3.2)."""

from __future__ import annotations

from smtpscope.diagnosis.proof import OWNED, codes_of
from smtpscope.protocol.command import VERBS
from smtpscope.protocol.phase import Phase
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.model.conversation import Exchange
    from smtpscope.model.explanation import Explanation
    from smtpscope.protocol.reply import Reply

# The phases in which commands get replies.
_ANSWERED = (
    *(Phase.BANNER, Phase.EHLO, Phase.STARTTLS, Phase.XCLIENT, Phase.AUTH, Phase.MAIL, Phase.RCPT, Phase.DATA),
    *(Phase.END_OF_DATA, Phase.QUIT),
)


_PHASES = {"": Phase.OTHER, **{phase.value: phase for phase in Phase}}


def is_wrong_code(phase: Phase, reply: Reply) -> bool:
    """Whether a 2yz or 3yz is not one that a command of ``phase`` may get: it does not say that the command worked."""
    if reply.kind not in (2, 3):
        return False
    if phase is Phase.OTHER:
        return reply.kind == 3 or reply.code in OWNED
    return phase in _ANSWERED and reply.code not in codes_of(phase)


def went_well(exchange: Exchange) -> bool:
    """Whether the step that was answered is done, or may continue."""
    return exchange.reply.kind in (2, 3) and not _is_wrong_code(exchange)


def _is_wrong_code(exchange: Exchange) -> bool:
    """Where the command is not known, nothing says what would fit."""
    known = exchange.command or exchange.stage == Phase.BANNER
    return bool(known) and is_wrong_code(_phase(exchange), exchange.reply)


def _phase(exchange: Exchange) -> Phase:
    return _PHASES.get(exchange.stage, Phase.CLOSED)


def explain_wrong_code(exchange: Exchange, found: Explanation) -> Explanation | None:
    """What a positive reply means where it does not fit the command, or says less than its code alone would."""
    if exchange.reply.kind not in (2, 3):
        return None
    verb = exchange.command.partition(" ")[0].upper()
    if _is_wrong_code(exchange):
        return (
            _ends_session(exchange, found, verb) if exchange.reply.code == 221 else _wrong_code(exchange, found, verb)
        )
    if verb == "BDAT" and exchange.reply.kind == 2 and not exchange.command.upper().endswith(" LAST"):
        return _chunk(found)
    return None


def _ends_session(exchange: Exchange, found: Explanation, verb: str) -> Explanation:
    """221 in place of the reply: servers end a session so that sends what they do not accept."""
    unknown = _phase(exchange) is Phase.OTHER and verb not in VERBS
    return _misfit(found, "protocol.unknown-command" if unknown else "server.wrong-reply").replace(
        rule="context.session-ended", details=(("verb", verb),)
    )


def _wrong_code(exchange: Exchange, found: Explanation, verb: str) -> Explanation:
    phase = _phase(exchange)
    expected = "2yz" if phase is Phase.OTHER else ", ".join(map(str, codes_of(phase)))
    return _misfit(found, "server.wrong-reply").replace(
        rule="context.wrong-reply",
        details=(("verb", verb), ("code", str(exchange.reply.code)), ("expected", expected)),
        evidence=(*found.evidence, f"expected={expected}"),
    )


def _misfit(found: Explanation, cause: str) -> Explanation:
    from smtpscope.knowledge.catalogue import find_cause

    return find_cause(cause).replace(evidence=found.evidence)


def _chunk(found: Explanation) -> Explanation:
    """A chunk that is not the last one: the message is not accepted yet (RFC 3030 section 2)."""
    from smtpscope.model.finding import Action, NextStep

    return found.replace(
        cause="ok.accepted",
        rule="context.chunk",
        advice=(NextStep(Action.NEXT_CHUNK),),
        references=("RFC 3030 section 2",),
    )
