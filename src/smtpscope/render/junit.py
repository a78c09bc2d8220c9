"""A JUnit report: a suite for each server and a case for each command, so that a CI shows which step failed."""

from __future__ import annotations

from smtpscope.diagnosis.interpret import Interpreter
from smtpscope.model.event import Expected, Received
from smtpscope.model.report import Status
from smtpscope.render.explanation import explanation_lines, one_line
from smtpscope.render.front import LIBRARY, in_its_language
from smtpscope.render.notes import difference_lines
from smtpscope.render.report import conclusion, summary
from smtpscope.render.timestamp import timestamp
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    from smtpscope.model.event import Event
    from smtpscope.model.report import Report, ServerReport
    from smtpscope.render.front import Front


@in_its_language
def junit(report: Report, title: str, front: Front = LIBRARY) -> str:
    """The report as XML text with the name ``title``. A failure has the cause and the next step."""
    from xml.etree.ElementTree import Element, tostring

    root = Element("testsuites", name=_clean(title))
    for server in report.servers:
        root.append(_suite(server, front))
    if report.status is Status.OTHER_SERVER or not report.servers:  # no suite above has this failure
        failure = summary(report) if report.servers else report.status.value
        root.append(_element("all servers", [_Case("result", "result", 0.0, failure)]))
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


class _Case(Value):
    """One test case. ``failure`` is empty if it passed; ``details`` explains it in several lines."""

    classname: str
    name: str
    seconds: float
    failure: str
    details: str = ""


def _suite(server: ServerReport, front: Front) -> Element:
    """The cases of a session, and a last case for its result. A failure is counted once, as the result."""
    cases = _expectation_cases(server.events) or _reply_cases(server, front)
    failure = "" if server.status is Status.OK else conclusion(server)
    cases.append(_Case("result", "result", 0.0, failure, _details(server, front)))
    suite = _element(server.host or "server", cases)
    suite.set("hostname", _clean(server.host))
    if server.events:
        suite.set("timestamp", timestamp(server.events[0].at))
    return suite


def _element(name: str, cases: Sequence[_Case]) -> Element:
    """The element ``testsuite`` of ``cases``."""
    from xml.etree.ElementTree import Element, SubElement

    suite = Element("testsuite", name=_clean(name))
    for case in cases:
        attributes = {"classname": case.classname, "name": _clean(case.name), "time": f"{case.seconds:.3f}"}
        element = SubElement(suite, "testcase", attributes)
        if case.failure:
            details = "\n".join(map(_clean, case.details.split("\n")))
            SubElement(element, "failure", message=_clean(case.failure)).text = details or None
    suite.set("tests", str(len(cases)))
    suite.set("failures", str(sum(bool(case.failure) for case in cases)))
    return suite


def _details(server: ServerReport, front: Front) -> str:
    """The diagnosis in lines; without one, the explanation in one line."""
    if server.diagnosis is None:
        return _clean(one_line(server.explanation, front)) if server.explanation else ""
    from smtpscope.render.diagnosis import diagnosis_lines
    from smtpscope.render.palette import PLAIN

    return "\n".join(_clean(line) for line in diagnosis_lines(server.diagnosis, PLAIN, front=front))


def _reply_cases(server: ServerReport, front: Front) -> list[_Case]:
    """A case for each reply. A rejection fails it, unless the session succeeded or the result is about that reply."""
    interpreter, cases = Interpreter(), []
    deciding = server.events[server.outcome.event] if server.outcome.event is not None else None
    for event in server.events:
        explained = interpreter.take(event)
        if not isinstance(event, Received):
            continue
        failure = details = ""
        if explained:
            details = "\n".join(_clean(line) for line in explanation_lines(explained.explanation, front=front))
        if server.status is not Status.OK and event.reply.kind not in (2, 3) and event is not deciding:
            failure = f"{event.reply.code} {event.reply.lines[-1]}"
            failure += f" -- {one_line(explained.explanation, front)}" if explained else ""
        cases.append(_Case(event.phase.value, event.command or "banner", event.elapsed, failure, details))
    return cases


def _expectation_cases(events: Sequence[Event]) -> list[_Case]:
    """A case for each expectation of a script. Empty if the session was not one of a script."""
    return [
        _Case(
            "script",
            f"line {event.line}: {event.expected}",
            0.0,
            "" if event.met else " / ".join(difference_lines(event)),
        )
        for event in events
        if isinstance(event, Expected)
    ]


def _clean(text: str) -> str:
    """``text`` without the characters that XML 1.0 does not allow."""
    from smtpscope.render.visible import visible

    return visible(text).replace("\ufffe", "").replace("\uffff", "")
