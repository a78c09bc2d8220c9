"""Where no server answered: what Telnet, swaks, curl or a log say of a connection that failed, in their own words.

It is a symptom. What tells the causes apart must be asked, so the next step is a command that asks it.
"""

from __future__ import annotations

from smtpscope.language import _
from smtpscope.model.vocabulary import FailureKind
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.knowledge.entry import Explanation
    from smtpscope.model.conversation import Exchange

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


def judge_failure(heard: Exchange, found: Explanation) -> Explanation | None:
    """What a failed connection may be, and the command that finds out; None where a server did answer."""
    if heard.failure not in _SIGNS or heard.stage not in ("resolve", "connect", "banner"):
        return None
    from smtpscope.knowledge.catalogue import explain_cause
    from smtpscope.language import current

    cause, others = _SIGNS[heard.failure]
    known = explain_cause(cause, current())
    ask = _("Ask what tells the causes apart: {command}").format(
        command=f"smtpscope test {heard.target or _('SERVER')} --to {_('ADDRESS')} --stop-after rcpt"
    )
    told = known.replace(
        rule="context.no-answer",
        steps=(("you", ask), *known.steps),
        evidence=(f"failure={heard.failure}",),
        alternatives=others,
    )
    return told if len(others) < 4 else _open(told)


def _open(told: Explanation) -> Explanation:
    """All causes are as likely as before: each in a sentence, and nothing to do but to ask."""
    from smtpscope.knowledge.catalogue import explain_cause
    from smtpscope.language import current

    return told.replace(
        meaning=_("The connection failed, and these words do not tell why."),
        causes=tuple(explain_cause(name, current()).meaning for name in (told.cause, *told.alternatives)),
        steps=told.steps[:1],
        actor="you",
        retry="after-fix",
    )
