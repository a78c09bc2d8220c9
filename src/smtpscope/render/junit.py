"""A JUnit report: one suite a server, one case a command, so that a CI shows which step failed."""

from __future__ import annotations

from smtpscope.diagnosis.interpret import Interpreter
from smtpscope.diagnosis.verdict import Status, judge
from smtpscope.events import Done, Noted, Received
from smtpscope.protocol.phase import Phase
from smtpscope.render.explanation import explanation_lines, one_line
from smtpscope.render.notes import difference_lines
from smtpscope.render.verdict import conclusion
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    from smtpscope.diagnosis.interpret import Explained
    from smtpscope.diagnosis.verdict import Verdict
    from smtpscope.events import Event

_GOOD = {Phase.DATA: 3}


def junit(events: Sequence[Event], title: str) -> str:
    """The report as XML text. ``title`` names the whole. A failure says the cause and the next step."""
    from xml.etree.ElementTree import Element, tostring

    root = Element("testsuites", name=_clean(title))
    interpreter = Interpreter()
    parts = [[(event, interpreter.take(event)) for event in part] for part in _parts(events)]
    for verdict, part in zip(interpreter.explain(judge(events)), parts, strict=False):
        root.append(_suite(verdict, part))
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


class _Case(Value):
    """One test case; ``failure`` is empty where it went well, ``details`` say more about it."""

    classname: str
    name: str
    seconds: float
    failure: str
    details: str = ""


def _suite(verdict: Verdict, told: Sequence[tuple[Event, Explained | None]]) -> Element:
    from xml.etree.ElementTree import Element, SubElement

    suite = Element("testsuite", name=_clean(verdict.host or "server"))
    wrong = "" if verdict.status is Status.OK else conclusion(verdict)
    cases = [
        *(_expectations([event for event, _said in told]) or _replies(told)),
        _Case("verdict", "verdict", 0.0, wrong, _details(verdict)),
    ]
    for case in cases:
        named = {"classname": case.classname, "name": _clean(case.name), "time": f"{case.seconds:.3f}"}
        element = SubElement(suite, "testcase", named)
        if case.failure:
            details = "\n".join(map(_clean, case.details.split("\n")))
            SubElement(element, "failure", message=_clean(case.failure)).text = details or None
    suite.set("tests", str(len(cases)))
    suite.set("failures", str(sum(bool(case.failure) for case in cases)))
    return suite


def _refusal(event: Received, said: Explained | None) -> str:
    """The reply, its cause and the next step."""
    reply = f"{event.reply.code} {event.reply.lines[-1]}"
    return f"{reply} -- {one_line(said.explanation)}" if said else reply


def _details(verdict: Verdict) -> str:
    """The diagnosis, line by line."""
    if verdict.diagnosis is None:
        return _clean(one_line(verdict.explanation)) if verdict.explanation else ""
    from smtpscope.render.diagnosis import diagnosis_lines
    from smtpscope.render.palette import PLAIN

    return "\n".join(_clean(line) for line in diagnosis_lines(verdict.diagnosis, PLAIN))


def _replies(told: Sequence[tuple[Event, Explained | None]]) -> list[_Case]:
    """A case for each reply: it fails where it refuses."""
    return [
        _Case(
            event.phase.value,
            event.command or "greeting",
            event.elapsed,
            "" if event.reply.kind == _GOOD.get(event.phase, 2) else _refusal(event, said),
            "\n".join(_clean(line) for line in explanation_lines(said.explanation)) if said else "",
        )
        for event, said in told
        if isinstance(event, Received)
    ]


def _expectations(events: Sequence[Event]) -> list[_Case]:
    """A case for each expectation of a script, where the conversation was one."""
    notes = [dict(event.details) | {"topic": event.topic} for event in events if isinstance(event, Noted)]
    return [
        _Case(
            "script",
            f"line {note['line']}: {note['expected']}",
            0.0,
            "" if note["topic"] == "met" else " / ".join(difference_lines(note)),
        )
        for note in notes
        if note["topic"] in ("met", "differs")
    ]


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
