"""Where no server answered: what Telnet, swaks, curl or a log say of a connection that failed, in their own words.

Such words name a symptom. What tells the causes apart must be asked, so the next step is a command that asks it.
"""

from __future__ import annotations

from smtpscope.language import _
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.knowledge.entry import Explanation
    from smtpscope.reading.heard import Heard

# Words, in lower case, and the cause that they name with those that may stand behind it. The first that fits counts.
_NAME = ("name or service not known", "nodename nor servname", "could not resolve", "unknown host", "name resolution")
_SIGNS: tuple[tuple[tuple[str, ...], str, tuple[str, ...]], ...] = (
    (_NAME, "connection.wrong-name", ()),
    (
        ("connection refused", "actively refused", "winsock error code: 10061"),
        "network.refused",
        ("connection.service-down", "connection.wrong-port", "connection.target-filter"),
    ),
    (
        ("timed out", "timeout", "winsock error code: 10060"),
        "network.timeout",
        ("connection.target-filter", "connection.source-filter", "connection.host-unreachable"),
    ),
    (("no route to host", "unreachable"), "network.unreachable", ("connection.host-unreachable",)),
    (
        (
            "closed by foreign host",
            "connection reset",
            "host lost",
            "closed connection",
            "connection closed",
            "遗失",
            "失去",
        ),
        "network.reset",
        ("connection.restricted",),
    ),
    (  # the Telnet of Windows says the same whatever happened
        ("connect failed", "could not open connection", "unable to connect", "连接失败"),
        "connection.service-down",
        ("connection.target-filter", "connection.source-filter", "connection.wrong-name", "connection.wrong-port"),
    ),
)


def judge_failure(heard: Heard, found: Explanation) -> Explanation | None:
    """What a failed connection may be, and the command that finds out; None where a server did answer."""
    if heard.reply.code or heard.reply.enhanced or heard.stage not in ("resolve", "connect", "banner"):
        return None
    text = heard.reply.text.lower()
    sign = next((row for row in _SIGNS if any(word in text for word in row[0])), None)
    if sign is None:
        return None
    from smtpscope.knowledge.catalogue import explain_cause
    from smtpscope.language import current

    words, cause, others = sign
    known = explain_cause(cause, current())
    matched = next(word for word in words if word in text)
    ask = _("Ask what tells the causes apart: {command}").format(
        command=f"smtpscope test {heard.target or _('SERVER')} --to {_('ADDRESS')} --stop-after rcpt"
    )
    told = known.replace(
        rule="context.no-answer",
        steps=(("you", ask), *known.steps),
        evidence=(f"text={matched}",),
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
