"""Ask the questions of all probes at the same time, and report the answers.

Each question has a thread, because lookups and TLS block, and a time limit; all together have one too.
"""

from __future__ import annotations

from smtpscope.model.event import NotProbed, Probed, Probing
from smtpscope.model.trouble import NotAsked, ProbeKind, ProbeOutcome
from smtpscope.net.probing.answer import answer
from smtpscope.net.signals import INTERRUPTIBLE
from smtpscope.probes.question import BOUND, allowed
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from queue import SimpleQueue

    from smtpscope.dialogue.plan import Target
    from smtpscope.model.event import Event
    from smtpscope.net.clock import Clock
    from smtpscope.probes.question import Probe, Question, Situation

# Seconds for all probes together: enough for three questions that depend on one another.
WHOLE = 10.0


class ProbeRun(Value):
    """The probes in order, the level that they may have, the situation, and the target's settings."""

    probes: Sequence[Probe]
    level: str
    situation: Situation
    target: Target


def run_probes(run: ProbeRun, clock: Clock) -> Iterator[Event]:
    """Announce and ask every question. Yields Probing, Probed and NotProbed events; ends within WHOLE seconds."""
    from queue import Empty, SimpleQueue

    chosen = []
    for probe in run.probes:
        why = _why_not(probe, run)
        if not why:
            chosen.append(probe)
        elif why != "not-useful":
            yield NotProbed(clock.now(), probe.name, NotAsked(why))
    answers: list[Probed] = []
    asked: set[Question] = set()
    arrived: SimpleQueue[tuple[Question, Probed]] = SimpleQueue()
    end = clock.monotonic() + WHOLE
    while True:
        for probe, questions in _new(chosen, run.situation, answers, asked):
            yield Probing(clock.now(), probe.name, probe.cost, tuple(question.target for question in questions))
            _start(questions, run.target, arrived, clock)
            asked.update(questions)
        if len(answers) == len(asked):
            return
        try:
            with INTERRUPTIBLE:
                _, result = arrived.get(timeout=max(end - clock.monotonic(), 0.001))
        except Empty:
            yield from _unanswered(asked, answers, clock)
            return
        answers.append(result)
        yield result


def has_questions(probes: Sequence[Probe], situation: Situation, level: str) -> bool:
    """Whether any of the probes has a question and is allowed to ask it."""
    return any(not probe.applies(situation) and allowed(probe.cost, level) for probe in probes)


def _why_not(probe: Probe, run: ProbeRun) -> str:
    why = probe.applies(run.situation)
    if not why and not allowed(probe.cost, run.level):
        return "level"
    return why


def _new(
    probes: Sequence[Probe], situation: Situation, answers: Sequence[Probed], asked: set[Question]
) -> list[tuple[Probe, list[Question]]]:
    """The questions that are new since the last answer, by probe."""
    found = [
        (probe, [question for question in dict.fromkeys(probe.questions(situation, answers)) if question not in asked])
        for probe in probes
    ]
    return [(probe, questions) for probe, questions in found if questions]


def _start(
    questions: Sequence[Question], target: Target, arrived: SimpleQueue[tuple[Question, Probed]], clock: Clock
) -> None:
    import threading

    for question in questions:
        arguments = (question, target, arrived, clock)
        threading.Thread(target=_ask, args=arguments, daemon=True, name=f"probe {question.target}").start()


def _ask(question: Question, target: Target, arrived: SimpleQueue[tuple[Question, Probed]], clock: Clock) -> None:
    begun = clock.monotonic()
    outcome, details = answer(question, target, BOUND)
    details = {**details, **({"port": str(question.port)} if question.port else {}), "role": question.role}
    kept = tuple((name, value) for name, value in details.items() if isinstance(value, str) and value)
    found = next((value for value in details.values() if isinstance(value, tuple)), ())
    kind, came, elapsed = ProbeKind(question.kind), ProbeOutcome(outcome), clock.monotonic() - begun
    result = Probed(clock.now(), question.probe, kind, question.target, came, kept, elapsed, found)
    arrived.put((question, result))


def _unanswered(asked: set[Question], answers: Sequence[Probed], clock: Clock) -> Iterator[Event]:
    """The probes without an answer in time."""
    back = {(answer.probe, answer.target) for answer in answers}
    late = {question.probe for question in asked if (question.probe, question.target) not in back}
    for name in sorted(late):
        yield NotProbed(clock.now(), name, NotAsked.DEADLINE)
