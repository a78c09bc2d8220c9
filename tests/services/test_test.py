"""A test of a server, and of the servers of a domain: what a peer or the network can do to it."""

from __future__ import annotations

import _socket
import threading
import time

import pytest

from nameserver import nameserver
from scripted import scripted
from smtpscope.dialogue.plan import REQUIRE, Envelope, Plan, Target, Tls
from smtpscope.lab.options import Security
from smtpscope.lab.runner import lab_running
from smtpscope.lab.scenario.model import Action, Rule, Scenario, When
from smtpscope.model.event import Connecting, Failed, GaveUp, Injected, Noted, Received, Sent, Skipped, TimedOut
from smtpscope.model.report import Status
from smtpscope.model.vocabulary import FailureKind, Reason, Topic
from smtpscope.protocol.phase import TIMEOUTS, Phase
from smtpscope.services.test import run_test

ENVELOPE = Envelope("contoso.com", "chris@contoso.com", ("kate@fabrikam.com",))


def limits(seconds: float) -> dict[Phase, float]:
    return dict.fromkeys(TIMEOUTS, seconds)


@pytest.mark.parametrize(
    "injected", [b"250 injected\r\n", b"250-injected\r\n", b"250-inj", b"250 ", b"250 a\r\n250-b\r\n", b"2"]
)
def test_what_comes_ahead_of_the_handshake_is_no_part_of_any_later_reply(injected: bytes) -> None:
    """CVE-2011-0411, on the side of the client: a whole reply, or the beginning of one, in the packet of the 220."""
    rule = Rule(When(("starttls",)), Action(raw=b"220 go\r\n" + injected))
    with lab_running(Scenario("injection", "", rules=(rule,)), security=Security(starttls=True)) as lab:
        plan = Plan(Target("127.0.0.1", lab.port), ENVELOPE, stop_after="rcpt", tls=Tls(REQUIRE, verify=False))
        run = run_test(plan)
        events = list(run)
    assert [event.data for event in events if isinstance(event, Injected)] == [injected]
    inside = [event for event in events if isinstance(event, Received)][3:]
    assert [(event.verb, event.reply.code) for event in inside] == [
        ("EHLO", 250),
        ("MAIL", 250),
        ("RCPT", 250),
        ("QUIT", 221),
    ]
    assert not [event for event in inside if event.reply.defects or b"inj" in event.reply.raw]
    assert "injected-before-tls" in [finding.id for finding in run.report.servers[0].findings]


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ((), []),
        ((b"220 hi\r\n", "line"), ["EHLO"]),
        ((b"220 hi\r\n", "line", b"250 ok\r\n", "line"), ["EHLO", "MAIL"]),
        ((b"220 hi\r\n", *("line", b"250 ok\r\n") * 2, "line"), ["EHLO", "MAIL", "RCPT"]),
    ],
)
def test_after_a_reply_without_an_end_nothing_more_is_said(before: tuple[bytes | str, ...], said: list[str]) -> None:
    """Where it ends cannot be known, so no command could be told from its reply."""
    with scripted(*before, b"250-again and again\r\n" * 40_000, 5.0) as server:
        run = run_test(Plan(Target("127.0.0.1", server.port), ENVELOPE, message=b"Subject: x\r\n\r\nhi\r\n"))
        events = list(run)
    assert [event.verb for event in events if isinstance(event, Sent)] == said
    assert [event.why for event in events if isinstance(event, GaveUp)] == [Reason.REPLY_FLOOD]
    assert run.report.status is Status.PROTOCOL


def test_a_server_that_sends_a_byte_now_and_then_has_no_more_time_than_a_silent_one() -> None:
    slowly = [act for octet in b"250 ok, but slowly, so slowly" for act in (bytes([octet]), 0.1)]
    with scripted(b"220 hi\r\n", "line", *slowly, b"\r\n", 5.0) as server:
        begun = time.monotonic()
        run = run_test(Plan(Target("127.0.0.1", server.port), ENVELOPE, timeouts=limits(0.5)))
        events = list(run)
        took = time.monotonic() - begun
    assert [event.phase for event in events if isinstance(event, TimedOut)] == [Phase.EHLO]
    assert run.report.status is Status.TIMEOUT
    assert took < 2.5  # the whole reply takes 2.9 s


def test_a_resolver_of_the_system_that_does_not_answer_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def never(*_arguments: object) -> list[object]:
        answered.wait(6)
        raise OSError("no answer")

    monkeypatch.setattr(_socket, "getaddrinfo", never)
    try:
        run = run_test(Plan(Target("mail1.fabrikam.com", 25), ENVELOPE, timeouts=limits(0.3)))
        begun = time.monotonic()
        events = list(run)
        assert time.monotonic() - begun < 4.0
    finally:
        answered.set()
    assert [event.kind for event in events if isinstance(event, Failed)] == [FailureKind.DNS]
    assert run.report.status is Status.DNS


def test_a_dns_server_that_does_not_answer_is_given_up_in_time() -> None:
    with nameserver(None) as resolver:
        begun = time.monotonic()
        plan = Plan(Target(resolver=resolver), ENVELOPE, timeouts=limits(0.3))
        events = list(run_test(plan))
        assert time.monotonic() - begun < 3.0
    assert [event.kind for event in events if isinstance(event, Failed)] == [FailureKind.DNS]


def test_of_many_mx_hosts_the_best_five_are_asked() -> None:
    """As Postfix has it (smtp_mx_address_limit): 500 names of a domain would otherwise take hours."""
    numbers = [40, 20, 30, 10, 60, 50, 70]
    zone = {
        ("many.test.", "MX"): [f"{number} mx{number}.many.test." for number in numbers],
        **{(f"mx{number}.many.test.", "A"): [f"127.83.1.{number}"] for number in numbers},
    }
    envelope = Envelope("contoso.com", "chris@contoso.com", ("kate@many.test",))
    with nameserver(zone) as resolver:
        events = list(run_test(Plan(Target(port=2501, resolver=resolver), envelope, timeouts=limits(2.0))))
    assert [event.address for event in events if isinstance(event, Connecting)] == [
        f"127.83.1.{number}" for number in (10, 20, 30, 40, 50)
    ]
    assert [dict(event.details) for event in events if isinstance(event, Noted) and event.topic is Topic.MX_LIMIT] == [
        {"count": "7", "limit": "5"}
    ]
    assert not [event for event in events if isinstance(event, Skipped)]
