"""The next step for a cause: what changes in the plan, and nothing that was done a moment ago."""

from __future__ import annotations

import pytest

from smtpscope.diagnosis.advice import Evidence, next_step, what_decides
from smtpscope.diagnosis.failure import Failure
from smtpscope.model.diagnosis import Cause
from smtpscope.model.event import Probed
from smtpscope.model.finding import Action, Actor, Fact, NextStep

HERE = Failure("refused", "mail1.fabrikam.com", "203.0.113.10", 25, recipient="kate@fabrikam.com")
NEAR = Fact("near-name", (("near", "mx.fabrikam.com, mail1.fabrikam.com"),))
MX = Fact("mx-elsewhere", (("mx", "mail1.fabrikam.com, mail2.fabrikam.com"),))


def tried(*ports: int) -> tuple[Probed, ...]:
    """Other ports of the host, none of which greets."""
    return tuple(
        Probed(0.0, "ports", "port", f"{HERE.address}:{port}", "refused", (("port", str(port)), ("role", "smtp")))
        for port in ports
    )


@pytest.mark.parametrize(
    ("cause", "seen", "action", "settings"),
    [
        (
            "wrong-name",
            Evidence(HERE.replace(host="mial1.fabrikam.com"), (NEAR, MX)),
            Action.OTHER_NAME,
            {"target.host": "mail1.fabrikam.com"},
        ),
        (
            "wrong-name",
            Evidence(HERE.replace(host="www.fabrikam.com"), (MX, Fact("mx-greets", (("mx", "mail2.fabrikam.com"),)))),
            Action.OTHER_NAME,
            {"target.host": "mail2.fabrikam.com"},
        ),
        (
            "wrong-name",
            Evidence(
                HERE.replace(host="fabrikan.com", recipient="kate@fabrikan.com", port=0),
                (Fact("near-name", (("near", "fabrikam.com"),)),),
            ),
            Action.OTHER_NAME,
            {"envelope.recipients": "kate@fabrikam.com"},
        ),
        (
            "wrong-name",
            Evidence(HERE.replace(host="fabrikan.com", recipient="kate@fabrikan.com")),
            Action.CHECK_SPELLING,
            {"envelope.recipients": "kate@DOMAIN"},
        ),
        ("wrong-name", Evidence(HERE), Action.MX_OF_DOMAIN, {"target.host": ""}),
        ("wrong-name", Evidence(HERE.replace(recipient="")), Action.CHECK_SPELLING, {"target.host": "NAME"}),
        (
            "wrong-port",
            Evidence(HERE, (Fact("other-smtp", (("port", "2525"),)),)),
            Action.OTHER_PORT,
            {"target.port": "2525"},
        ),
        ("wrong-port", Evidence(HERE), Action.OTHER_PORT, {"target.port": "587"}),
        ("wrong-port", Evidence(HERE.replace(port=80)), Action.OTHER_PORT, {"target.port": "25"}),
        ("implicit-tls", Evidence(HERE.replace(port=2465)), Action.IMPLICIT_TLS, {"tls.mode": "implicit"}),
        ("slow-greeting", Evidence(HERE.replace(waited=30.0)), Action.WAIT_LONGER, {"plan.timeouts": "300"}),
        ("restricted", Evidence(HERE), Action.OTHER_SOURCE, {"target.source": "ADDRESS"}),
        ("service-down", Evidence(HERE), Action.CHECK_LISTENER, {}),
        ("target-filter", Evidence(HERE), Action.CHECK_FIREWALL, {}),
        ("source-filter", Evidence(HERE), Action.CHECK_OWN_FIREWALL, {}),
        ("host-unreachable", Evidence(HERE), Action.CHECK_ROUTE, {}),
    ],
)
def test_what_changes_in_the_plan(cause: str, seen: Evidence, action: Action, settings: dict[str, str]) -> None:
    step = next_step(f"connection.{cause}", seen)
    assert (step.action, dict(step.settings)) == (action, settings)
    assert step.target in (seen.failure.host, seen.failure.address)


@pytest.mark.parametrize(
    ("port", "ports", "expected"),
    [
        (25, (), ("587",)),
        (25, (587,), ("465",)),
        (25, (587, 465), None),
        (587, (25,), ("465",)),
        (80, (25, 587), ("465",)),
        (80, (25, 587, 465, 2525), None),
    ],
)
def test_no_port_that_was_just_found_closed(port: int, ports: tuple[int, ...], expected: tuple[str] | None) -> None:
    step = next_step("connection.wrong-port", Evidence(HERE.replace(port=port), (), tried(*ports)))
    settings = dict(step.settings)
    if expected is None:
        assert (step.action, step.actor, settings) == (Action.CHECK_LISTENERS, Actor.THEIR_ADMIN, {})
        return
    assert settings["target.port"] == expected[0]
    assert settings.get("tls.mode") == ("implicit" if expected[0] == "465" else None)


def test_no_wait_that_was_as_long() -> None:
    step = next_step("connection.slow-greeting", Evidence(HERE.replace(kind="mute", waited=300.0)))
    assert (step.action, step.settings) == (Action.CHECK_LOG, ())


def deciding(first: str, second: str, seen: Evidence) -> NextStep | None:
    step = NextStep(Action.TEST_AGAIN)
    return what_decides([Cause(f"connection.{name}", 5, (), (), step) for name in (first, second)], seen)


@pytest.mark.parametrize(
    ("first", "second", "seen", "action"),
    [
        ("target-filter", "source-filter", Evidence(HERE), Action.REFERENCE_HOST),
        ("service-down", "target-filter", Evidence(HERE), Action.CHECK_LISTENER),
        ("wrong-port", "service-down", Evidence(HERE), Action.CHECK_LISTENERS),
        ("slow-greeting", "service-down", Evidence(HERE), Action.WAIT_LONGER),
        ("slow-greeting", "service-down", Evidence(HERE.replace(waited=300.0)), Action.CHECK_LISTENERS),
        ("restricted", "service-down", Evidence(HERE), Action.OTHER_SOURCE),
        ("host-unreachable", "target-filter", Evidence(HERE), Action.CHECK_HOST),
        ("source-filter", "host-unreachable", Evidence(HERE), Action.CHECK_NEIGHBOR),
        ("wrong-name", "service-down", Evidence(HERE), Action.ASK_ADMIN),
        ("wrong-name", "wrong-port", Evidence(HERE, level="none"), Action.MORE_PROBES),
        ("wrong-name", "wrong-port", Evidence(HERE, level="dns"), Action.MORE_PROBES),
        ("wrong-name", "wrong-port", Evidence(HERE, level="network"), Action.ASK_ADMIN),
        ("wrong-name", "wrong-port", Evidence(HERE, level="all"), Action.ASK_ADMIN),
    ],
)
def test_what_decides_between_two(first: str, second: str, seen: Evidence, action: Action) -> None:
    step = deciding(first, second, seen)
    assert step is not None
    assert step.action is action


def test_where_dns_was_silent_another_server_may_know() -> None:
    step = what_decides([], Evidence(HERE.replace(kind="name"), (Fact("name-unanswered", (("name", HERE.host),)),)))
    assert step is not None
    assert dict(step.settings) == {"target.resolver": "ADDRESS"}
    assert what_decides([], Evidence(HERE)) is None
