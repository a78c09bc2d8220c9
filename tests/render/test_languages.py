"""One process speaks English and Chinese at once: in two threads, in two tasks, in two generators that take turns."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from itertools import zip_longest

import pytest

from smtpscope.diagnosis.interpret import Explained, Interpreter
from smtpscope.diagnosis.outcome import judge
from smtpscope.dialogue.message import Draft
from smtpscope.dialogue.plan import Envelope, Plan, Target
from smtpscope.lab.runner import lab_running
from smtpscope.language import current
from smtpscope.model.event import Event
from smtpscope.model.report import Report
from smtpscope.reading.read import read
from smtpscope.render.explanation import explanation_lines, one_line, record, short_lines
from smtpscope.render.front import Front
from smtpscope.render.junit import junit
from smtpscope.render.log import explanation_line, log_lines
from smtpscope.render.palette import PLAIN
from smtpscope.render.reading import reading_lines, result_lines
from smtpscope.render.report import report_lines, server_lines
from smtpscope.render.result import report_record
from smtpscope.render.text import TextView
from smtpscope.services.test import run_test

LANGUAGES = ("en", "zh")


class Session:
    """What is to be rendered: a rejected recipient, with its explanation and a finding; and a failed connection."""

    def __init__(self) -> None:
        with lab_running(scenario="user-unknown") as lab:
            envelope = Envelope("contoso.com", "chris@contoso.com", ("kate@fabrikam.com",))
            draft = Draft("chris@contoso.com", ("kate@fabrikam.com",), "s", "b", "date", "run", "contoso.com")
            self.events: list[Event] = list(run_test(Plan(Target("127.0.0.1", lab.port), envelope, draft)))
        self.events += list(run_test(Plan(Target("127.0.0.1", 1), envelope, draft)))
        interpreter = Interpreter()
        self.said = [said for event in self.events if (said := interpreter.take(event))]
        self.refused: Explained = interpreter.refused[0]
        self.report: Report = interpreter.explain(judge(self.events))
        text = "\n".join(line for event in self.events for line in log_lines(event))
        self.reading = read(text.encode())


@pytest.fixture(scope="module")
def session() -> Session:
    return Session()


def view(session: Session, language: str) -> Iterator[str]:
    shown = TextView(verbosity="verbose", front=Front(language))
    for event in session.events:
        yield from shown.lines(event)
    yield from shown.explanation(session.refused.explanation)
    yield from shown.explanation(session.refused.explanation)


def log(session: Session, language: str) -> Iterator[str]:
    for event in session.events:
        yield from log_lines(event, Front(language))
    yield explanation_line(session.refused, Front(language))


def explained(session: Session, language: str) -> Iterator[str]:
    front = Front(language)
    yield from explanation_lines(session.refused.explanation, front=front)
    yield from short_lines(session.refused.explanation, front=front)
    yield one_line(session.refused.explanation, front)
    yield str(record(session.refused.exchange, session.refused.explanation, front))


def reported(session: Session, language: str) -> Iterator[str]:
    yield from report_lines(session.report, 1, PLAIN, front=Front(language))
    yield str(report_record(session.report, 1, Front(language)))
    yield junit(session.report, "test", Front(language))


def told(session: Session, language: str) -> Iterator[str]:
    """Generators of render itself, taken one line at a time."""
    for server in session.report.servers:
        yield from server_lines(server, PLAIN, front=Front(language))
    yield from reading_lines(session.reading, iter(session.said), front=Front(language))
    yield from result_lines(session.report, front=Front(language))


RENDERINGS = (view, log, explained, reported, told)


@pytest.mark.parametrize("render", RENDERINGS)
def test_two_generators_take_turns(render: Callable[[Session, str], Iterator[str]], session: Session) -> None:
    alone = {language: list(render(session, language)) for language in LANGUAGES}
    assert alone["en"] != alone["zh"]
    assert any("\u4e00" <= sign <= "\u9fff" for line in alone["zh"] for sign in line)
    assert not any("\u4e00" <= sign <= "\u9fff" for line in alone["en"] for sign in line)
    together: dict[str, list[str]] = {language: [] for language in LANGUAGES}
    for pair in zip_longest(*(render(session, language) for language in LANGUAGES)):
        for language, line in zip(LANGUAGES, pair, strict=True):
            together[language] += [] if line is None else [line]
            assert current() == "en"  # between two lines, the caller's own is in use
    assert together == alone


@pytest.mark.parametrize("render", RENDERINGS)
def test_two_threads_at_once(render: Callable[[Session, str], Iterator[str]], session: Session) -> None:
    alone = {language: list(render(session, language)) for language in LANGUAGES}
    found: dict[str, list[list[str]]] = {language: [] for language in LANGUAGES}
    start = threading.Barrier(len(LANGUAGES))

    def work(language: str) -> None:
        start.wait(10)
        for _round in range(5):
            found[language].append(list(render(session, language)))

    threads = [threading.Thread(target=work, args=(language,)) for language in LANGUAGES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == {language: [alone[language]] * 5 for language in LANGUAGES}


def test_two_tasks_of_a_server(session: Session) -> None:
    async def serve(language: str) -> list[str]:
        lines = []
        for line in view(session, language):
            lines.append(line)
            await asyncio.sleep(0)
        return lines

    async def both() -> list[list[str]]:
        return list(await asyncio.gather(*(serve(language) for language in LANGUAGES)))

    assert asyncio.run(both()) == [list(view(session, language)) for language in LANGUAGES]
