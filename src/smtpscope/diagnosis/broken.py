"""Explains a session that was aborted: no reply in time, a lost connection, a peer that does not speak SMTP."""

from __future__ import annotations

from smtpscope.model.finding import Action, Actor, NextStep
from smtpscope.model.vocabulary import FailureKind
from smtpscope.protocol.phase import STAGES
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.model.conversation import Exchange
    from smtpscope.model.explanation import Explanation

# The steps behind the banner, by stage. Before it, the connection itself is in question (connection.py).
STEPS = STAGES[STAGES.index("ehlo") : STAGES.index("quit")]

# What happened instead of a reply -> the kind of break.
_KINDS = {
    FailureKind.TIMEOUT: "timeout",
    FailureKind.RESET: "reset",
    FailureKind.OTHER: "reset",
    "closed": "reset",
}


def judge_break(exchange: Exchange, found: Explanation) -> Explanation | None:
    """What it means that the session ended at this step without a reply; None if there was a reply."""
    kind = _KINDS.get(exchange.failure, "")
    if not kind or exchange.stage not in STEPS:
        return None
    from smtpscope.knowledge.catalogue import find_cause

    known = find_cause(f"network.{kind}")
    rule = f"context.{'no-answer-in-time' if kind == 'timeout' else 'connection-lost'}"
    in_message = exchange.stage == "end-of-data"
    return known.replace(
        retry="later",
        rule=rule,
        message=rule + _MESSAGES.get(exchange.stage, ""),
        details=(("stage", exchange.stage),),
        advice=(NextStep(Action.CHECK_LOG, Actor.THEIR_ADMIN),),
        references=(*known.references, *(("RFC 1047",) if in_message else ())),
        evidence=(
            f"failure={exchange.failure}",
            *((f"text={exchange.words}",) if exchange.words else ()),
            f"stage={exchange.stage}",
        ),
    )


# Special messages: a break at DATA, and a break after the message, when it is not known whether it was accepted.
_MESSAGES = {"data": ".data", "end-of-data": ".message"}


def judge_speech(exchange: Exchange, found: Explanation) -> Explanation | None:
    """What it means that the peer sent something other than an SMTP reply."""
    if exchange.reply.code or not exchange.reply.defects:
        return None
    from smtpscope.diagnosis.service import identify_service
    from smtpscope.knowledge.catalogue import find_cause

    spoken = identify_service(exchange.reply.raw)
    return find_cause("network.not-smtp").replace(
        rule="context.not-smtp",
        evidence=(f"text={exchange.reply.lines[0][:60]}", *((f"speaks={spoken}",) if spoken else ())),
        alternatives=("connection.wrong-port",),
    )
