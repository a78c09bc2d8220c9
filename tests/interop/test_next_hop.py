"""Through a real server to the next one: LMTP to Dovecot, SMTP to the lab, which then plays the other side."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from interop.probe import probe
from interop.servers.dovecot import dovecot
from interop.servers.exim import exim
from interop.servers.postfix import postfix
from interop.servers.server import Server, until
from interop.test_procedure import BODY, SUBJECT, assert_delivered, parse, run_id
from smtpscope.lab.options import Service
from smtpscope.lab.runner import lab_running
from smtpscope.lab.scenario.model import Action, Rule, Scenario, When

Start = Callable[..., AbstractContextManager[Server]]


@pytest.fixture(params=[postfix, exim], ids=["postfix", "exim"])
def start(request: pytest.FixtureRequest) -> Start:
    """Starts Postfix, then Exim."""
    found: Start = request.param
    return found


def test_lmtp_to_dovecot(start: Start) -> None:
    with dovecot() as last, start(next_hop=f"lmtp:127.0.0.1:{last.smtp}") as server:
        outcome = probe(server, "--to=kate@fabrikam.com", f"--subject={SUBJECT}", f"--body={BODY}\n.\n..")
        assert outcome.code == 0
        [delivered] = last.wait_for("kate@fabrikam.com", run_id(outcome))
        assert_delivered(outcome.message, delivered)


def test_smtp_to_the_lab(start: Start, tmp_path: Path) -> None:
    with lab_running(maildir=str(tmp_path)) as lab, start(next_hop=f"smtp:127.0.0.1:{lab.port}") as server:
        recipients = ("--to=kate@fabrikam.com", "--to=info@fabrikam.com")
        outcome = probe(server, *recipients, f"--subject={SUBJECT}", f"--body={BODY}\n.\n..", "--notify=failure")
        assert outcome.code == 0
        [taken] = until(lambda: list((tmp_path / "new").iterdir()) or None) or []
        # The lab keeps the line ends of the line.
        assert_delivered(outcome.message, taken.read_bytes().replace(b"\r\n", b"\n"))
        assert taken.read_bytes().endswith(outcome.message)


def test_a_next_hop_that_refuses_makes_a_notification(start: Start, tmp_path: Path) -> None:
    refusing = lab_running(scenario="user-unknown", maildir=str(tmp_path))
    with refusing as lab, start(next_hop=f"smtp:127.0.0.1:{lab.port}") as server:
        outcome = probe(server, "--to=kate@fabrikam.com")
        assert (outcome.code, outcome.queued) == (0, True)
        [report] = server.wait_for("chris@contoso.com", run_id(outcome))
        [status] = [part for part in parse(report).walk() if part.get_content_type() == "message/delivery-status"]
        about = status.get_payload()[1]
        assert (about["Action"], about["Final-Recipient"].partition(";")[2].strip()) == ("failed", "kate@fabrikam.com")
        assert "550 5.1.1 User unknown" in about["Diagnostic-Code"]


def test_lmtp_to_the_lab_which_refuses_one_of_two(tmp_path: Path) -> None:
    service = Service("lmtp")
    with (
        lab_running(refusing("^info@"), maildir=str(tmp_path), service=service) as lab,
        postfix(next_hop=f"lmtp:127.0.0.1:{lab.port}") as server,
    ):
        outcome = probe(server, "--to=kate@fabrikam.com", "--to=info@fabrikam.com")
        assert (outcome.code, outcome.queued) == (0, True)
        [report] = server.wait_for("chris@contoso.com", run_id(outcome))
        [status] = [part for part in parse(report).walk() if part.get_content_type() == "message/delivery-status"]
        [about] = status.get_payload()[1:]
        assert about["Final-Recipient"].partition(";")[2].strip() == "info@fabrikam.com"
        assert "552 5.2.2 no room for info@fabrikam.com" in about["Diagnostic-Code"]
        # Postfix hands over both in one transaction, and tries neither again.
        [mail] = lab.messages
    assert [recipient.address for recipient in mail.recipients] == ["kate@fabrikam.com"]


def refusing(recipient: str) -> Scenario:
    """Whoever is named so is refused behind the message."""
    action = Action(552, ("5.2.2 no room for {argument}",))
    return Scenario("own", rules=(Rule(When(("end-of-data",), recipient=recipient), action),))
