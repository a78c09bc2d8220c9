"""Where no server answered: what Telnet, swaks, curl or a log say of a connection that failed, in their own words.

It is a symptom. What tells the causes apart must be asked, so the next step is a command that asks it.
"""

from __future__ import annotations

from smtpscope.model.finding import Action, NextStep
from smtpscope.model.vocabulary import FailureKind
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.model.conversation import Exchange
    from smtpscope.model.explanation import Explanation

# What came in place of a reply -> the cause that it is, with those that may stand behind it.
_SIGNS: dict[str, tuple[str, tuple[str, ...]]] = {
    FailureKind.DNS: ("connection.wrong-name", ()),
    FailureKind.REFUSED: (
        "network.refused",
        ("connection.service-down", "connection.wrong-port", "connection.target-filter"),
    ),
    FailureKind.TIMEOUT: (
        "network.timeout",
        ("connection.target-filter", "connection.source-filter", "connection.host-unreachable"),
    ),
    FailureKind.UNREACHABLE: ("network.unreachable", ("connection.host-unreachable",)),
    FailureKind.DENIED: ("connection.source-filter", ()),
    FailureKind.RESET: ("network.reset", ("connection.restricted",)),
    "closed": ("network.reset", ("connection.restricted",)),
    FailureKind.OTHER: (  # the Telnet of Windows says the same whatever happened
        "connection.service-down",
        ("connection.target-filter", "connection.source-filter", "connection.wrong-name", "connection.wrong-port"),
    ),
}


def judge_failure(exchange: Exchange, found: Explanation) -> Explanation | None:
    """What a failed connection may be, and the command that finds out; None where a server did answer."""
    if exchange.failure not in _SIGNS or exchange.stage not in ("resolve", "connect", "banner"):
        return None
    from smtpscope.knowledge.catalogue import find_cause

    cause, others = _SIGNS[exchange.failure]
    ask = NextStep(Action.FIND_CAUSE, settings=(("envelope.recipients", "ADDRESS"), ("plan.stop_after", "rcpt")))
    told = find_cause(cause).replace(
        rule="context.no-answer",
        advice=(ask,),
        evidence=(f"failure={exchange.failure}",),
        alternatives=others,
    )
    # With so many, all are as likely as before: there is nothing to do but to ask.
    return told if len(others) < 4 else told.replace(message=ANY_CAUSE, actor="you", retry="after-fix")


ANY_CAUSE = "context.no-answer.any-cause"
"""The message where every cause is as likely as before; its causes are the cause and the alternatives."""
