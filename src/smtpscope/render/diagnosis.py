"""The diagnosis: its probes as they are asked, then the ranked causes, in lines and as a mapping for JSON."""

from __future__ import annotations

from smtpscope.language import N_, _, current, fill
from smtpscope.render.explanation import COLUMNS
from smtpscope.render.facts import fact_text
from smtpscope.render.front import LIBRARY, in_its_language
from smtpscope.render.steps import actor_text, step_lines, step_record
from smtpscope.render.wrap import wrap
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from smtpscope.model.diagnosis import Cause, Diagnosis
    from smtpscope.model.event import Diagnosing, NotProbed, Probed, Probing
    from smtpscope.model.explanation import Explanation
    from smtpscope.model.finding import Fact
    from smtpscope.render.front import Front
    from smtpscope.render.palette import Palette

# What each probe does, for its announcement.
PROBES: dict[str, str] = {
    "local": N_("this machine's route to the address"),
    "names": N_("DNS: addresses, PTR, MX"),
    "spelling": N_("DNS: similar names"),
    "view": N_("DNS: what the server can see of this client"),
    "again": N_("same port again, with ICMP messages"),
    "ports": N_("other ports of the host"),
    "tls": N_("TLS ClientHello to the unresponsive port"),
    "words": N_("line of text to the unresponsive port"),
    "mx": N_("other mail servers of the domain"),
    "control": N_("reference hosts, to see what this network lets out"),
    "recipients": N_("RCPT TO for a random recipient and postmaster (no mail is sent)"),
}

_COSTS = {"quiet": N_("passive"), "loud": N_("a few packets"), "intrusive": N_("intrusive")}

# Why a probe was not asked, and the field that a front end names behind it.
WHY: dict[str, tuple[str, str]] = {
    "level": (N_("not allowed"), "probes.level"),
    "loopback": (N_("the target is this machine"), ""),
    "no-recipient": (N_("no recipient domain"), "envelope.recipients"),
    "no-address": (N_("no address to probe"), ""),
    "no-control": (N_("no reference host given"), "probes.controls"),
    "deadline": (N_("no response in time"), ""),
}

_OUTCOMES: dict[str, str] = {
    "found": N_("found"),
    "none": N_("none exists"),
    "no-such-name": N_("does not exist"),
    "no-record": N_("exists, without such a record"),
    "null-mx": N_("accepts no mail (null MX, RFC 7505)"),
    "no-answer": N_("no response"),
    "no-name": N_("the name has no address"),
    "greets": N_("replies"),
    "accepts": N_("accepts, then sends nothing"),
    "closes": N_("accepts, then closes"),
    "resets": N_("accepts, then resets"),
    "refused": N_("refused"),
    "silent": N_("no response"),
    "unreachable": N_("unreachable"),
    "denied": N_("blocked by this machine"),
    "reset": N_("reset"),
    "failed": N_("failed"),
    "secured": N_("TLS"),
    "no-tls": N_("no TLS"),
    "asked": N_("probed"),
    "made-here": N_("this machine"),
    "from-outside": N_("a host outside this network"),
}

_SHOWN = ("source", "version", "alpn", "said", "random", "postmaster")


@in_its_language
def begin_text(event: Diagnosing, front: Front = LIBRARY) -> str:
    """What is about to happen."""
    if event.level == "none":
        return _aside(_("probes are turned off"), front.setting("probes.level", "none"))
    setting = front.setting("probes.level", "none")
    if setting:
        text = N_("probing to find the cause: at most 3 s per probe, no mail is sent ({setting} skips this)")
        return fill(text, setting=setting)
    return _("probing to find the cause: at most 3 s per probe, no mail is sent")


def _aside(text: str, more: str) -> str:
    """``text``, and in brackets what is to be known beside it, where there is anything."""
    return fill("{text} ({more})", text=text, more=more) if more else text


def probing_text(event: Probing) -> str:
    """The announcement of a probe."""
    what, cost = _(PROBES.get(event.probe, event.probe)), _(_COSTS.get(event.cost, event.cost))
    names = list(dict.fromkeys(event.targets))
    targets = ", ".join(names[:4])
    if len(names) > 4:
        targets = fill("{targets} and {number} more", targets=targets, number=len(names) - 4)
    return fill("{what} ({cost}): {targets}", what=what, cost=cost, targets=targets)


def probed_text(event: Probed) -> str:
    """What a question brought."""
    details = dict(event.details)
    kinds = {"address": "A/AAAA", "mx": "MX", "ptr": "PTR", "tls": "TLS", "words": "QUIT"}
    kinds["inside"] = _("rejected by")
    kinds |= {"route": _("local address towards"), "spelling": _("similar to"), "rcpt": "RCPT"}
    head = " ".join(word for word in (kinds.get(event.kind, ""), event.target) if word)
    outcome = _(_OUTCOMES.get(event.outcome, event.outcome))
    more = [", ".join(event.found)] if event.found else []
    more += [details[name] for name in _SHOWN if details.get(name)]
    if details.get("icmp"):
        more.append(_("ICMP {message} from {by}").format(message=details["icmp"].partition(":")[2], by=details["by"]))
    if details.get("here"):
        more.append(_("this machine blocked it"))
    if event.outcome == "found" and more:
        return f"{head}: {', '.join(more)}"
    return f"{head}: {outcome}" + (f": {', '.join(more)}" if more else "")


