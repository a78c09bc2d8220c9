"""XCLIENT at the lab: who may say it, when, and what is believed behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from smtpscope.lab.options import Security, Service
from smtpscope.lab.scenario.model import Action, Rule, Scenario, When
from smtpscope.lab.store.attempts import attempts

CLAIM = "XCLIENT ADDR=198.51.100.7 NAME=mail.contoso.com PORT=40000"


@pytest.fixture
def near(talk: Callable[..., Any]) -> Callable[..., Any]:
    """A client on this machine, at a lab with XCLIENT."""

    def make(scenario: str | Scenario = "ok", peer: str = "127.0.0.1", **options: Any) -> Any:
        client = talk(scenario, service=Service(xclient=True), **options)
        client.events.clear()
        client.connect(peer)
        return client

    return make


def test_it_is_announced_only_when_told_to(talk: Any) -> None:
    client = talk()
    client.connect("127.0.0.1")
    assert "XCLIENT" not in client.say("EHLO contoso.com")
    assert client.codes(CLAIM) == ["500 5.3.3"]


@pytest.mark.parametrize(
    ("peer", "allowed"),
    [("127.0.0.9", True), ("::1", True), ("::ffff:127.0.0.1", True), ("192.0.2.1", False), ("", False)],
)
def test_it_is_for_those_on_this_machine(near: Any, peer: str, allowed: bool) -> None:
    client = near(peer=peer)
    announced = "XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT" in client.say("EHLO contoso.com")
    assert announced is allowed
    assert client.codes(CLAIM)[0][:3] == ("220" if allowed else "550")


def test_the_session_begins_anew(near: Any) -> None:
    client = near()
    client.say("EHLO contoso.com")
    assert client.say(CLAIM).startswith("220 mail1.fabrikam.com Microsoft ESMTP MAIL Service ready at ")
    assert client.codes("MAIL FROM:<a@b.test>") == ["503 5.5.2"]
    assert "Hello [198.51.100.7]" in client.say("EHLO contoso.com")
    assert client.codes("MAIL FROM:<a@b.test>") == ["250 2.1.0"]


def test_not_inside_of_a_transaction(near: Any) -> None:
    client = near()
    client.say("EHLO contoso.com")
    client.say("MAIL FROM:<a@b.test>")
    assert client.codes(CLAIM, "RSET", CLAIM)[:2] == ["503 5.5.1", "250 2.0.0"]
    assert client.session.peer == "198.51.100.7"


def test_what_is_wrong_is_named_and_changes_nothing(near: Any) -> None:
    client = near()
    client.say("EHLO contoso.com")
    assert client.codes("XCLIENT ADDR=here", "XCLIENT", "MAIL FROM:<a@b.test>") == [
        "501 5.5.4",
        "501 5.5.4",
        "250 2.1.0",
    ]
    assert client.session.peer == "127.0.0.1"


def test_rules_see_the_claimed_client(near: Any) -> None:
    refusal = Action(554, ("5.7.1 {peer} is listed",))
    listed = Scenario("own", rules=(Rule(When(("connect",), peer=r"^198\.51\."), refusal),))
    client = near(listed)
    assert client.say(CLAIM) == "554 5.7.1 198.51.100.7 is listed\r\n"
    assert client.say("XCLIENT ADDR=192.0.2.9").startswith("220 ")


def test_helo_and_login_are_believed_until_the_next_one(near: Any) -> None:
    client = near(security=Security(users=(("kate", "x"),), auth_in_clear=True))
    client.say("XCLIENT HELO=mail.contoso.com LOGIN=kate PROTO=ESMTP ADDR=[UNAVAILABLE]")
    client.say("MAIL FROM:<chris@contoso.com>", "RCPT TO:<kate@fabrikam.com>", "DATA", "x", ".")
    client.say("XCLIENT PORT=99")
    assert client.codes("MAIL FROM:<>") == ["503 5.5.2"]
    [(mail, _octets)] = client.mails
    assert (mail.helo, mail.login, mail.peer) == ("mail.contoso.com", "kate", "unknown")
    assert dict(mail.claimed) == {
        "HELO": "mail.contoso.com",
        "LOGIN": "kate",
        "PROTO": "ESMTP",
        "ADDR": "[UNAVAILABLE]",
    }
    assert client.session.claimed == {"ADDR": "[UNAVAILABLE]", "PORT": "99"}


def test_the_attempt_is_the_claimed_clients(near: Any) -> None:
    client = near()
    client.say("EHLO contoso.com", CLAIM, "EHLO contoso.com", "MAIL FROM:<550@contoso.com>")
    client.recorder.ended("us")
    [attempt] = attempts(client.events)
    assert (attempt.peer, attempt.outcome) == ("198.51.100.7", "refused")
