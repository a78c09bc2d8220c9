"""Evidence in, ranked causes out."""

from __future__ import annotations

import pytest

from situations import ADDRESS, AGAIN, ALIVE, HOST, OPEN, SITUATIONS, failure, port
from smtpscope.diagnosis.advice import Evidence
from smtpscope.diagnosis.connection import CAUSES, WEIGHTS, diagnose, is_open, rank
from smtpscope.diagnosis.evidence import find_facts
from smtpscope.diagnosis.failure import Failure
from smtpscope.knowledge.catalogue import explain_cause
from smtpscope.model.diagnosis import Cause, Diagnosis
from smtpscope.model.event import Connecting, Diagnosing, Failed, NotProbed, Probed
from smtpscope.model.finding import Action, Fact
from smtpscope.protocol.phase import Phase
from smtpscope.render.diagnosis import summary
from smtpscope.render.facts import FACTS, ICMP, fact_text
from smtpscope.render.steps import step_text


@pytest.mark.parametrize(
    ("seen", "answers", "expected", "undecided"), [row[1:] for row in SITUATIONS], ids=[row[0] for row in SITUATIONS]
)
def test_ranking(seen: Failure, answers: list[Probed], expected: list[str], undecided: bool) -> None:
    found = ranked(seen, answers)
    assert [cause.id.removeprefix("connection.") for cause in found] == expected
    assert is_open(found) == undecided
    for cause in found:
        assert cause.evidence, "a cause without evidence does not stand"
        assert step_text(cause.next)
        assert all(fact_text(fact) for fact in (*cause.evidence, *cause.against))


def ranked(seen: Failure, answers: list[Probed]) -> tuple[Cause, ...]:
    return rank(Evidence(seen, find_facts(seen, answers), tuple(answers)))


def test_two_filters_stand_where_no_control_host_answers() -> None:
    assert is_open(ranked(failure("silent"), ALIVE))
    assert not is_open(ranked(failure("silent"), [*ALIVE, *OPEN]))


def test_every_weight_is_of_a_fact_and_a_cause_that_exist() -> None:
    for name, weights in WEIGHTS.items():
        assert name in FACTS
        assert set(weights) <= set(CAUSES)


def test_every_cause_is_in_the_catalogue() -> None:
    for cause in CAUSES:
        for language in ("en", "zh"):
            assert explain_cause(cause, language).meaning


def test_what_was_not_asked_is_listed() -> None:
    events = [
        Connecting(0.0, HOST, ADDRESS, 25),
        Failed(9.0, Phase.CONNECT, "timeout", AGAIN, "silence"),
        Diagnosing(9.0, "silent", HOST, ADDRESS, 25, "none"),
        NotProbed(9.0, "ports", "level"),
    ]
    found = diagnose(events)
    assert found.not_asked == (("ports", "level"),)
    assert found.decides is not None
    assert (found.decides.action, found.decides.settings) == (
        Action.REFERENCE_HOST,
        (("probes.controls", "HOST:25"),),
    )


def test_no_diagnosis_where_nobody_asked_for_one() -> None:
    events = [Connecting(0.0, HOST, ADDRESS, 25), Failed(9.0, Phase.CONNECT, "timeout", AGAIN, "silence")]
    assert diagnose(events) is None


def test_no_evidence_is_a_verdict_too() -> None:
    assert "no evidence" in summary(Diagnosis())


def test_a_fact_fills_its_sentence() -> None:
    assert fact_text(Fact("near-name", (("near", HOST),))).endswith(HOST)


def test_the_machine_that_refuses_and_its_message_are_ids() -> None:
    seen = failure("silent")
    (near,) = [
        fact
        for fact in find_facts(seen, [port("again", AGAIN, "silent", neighbour="none")])
        if "by" in dict(fact.details)
    ]
    (prohibited,) = [
        fact
        for fact in find_facts(seen, [port("again", AGAIN, "unreachable", icmp="4:3/13", by=ADDRESS)])
        if fact.id.startswith("prohibited")
    ]
    assert dict(near.details)["by"] == ""
    assert "this machine" in fact_text(near)
    assert dict(prohibited.details)["icmp"] == "4:3/13"
    assert fact_text(prohibited).endswith(ICMP["4:3/13"])
