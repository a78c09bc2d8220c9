"""Conversations that break off, played by the lab: what it means at each step."""

from __future__ import annotations

import pytest

from smtpscope.diagnosis.interpret import Explained, Interpreter
from smtpscope.diagnosis.outcome import judge
from smtpscope.dialogue.message import Draft
from smtpscope.dialogue.plan import Envelope, Plan, Target
from smtpscope.lab.runner import lab_running
from smtpscope.model.report import Status
from smtpscope.protocol.phase import TIMEOUTS
from smtpscope.render.explanation import meaning_text
from smtpscope.services.test import run_test


def played(scenario: str, limit: float = 30.0) -> tuple[list[Explained], Interpreter]:
    """Hold a whole conversation; what was explained."""
    interpreter = Interpreter()
    with lab_running(scenario=scenario) as lab:
        plan = Plan(
            target=Target("127.0.0.1", lab.port),
            envelope=Envelope("contoso.com", "chris@contoso.com", ("kate@fabrikam.com",)),
            draft=Draft("chris@contoso.com", ("kate@fabrikam.com",), "s", "b", "date", "run", "contoso.com"),
            timeouts=dict.fromkeys(TIMEOUTS, limit),
        )
        events = list(run_test(plan))
    for event in events:
        interpreter.take(event)
    (server,) = interpreter.explain(judge(events)).servers
    assert server.status in (Status.TIMEOUT, Status.LOST, Status.PROTOCOL, Status.OK)
    assert (server.explanation is None) is (server.status is Status.OK)
    return interpreter.refused, interpreter


@pytest.mark.parametrize(
    ("scenario", "stage"),
    [
        ("drop-at-ehlo", "ehlo"),
        ("drop-at-mail", "mail"),
        ("drop-at-rcpt", "rcpt"),
        ("drop-at-data", "data"),
        ("reset-at-data", "data"),
        ("drop-at-end", "end-of-data"),
    ],
)
def test_a_connection_lost_in_the_middle(scenario: str, stage: str) -> None:
    (said,), _ = played(scenario)
    assert (said.exchange.stage, said.explanation.cause) == (stage, "network.reset")
    assert said.explanation.rule == "context.connection-lost"


@pytest.mark.parametrize(
    ("scenario", "stage"),
    [("silence-at-mail", "mail"), ("silence-at-data", "data"), ("silence-at-end-of-data", "end-of-data")],
)
def test_no_answer_in_time(scenario: str, stage: str) -> None:
    (said,), _ = played(scenario, 0.5)
    assert (said.exchange.stage, said.explanation.cause) == (stage, "network.timeout")
    assert "time limit of this client" in meaning_text(said.explanation)


def test_behind_the_message_it_is_not_known_whether_it_was_taken() -> None:
    (said,), _ = played("drop-at-end")
    assert "twice" in meaning_text(said.explanation)
    assert "RFC 1047" in said.explanation.references
    assert said.explanation.retry == "later"


@pytest.mark.parametrize(("scenario", "spoken"), [("http-banner", "HTTP"), ("not-smtp", "SSH")])
def test_a_peer_that_speaks_something_else(scenario: str, spoken: str) -> None:
    refused, _ = played(scenario)
    assert refused[0].explanation.cause == "network.not-smtp"
    assert f"speaks={spoken}" in refused[0].explanation.evidence


@pytest.mark.parametrize("scenario", ["ok", "drop-at-quit"])
def test_an_end_that_was_to_be_expected(scenario: str) -> None:
    refused, _ = played(scenario)
    assert refused == []
