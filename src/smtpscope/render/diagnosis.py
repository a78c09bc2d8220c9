"""The diagnosis: its probes as they are asked, then the ranked causes, in lines and as a mapping for JSON."""

from __future__ import annotations

from smtpscope.language import N_, _
from smtpscope.render.explanation import COLUMNS, actor_text
from smtpscope.render.visible import visible
from smtpscope.render.wrap import wrap
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from smtpscope.diagnosis.cause import Cause, Diagnosis, Fact
    from smtpscope.model.event import Diagnosing, NotProbed, Probed, Probing
    from smtpscope.render.palette import Palette

# What each probe does, for its announcement.
PROBES: dict[str, str] = {
    "local": N_("this machine's route to the address"),
    "names": N_("DNS: addresses, PTR, MX"),
    "spelling": N_("DNS: names that are spelled almost the same"),
    "view": N_("DNS: what the server can see of us"),
    "again": N_("the same port once more, with the ICMP messages"),
    "ports": N_("other ports of the host"),
    "tls": N_("a TLS ClientHello to the silent port"),
    "words": N_("a line of text to the silent port"),
    "mx": N_("other mail servers of the domain"),
    "control": N_("other hosts, to see what leaves this network"),
    "recipients": N_("a random recipient and postmaster, without mail"),
}

_COSTS = {"quiet": N_("quiet"), "loud": N_("a few packets"), "intrusive": N_("intrusive")}

WHY: dict[str, str] = {
    "level": N_("not allowed by --probes"),
    "loopback": N_("the target is this machine itself"),
    "no-recipient": N_("no recipient (--to) names a domain"),
    "no-address": N_("there is no address to ask"),
    "no-control": N_("no control host is named (--control)"),
    "deadline": N_("no answer in time"),
}

_OUTCOMES: dict[str, str] = {
    "found": N_("found"),
    "none": N_("none exists"),
    "no-such-name": N_("does not exist"),
    "no-record": N_("exists, without such a record"),
    "null-mx": N_("takes no mail (null MX, RFC 7505)"),
    "no-answer": N_("no answer"),
    "no-name": N_("the name has no address"),
    "greets": N_("says"),
    "accepts": N_("accepts, says nothing"),
    "closes": N_("accepts and closes"),
    "resets": N_("accepts and resets"),
    "refused": N_("refused"),
    "silent": N_("silent"),
    "unreachable": N_("unreachable"),
    "denied": N_("denied by this machine"),
    "reset": N_("reset"),
    "failed": N_("failed"),
    "secured": N_("TLS"),
    "no-tls": N_("no TLS"),
    "asked": N_("asked"),
    "made-here": N_("this machine itself"),
    "from-outside": N_("somebody outside"),
}

_SHOWN = ("source", "version", "alpn", "said", "random", "postmaster")


def begin_text(event: Diagnosing) -> str:
    """What is about to happen."""
    if event.level == "none":
        return _("no probes are asked (--probes none)")
    return _("asking what tells the causes apart, at most 3 s each; no mail is sent (--no-probes asks nothing)")


def probing_text(event: Probing) -> str:
    """The announcement of a probe."""
    what, cost = _(PROBES.get(event.probe, event.probe)), _(_COSTS.get(event.cost, event.cost))
    names = list(dict.fromkeys(event.targets))
    targets = ", ".join(names[:4])
    if len(names) > 4:
        targets += _(" and {number} more").format(number=len(names) - 4)
    return f"{what} ({cost}): {targets}"


def probed_text(event: Probed) -> str:
    """What a question brought."""
    details = dict(event.details)
    kinds = {"address": "A/AAAA", "mx": "MX", "ptr": "PTR", "tls": "TLS", "words": "QUIT"}
    kinds["inside"] = _("who refuses")
    kinds |= {"route": _("our address towards"), "spelling": _("spelled like"), "rcpt": "RCPT"}
    head = " ".join(word for word in (kinds.get(event.kind, ""), event.target) if word)
    outcome = _(_OUTCOMES.get(event.outcome, event.outcome))
    more = [", ".join(event.found)] if event.found else []
    more += [details[name] for name in _SHOWN if details.get(name)]
    if details.get("icmp"):
        more.append(_("ICMP {message} from {by}").format(message=details["icmp"].partition(":")[2], by=details["by"]))
    if details.get("here"):
        more.append(_("this machine failed to send"))
    if event.outcome == "found" and more:
        return f"{head}: {', '.join(more)}"
    return f"{head}: {outcome}" + (f": {', '.join(more)}" if more else "")


