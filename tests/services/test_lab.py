"""A test of a lab that lives as long as the test."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from smtpscope.dialogue.plan import IMPLICIT, LMTP, NEVER, REQUIRE, Envelope, Plan, Target, Tls
from smtpscope.errors import LocalError, UsageError
from smtpscope.lab.scenario.model import Scenario
from smtpscope.lab.server import Lab
from smtpscope.model.event import Connecting, Event, Secured
from smtpscope.model.report import Status
from smtpscope.services.lab import run_in_lab
from smtpscope.services.test import run_test

ENVELOPE = Envelope("contoso.com", "chris@contoso.com", ("kate@fabrikam.com",))
HEADER = b"PROXY TCP4 192.0.2.9 127.0.0.1 4000 25\r\n"
PLAN = Plan(Target(), ENVELOPE, message=b"Subject: x\r\n\r\nhi\r\n")


@pytest.mark.parametrize(
    ("scenario", "status"), [("ok", Status.OK), ("user-unknown", Status.PERMANENT), ("drop-at-data", Status.LOST)]
)
def test_the_scenario_is_played(scenario: str, status: Status) -> None:
    run = run_in_lab(scenario, PLAN)
    assert list(run) == run.events
    assert run.report.status is status


def test_a_scenario_may_be_a_value() -> None:
    run = run_in_lab(Scenario("mine", "nothing"), PLAN)
    assert list(run)
    assert run.report.status is Status.OK


@pytest.mark.parametrize(("mode", "scenario"), [(REQUIRE, "tls-required"), (IMPLICIT, "ok")])
def test_the_authority_of_the_lab_is_trusted(mode: str, scenario: str) -> None:
    run = run_in_lab(scenario, PLAN.replace(tls=Tls(mode)))
    assert [event.problem for event in run if isinstance(event, Secured)] == [""]
    assert run.report.status is Status.OK


def test_a_certificate_that_the_scenario_made_wrong_is_wrong() -> None:
    run = run_in_lab("certificate-expired", PLAN.replace(tls=Tls(REQUIRE)))
    assert list(run)
    assert run.report.status is Status.TLS


def test_without_tls_nothing_is_trusted() -> None:
    run = run_in_lab("ok", PLAN.replace(tls=Tls(NEVER)))
    assert not any(isinstance(event, Secured) for event in run)
    assert run.report.status is Status.OK


@pytest.mark.parametrize("plan", [PLAN.replace(protocol=LMTP), PLAN.replace(proxy=HEADER)])
def test_the_lab_speaks_what_the_plan_speaks(plan: Plan) -> None:
    run = run_in_lab("ok", plan)
    assert list(run)
    assert run.report.status is Status.OK


def test_another_session_can_be_held() -> None:
    seen: list[int] = []

    def hold(plan: Plan, lab: Lab) -> Iterator[Event]:
        yield from run_test(plan)
        seen.append(len(lab.messages))

    assert list(run_in_lab("ok", PLAN, hold))
    assert seen == [1]


def test_the_lab_ends_with_the_test(tmp_path: Path) -> None:
    run = run_in_lab("ok", PLAN, maildir=str(tmp_path))
    port = next(event.port for event in run if isinstance(event, Connecting))
    run.close()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_what_it_took_is_kept_where_one_says(tmp_path: Path) -> None:
    assert list(run_in_lab("ok", PLAN, maildir=str(tmp_path)))
    assert len(list((tmp_path / "new").iterdir())) == 1


def test_a_scenario_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="user-unknown"):
        list(run_in_lab("user-unknow", PLAN))


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LocalError):
        list(run_in_lab("ok", PLAN, maildir=str(tmp_path / "file")))
