"""Explains a connection that failed, as reported by Telnet, swaks, curl, or a log.

The report is only a symptom. Probes are needed to find the cause, so the next step is a test that runs them.
"""

from __future__ import annotations

from smtpscope.model.finding import Action, NextStep
from smtpscope.model.vocabulary import FailureKind
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.model.conversation import Exchange
    from smtpscope.model.explanation import Explanation

# What happened instead of a reply -> the cause for this symptom, and further possible causes.
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
    FailureKind.OTHER: (  # Telnet on Windows reports every failure with the same text
        "connection.service-down",
        ("connection.target-filter", "connection.source-filter", "connection.wrong-name", "connection.wrong-port"),
    ),
}


def judge_failure(exchange: Exchange, found: Explanation) -> Explanation | None:
    """The possible causes of a failed connection, and the test that finds the cause; None if the server replied."""
    if exchange.failure not in _SIGNS or exchange.stage not in ("resolve", "connect", "banner"):
        return None
    from smtpscope.knowledge.catalogue import find_cause

    cause, others = _SIGNS[exchange.failure]
    test = NextStep(Action.FIND_CAUSE, settings=(("envelope.recipients", "ADDRESS"), ("plan.stop_after", "rcpt")))
    known = find_cause(cause).replace(
        rule="context.no-answer",
        advice=(test,),
        evidence=(f"failure={exchange.failure}",),
        alternatives=others,
    )
    # With four or more other causes, the symptom excludes nothing: only the test helps.
    return known if len(others) < 4 else known.replace(message=ANY_CAUSE, actor="you", retry="after-fix")


ANY_CAUSE = "context.no-answer.any-cause"
"""The message if the symptom excludes no cause. Its causes are the cause and the alternatives."""
