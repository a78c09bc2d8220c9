"""A domain and its servers: every MX in order of preference, the message to one of them."""

from __future__ import annotations

import pytest

from nameserver import nameserver
from smtpscope.cli.exit import Exit
from smtpscope.cli.main import main
from smtpscope.diagnosis.outcome import judge
from smtpscope.dialogue.plan import Envelope, Plan, Target
from smtpscope.lab.runner import lab_running
from smtpscope.model.event import Event, Interrupted, Noted, Resolved, Skipped
from smtpscope.model.report import Status
from smtpscope.model.vocabulary import Skip, Topic
from smtpscope.services.test import run_test

# Nothing listens on 127.0.0.9; a lab listens on 127.0.0.1, and another one on 127.0.0.3.
ZONE = {
    ("fabrikam.com.", "MX"): ["10 mx1.fabrikam.com.", "20 mx2.fabrikam.com.", "30 mx3.fabrikam.com."],
    ("mx1.fabrikam.com.", "A"): ["127.0.0.9"],
    ("mx2.fabrikam.com.", "A"): ["127.0.0.1"],
    ("mx3.fabrikam.com.", "A"): ["127.0.0.3"],
    ("twice.test.", "MX"): ["10 mx2.fabrikam.com.", "20 mx2.fabrikam.com.", "30 same.fabrikam.com.", "40 ."],
    ("same.fabrikam.com.", "A"): ["127.0.0.1"],
    ("many.test.", "MX"): [f"{number} mx{number}.many.test." for number in range(10, 40)],
    **{(f"mx{number}.many.test.", "A"): [f"127.0.0.{number}"] for number in range(10, 40)},
    ("contoso.com.", "A"): ["127.0.0.1"],
    ("nomail.test.", "MX"): ["0 ."],
}


def run(resolver: str, port: int, domain: str = "fabrikam.com", **changes: object) -> list[Event]:
    """The events of a test of all servers of ``domain``."""
    envelope = Envelope("contoso.com", "chris@contoso.com", (f"kate@{domain}",))
    target = Target(port=port, resolver=resolver)
    return list(run_test(Plan(target, envelope, message=b"Subject: x\r\n\r\nhi\r\n").replace(**changes)))


def test_every_mx_is_tested_and_one_is_given_the_message() -> None:
    with nameserver(ZONE) as resolver, lab_running() as lab, lab_running(host="127.0.0.3", port=lab.port) as third:
        events = run(resolver, lab.port)
        assert len(third.messages) == 0
        assert len(lab.messages) == 1
    report = judge(events)
    assert [(server.host, server.status, server.queued) for server in report.servers] == [
        ("mx1.fabrikam.com", Status.REFUSED, False),
        ("mx2.fabrikam.com", Status.OK, True),
        ("mx3.fabrikam.com", Status.OK, False),
    ]
    assert (report.status, report.outcome.why) == (Status.OTHER_SERVER, "connection-refused")
    assert [note.topic for note in events if isinstance(note, Noted) and note.topic is Topic.MX_COPY] == [Topic.MX_COPY]


def test_no_address_is_asked_twice() -> None:
    with nameserver(ZONE) as resolver, lab_running() as lab:
        events = run(resolver, lab.port, "twice.test")
        assert len(lab.messages) == 1
    report = judge(events)
    assert [(server.host, server.status) for server in report.servers] == [("mx2.fabrikam.com", Status.OK)]
    skipped = [(event.host, event.why) for event in events if isinstance(event, Skipped)]
    assert skipped[0] == (".", Skip.NULL_MX)
    assert {why for _host, why in skipped[1:]} == {Skip.SAME_ADDRESS}
    assert report.status is Status.OK


def test_of_many_mx_only_the_first_are_asked(no_mail_here: tuple[int, ...]) -> None:
    with nameserver(ZONE) as resolver:
        events = run(resolver, no_mail_here[0], "many.test")
    assert len(judge(events).servers) == Target().most == 5
    assert [dict(event.details)["count"] for event in events if isinstance(event, Noted)] == ["30"]


def test_a_test_that_ends_early_ends_so_with_every_mx() -> None:
    with nameserver(ZONE) as resolver, lab_running() as lab, lab_running(host="127.0.0.3", port=lab.port):
        events = run(resolver, lab.port, stop_after="ehlo")
        assert len(lab.messages) == 0
    assert [server.phase.value for server in judge(events).servers] == ["connect", "ehlo", "ehlo"]


def test_a_domain_without_mx_is_asked_itself() -> None:
    with nameserver(ZONE) as resolver, lab_running() as lab:
        (server,) = judge(run(resolver, lab.port, "contoso.com")).servers
    assert (server.host, server.queued) == ("contoso.com", True)


@pytest.mark.parametrize("domain", ["nomail.test", "nowhere.test"])
def test_a_domain_without_servers(domain: str) -> None:
    with nameserver(ZONE) as resolver:
        report = judge(run(resolver, 25, domain))
    assert report.status is Status.DNS
    assert [server.host for server in report.servers] == [domain]


def test_ctrl_c_ends_the_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("smtpscope.net.resolver._look_up_mx", interrupt)
    assert isinstance(run("127.0.0.1:9", 25)[-1], Interrupted)


def test_behind_ctrl_c_no_other_server_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("smtpscope.net.blocking.connect", interrupt)
    with nameserver(ZONE) as resolver:
        events = run(resolver, 2525)
    assert [server.status for server in judge(events).servers] == [Status.INTERRUPTED]


def test_an_event_comes_when_it_happens() -> None:
    with nameserver(ZONE) as resolver:
        envelope = Envelope("contoso.com", "", ("kate@fabrikam.com",))
        assert isinstance(next(iter(run_test(Plan(Target(resolver=resolver), envelope)))), Resolved)


def test_the_command_line_tests_every_mx(capsys: pytest.CaptureFixture[str]) -> None:
    with nameserver(ZONE) as resolver, lab_running() as lab:
        where = ["--resolver", resolver, "--port", str(lab.port), "--no-probes"]
        assert main(["test", "--to", "kate@fabrikam.com", *where]) == Exit.OTHER_SERVER
        assert main(["test", "--to", "kate@contoso.com", *where]) == Exit.OK
        assert main(["test", "--to", "kate@nomail.test", *where]) == Exit.DNS
    shown = capsys.readouterr().out
    assert "MX of fabrikam.com: 10 mx1.fabrikam.com, 20 mx2.fabrikam.com, 30 mx3.fabrikam.com" in shown
    assert "message already accepted by another MX; testing only the recipients on mx3.fabrikam.com" in shown
