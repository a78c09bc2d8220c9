"""A JUnit report: one suite a server, one case a command, so that a CI shows which step failed."""

from __future__ import annotations

from smtpscope.diagnosis.interpret import Interpreter
from smtpscope.model.event import Expected, Received
from smtpscope.model.report import Status
from smtpscope.render.explanation import explanation_lines, one_line
from smtpscope.render.front import LIBRARY, in_its_language
from smtpscope.render.notes import difference_lines
from smtpscope.render.report import conclusion
from smtpscope.render.timestamp import timestamp
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    from smtpscope.diagnosis.interpret import Explained
    from smtpscope.model.event import Event
    from smtpscope.model.report import Report, ServerReport
    from smtpscope.render.front import Front


@in_its_language
def junit(report: Report, title: str, front: Front = LIBRARY) -> str:
    """The report as XML text. ``title`` names the whole. A failure says the cause and the next step."""
    from xml.etree.ElementTree import Element, tostring

    root = Element("testsuites", name=_clean(title))
    for server in report.servers:
        root.append(_suite(server, front))
    if report.status is Status.OTHER_SERVER or not report.servers:
        root.append(_whole(report))
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


class _Case(Value):
    """One test case; ``failure`` is empty where it went well, ``details`` say more about it."""

    classname: str
    name: str
    seconds: float
    failure: str
    details: str = ""


def _suite(server: ServerReport, front: Front) -> Element:
    """The steps with their times, then the result; a fault is counted once, where the result is."""
    interpreter = Interpreter()
    told = [(event, interpreter.take(event)) for event in server.events]
    wrong = "" if server.status is Status.OK else conclusion(server)
    cases = [
        *(_expectations(server.events) or _replies(server, told, front)),
        _Case("result", "result", 0.0, wrong, _details(server, front)),
    ]
    suite = _element(server.host or "server", cases)
    suite.set("hostname", _clean(server.host))
    if server.events:
        suite.set("timestamp", timestamp(server.events[0].at))
    return suite


def _whole(report: Report) -> Element:
    """Where one server did what was asked and another one failed: the result of the whole."""
    from smtpscope.render.report import summary

    return _element(
        "all servers", [_Case("result", "result", 0.0, summary(report) if report.servers else report.status.value)]
    )


def _element(name: str, cases: Sequence[_Case]) -> Element:
    from xml.etree.ElementTree import Element, SubElement

    suite = Element("testsuite", name=_clean(name))
    for case in cases:
        named = {"classname": case.classname, "name": _clean(case.name), "time": f"{case.seconds:.3f}"}
        element = SubElement(suite, "testcase", named)
        if case.failure:
            details = "\n".join(map(_clean, case.details.split("\n")))
            SubElement(element, "failure", message=_clean(case.failure)).text = details or None
    suite.set("tests", str(len(cases)))
    suite.set("failures", str(sum(bool(case.failure) for case in cases)))
    return suite


def _refusal(event: Received, said: Explained | None, front: Front) -> str:
    """The reply, its cause and the next step."""
    reply = f"{event.reply.code} {event.reply.lines[-1]}"
    return f"{reply} -- {one_line(said.explanation, front)}" if said else reply


def _details(server: ServerReport, front: Front) -> str:
    """The diagnosis, line by line."""
    if server.diagnosis is None:
        return _clean(one_line(server.explanation, front)) if server.explanation else ""
    from smtpscope.render.diagnosis import diagnosis_lines
    from smtpscope.render.palette import PLAIN

    return "\n".join(_clean(line) for line in diagnosis_lines(server.diagnosis, PLAIN, front=front))


def _replies(server: ServerReport, told: Sequence[tuple[Event, Explained | None]], front: Front) -> list[_Case]:
    """A case for each reply. It fails where it rejects, unless nothing failed or the result says the same already."""
    fine = server.status is Status.OK
    deciding = server.events[server.outcome.event] if server.outcome.event is not None else None
    return [
        _Case(
            event.phase.value,
            event.command or "banner",
            event.elapsed,
            "" if fine or event.reply.kind in (2, 3) or event is deciding else _refusal(event, said, front),
            "\n".join(_clean(line) for line in explanation_lines(said.explanation, front=front)) if said else "",
        )
        for event, said in told
        if isinstance(event, Received)
    ]


def _expectations(events: Sequence[Event]) -> list[_Case]:
    """A case for each expectation of a script, where the session was one."""
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
    """``text`` without what XML 1.0 cannot hold."""
    from smtpscope.render.visible import visible

    return visible(text).replace("\ufffe", "").replace("\uffff", "")