@in_its_language
def not_probed_text(event: NotProbed, front: Front = LIBRARY) -> str:
    """What was not asked, and why."""
    what = _(PROBES.get(event.probe, event.probe))
    return fill("skipped: {what} ({why})", what=what, why=reason(event.why, front))


@in_its_language
def reason(why: str, front: Front = LIBRARY) -> str:
    """Why a probe was not asked."""
    text, field = WHY.get(why, (why, ""))
    return _aside(_(text), front.setting(field) if field else "")


def summary(diagnosis: Diagnosis) -> str:
    """One sentence for the whole."""
    if not diagnosis.causes:
        return _("no evidence found; the cause is unknown")
    if diagnosis.decides:
        return _("the evidence fits more than one cause")
    return _known(diagnosis.causes[0]).meaning


def _known(cause: Cause) -> Explanation:
    """What the catalogue knows of the cause, in the language in use."""
    from smtpscope.knowledge.catalogue import explain_cause

    return explain_cause(cause.id, current())


@in_its_language
def diagnosis_lines(
    diagnosis: Diagnosis,
    palette: Palette,
    ascii_only: bool = False,
    columns: int = COLUMNS,
    front: Front = LIBRARY,
) -> Iterator[str]:
    """The causes, likeliest first, with the evidence; then the findings, what was not asked, and what would decide."""
    p = palette
    if not diagnosis.causes and (diagnosis.not_asked or not diagnosis.findings):
        yield f"  {p.warn}{summary(diagnosis)}{p.reset}"
    for place, cause in enumerate(diagnosis.causes, 1):
        yield from _cause_lines(place, cause, p, ascii_only, columns)
        yield from step_lines(N_("Next ({actor}): {step}"), cause.next, "     ", p, ascii_only, columns, front)
    for found in diagnosis.findings:
        yield from wrap(fact_text(found), columns, "    ", "  ")
    if diagnosis.decides:
        yield from step_lines(
            N_("To be sure ({actor}): {step}"), diagnosis.decides, "  ", p, ascii_only, columns, front
        )
    if diagnosis.not_asked:
        yield from _dim(wrap(_("skipped: {what}").format(what=_not_asked(diagnosis, front)), columns, "    ", "  "), p)


def _cause_lines(place: int, cause: Cause, palette: Palette, ascii_only: bool, columns: int) -> Iterator[str]:
    """The cause, what speaks for and against it, and how the likeliest is mended."""
    p, known = palette, _known(cause)
    yes, no = ("+", "-") if ascii_only else ("✓", "✗")
    head = p.head if place == 1 else ""
    yield f"  {head}{place}. {known.meaning}{p.reset if head else ''}  {p.dim}{cause.id}{p.reset}"
    for mark, style, facts in ((yes, p.good, cause.evidence), (no, p.bad, cause.against)):
        for found in facts:
            first, *rest = wrap(fact_text(found), columns - 2, "       ", "")
            yield f"     {style}{mark}{p.reset} {first}"
            yield from rest
    for actor, step in known.steps[:1] if place == 1 else ():
        said = fill("{actor}: {step}", actor=actor_text(actor), step=step)
        yield from wrap(said, columns, "       ", "     ")


def _dim(lines: Iterable[str], palette: Palette) -> Iterator[str]:
    return (f"{palette.dim}{line}{palette.reset}" for line in lines)


def _not_asked(diagnosis: Diagnosis, front: Front) -> str:
    """``names, ports (why); control (why)``."""
    by_why: dict[str, list[str]] = {}
    for probe, why in diagnosis.not_asked:
        by_why.setdefault(why, []).append(probe)
    said = ((", ".join(dict.fromkeys(probes)), reason(why, front)) for why, probes in by_why.items())
    return "; ".join(_aside(probes, why) for probes, why in said)


@in_its_language
def diagnosis_record(diagnosis: Diagnosis, front: Front = LIBRARY) -> Mapping[str, object]:
    """The diagnosis for JSON."""
    return {
        "summary": summary(diagnosis),
        "causes": [_cause(place, cause, front) for place, cause in enumerate(diagnosis.causes, 1)],
        "findings": [_fact(found) for found in diagnosis.findings],
        "not_asked": [{"probe": probe, "why": why} for probe, why in diagnosis.not_asked],
        "decides": step_record(diagnosis.decides, front) if diagnosis.decides else None,
    }


def _cause(place: int, cause: Cause, front: Front) -> Mapping[str, object]:
    known = _known(cause)
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
        "next": step_record(cause.next, front),
    }


def _fact(found: Fact) -> Mapping[str, object]:
    return {"fact": found.id, "text": fact_text(found), "details": dict(found.details)}