def not_probed_text(event: NotProbed) -> str:
    """What was not asked, and why."""
    return _("not asked: {what}: {why}").format(what=_(PROBES.get(event.probe, event.probe)), why=reason(event.why))


def reason(why: str) -> str:
    """Why a probe was not asked."""
    return _(WHY.get(why, why))


def diagnosis_lines(
    diagnosis: Diagnosis, palette: Palette, ascii_only: bool = False, columns: int = COLUMNS
) -> Iterator[str]:
    """The causes, likeliest first, with the evidence; then the findings, what was not asked, and what would decide."""
    p = palette
    if not diagnosis.causes and (diagnosis.not_asked or not diagnosis.findings):
        yield f"  {p.warn}{diagnosis.summary}{p.reset}"
    for place, cause in enumerate(diagnosis.causes, 1):
        yield from _cause_lines(place, cause, p, ascii_only, columns)
    for found in diagnosis.findings:
        yield from wrap(visible(found.text), columns, "    ", "  ")
    if diagnosis.decides:
        yield from wrap(_("what would decide: {what}").format(what=visible(diagnosis.decides)), columns, "    ", "  ")
    if diagnosis.not_asked:
        yield from _dim(wrap(_("not asked: {what}").format(what=_not_asked(diagnosis)), columns, "    ", "  "), p)


def _cause_lines(place: int, cause: Cause, palette: Palette, ascii_only: bool, columns: int) -> Iterator[str]:
    """The cause, what speaks for and against it, and what to do: in words for the likeliest, as a command for all."""
    p, known = palette, cause.explanation
    yes, no, arrow = ("+", "-", ">") if ascii_only else ("✓", "✗", "→")
    head = p.head if place == 1 else ""
    yield f"  {head}{place}. {known.meaning}{p.reset if head else ''}  {p.dim}{cause.id}{p.reset}"
    for mark, style, facts in ((yes, p.good, cause.evidence), (no, p.bad, cause.against)):
        for found in facts:
            first, *rest = wrap(visible(found.text), columns - 2, "       ", "")
            yield f"     {style}{mark}{p.reset} {first}"
            yield from rest
    for actor, step in known.steps[:1] if place == 1 else ():
        yield from wrap(f"{actor_text(actor)}: {step}", columns, "       ", "     ")
    if cause.next:
        yield f"     {p.sent}{arrow} {visible(cause.next)}{p.reset}"


def _dim(lines: Iterable[str], palette: Palette) -> Iterator[str]:
    return (f"{palette.dim}{line}{palette.reset}" for line in lines)


def _not_asked(diagnosis: Diagnosis) -> str:
    """``names, ports (why); control (why)``."""
    by_why: dict[str, list[str]] = {}
    for probe, why in diagnosis.not_asked:
        by_why.setdefault(why, []).append(probe)
    return "; ".join(f"{', '.join(dict.fromkeys(probes))} ({reason(why)})" for why, probes in by_why.items())


def diagnosis_record(diagnosis: Diagnosis) -> Mapping[str, object]:
    """The diagnosis for JSON."""
    return {
        "summary": diagnosis.summary,
        "causes": [_cause(place, cause) for place, cause in enumerate(diagnosis.causes, 1)],
        "findings": [_fact(found) for found in diagnosis.findings],
        "not_asked": [{"probe": probe, "why": why} for probe, why in diagnosis.not_asked],
        "decides": diagnosis.decides,
    }


def _cause(place: int, cause: Cause) -> Mapping[str, object]:
    known = cause.explanation
    return {
        "id": cause.id,
        "rank": place,
        "weight": cause.weight,
        "meaning": known.meaning,
        "actor": known.actor,
        "retry": known.retry,
        "steps": [{"actor": actor, "step": step} for actor, step in known.steps],
        "for": [_fact(found) for found in cause.evidence],
        "against": [_fact(found) for found in cause.against],
        "next": cause.next,
    }


def _fact(found: Fact) -> Mapping[str, object]:
    return {"fact": found.name, "text": visible(found.text), "details": dict(found.details)}
