"""Probes are announced, asked at the same time, and end in time."""

from __future__ import annotations

import time

import pytest

from smtpscope.dialogue.plan import Target
from smtpscope.model.event import NotProbed, Probed, Probing
from smtpscope.net.clock import Clock
from smtpscope.net.probing import runner
from smtpscope.net.probing.runner import ProbeRun, run_probes
from smtpscope.probes.question import Cost, Probe, Question, Situation

HERE = Situation("silent", "mail1.fabrikam.com", "203.0.113.10", 25)


def probe(name: str, *questions: Question, cost: Cost = Cost.LOUD, why: str = "") -> Probe:
    return Probe(name, cost, lambda situation, answers: questions, lambda situation: why)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """Seconds that each host takes to answer; nothing is sent."""
    delays: dict[str, float] = {}

    def answer(question: Question, target: Target, bound: float) -> tuple[str, dict[str, str]]:
        time.sleep(delays.get(question.host, 0.0))
        return "refused", {"reason": "said", "empty": ""}

    monkeypatch.setattr(runner, "answer", answer)
    return delays


def ask(*probes: Probe, level: str = "network") -> list[object]:
    return list(run_probes(ProbeRun(probes, level, HERE, Target()), Clock()))


def test_each_probe_is_announced_before_it_is_answered(answers) -> None:
    events = ask(probe("ports", Question("ports", "port", "a", 1), Question("ports", "port", "b", 2)))
    assert [type(event) for event in events] == [Probing, Probed, Probed]
    assert events[0].targets == ("a:1", "b:2")
    assert events[1].details == (("reason", "said"), ("port", "1" if events[1].target == "a:1" else "2"))


def test_what_the_level_does_not_allow_is_said(answers) -> None:
    events = ask(probe("ports", Question("ports", "port", "a", 1)), level="dns")
    assert [(event.probe, event.why) for event in events] == [("ports", "level")]


def test_what_does_not_apply_is_said_unless_it_is_of_no_use(answers) -> None:
    events = ask(probe("a", why="loopback"), probe("b", why="not-useful"))
    assert [(event.probe, event.why) for event in events] == [("a", "loopback")]


def test_the_same_question_is_not_asked_twice(answers) -> None:
    again = Question("ports", "port", "a", 1)
    assert len([event for event in ask(probe("ports", again, again)) if isinstance(event, Probed)]) == 1


def test_an_answer_leads_to_the_next_question(answers) -> None:
    def questions(situation: Situation, found: list[Probed]) -> list[Question]:
        first = [Question("mx", "mx", "fabrikam.com")]
        return [*first, Question("mx", "port", "mx.fabrikam.com", 25)] if found else first

    events = ask(Probe("mx", Cost.LOUD, questions, lambda situation: ""))
    assert [event.target for event in events if isinstance(event, Probed)] == ["fabrikam.com", "mx.fabrikam.com:25"]


def test_all_are_asked_at_the_same_time(answers) -> None:
    questions = [Question("ports", "port", f"host{number}", 1) for number in range(20)]
    answers.update({question.host: 0.5 for question in questions})
    begun = time.monotonic()
    assert len(ask(probe("ports", *questions))) == 21
    assert time.monotonic() - begun < 8.0


def test_the_whole_has_an_end(answers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "WHOLE", 0.3)
    answers["slow"] = 3.0
    events = ask(probe("ports", Question("ports", "port", "slow", 1)), probe("mx", Question("mx", "port", "quick", 1)))
    assert [(event.probe, event.why) for event in events if isinstance(event, NotProbed)] == [("ports", "deadline")]
    assert [event.probe for event in events if isinstance(event, Probed)] == ["mx"]
