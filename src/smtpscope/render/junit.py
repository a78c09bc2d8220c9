"""A JUnit report: one suite a server, one case a command, so that a CI shows which step failed."""

from __future__ import annotations

from smtpscope.diagnosis.verdict import Status, judge
from smtpscope.events import Done, Received
from smtpscope.protocol.phase import Phase
from smtpscope.render.verdict import sentence
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from xml.etree.ElementTree import Element

    from smtpscope.diagnosis.verdict import Verdict
    from smtpscope.events import Event

_GOOD = {Phase.DATA: 3}


def junit(events: Sequence[Event], title: str) -> str:
    """The report as XML text. ``title`` names the whole."""
    from xml.etree.ElementTree import Element, tostring

    root = Element("testsuites", name=_clean(title))
    for verdict, part in zip(judge(events), _parts(events), strict=False):
        root.append(_suite(verdict, part))
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _suite(verdict: Verdict, events: Iterable[Event]) -> Element:
    from xml.etree.ElementTree import Element, SubElement

    suite = Element("testsuite", name=_clean(verdict.host or "server"))
    failures = 0
    for event in events:
        if not isinstance(event, Received):
            continue
        name = event.command or "greeting"
        case = SubElement(
            suite, "testcase", classname=event.phase.value, name=_clean(name), time=f"{event.elapsed:.3f}"
        )
        if event.reply.kind != _GOOD.get(event.phase, 2):
            failures += 1
            SubElement(case, "failure", message=_clean(f"{event.reply.code} {event.reply.lines[-1]}"))
    case = SubElement(suite, "testcase", classname="verdict", name="verdict")
    if verdict.status is not Status.OK:
        failures += 1
        SubElement(case, "failure", message=_clean(sentence(verdict)))
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(failures))
    return suite


def _parts(events: Sequence[Event]) -> list[list[Event]]:
    """The events of each server."""
    parts: list[list[Event]] = [[]]
    for event in events:
        parts[-1].append(event)
        if isinstance(event, Done):
            parts.append([])
    return parts


def _clean(text: str) -> str:
    """``text`` without what XML 1.0 cannot hold."""
    from smtpscope.render.visible import visible

    return visible(text).replace("\ufffe", "").replace("\uffff", "")
