"""Promises of the lab that are easily broken: what it takes, refuses, keeps, and when a message can be seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from smtpscope.lab.delivery import Outcome
from smtpscope.lab.mail import Mail, Recipient
from smtpscope.lab.options import Limits, Service
from smtpscope.lab.scenario.model import Action, Rule, Scenario, When
from smtpscope.lab.scenario.rules import Facts, Memory
from smtpscope.lab.store.maildir import IN_MEMORY, Mailbox

BEGIN = ("EHLO contoso.com", "MAIL FROM:<chris@contoso.com>")
MESSAGE = ("Subject: x", "", "text", ".")


def scenario(stage: str, action: Action, **more: Any) -> Scenario:
    return Scenario("x", rules=(Rule(When((stage,)), action),), **more)


@pytest.mark.parametrize("code", [220, 221, 235, 251, 252, 334, 354, 450, 550])
def test_only_250_takes_the_message(talk: Any, code: int) -> None:
    """RFC 5321 section 4.3.2. A lab that plays a wrong code has not promised to deliver anything."""
    client = talk(scenario("end-of-data", Action(code, ("as the rule says",))))
    client.say(*BEGIN, "RCPT TO:<kate@fabrikam.com>", "DATA")
    assert client.say(*MESSAGE).startswith(str(code))
    assert client.mails == []


@pytest.mark.parametrize(("size", "answer"), [(999, "250"), (1000, "250"), (1001, "552"), (2000, "552")])
def test_a_size_over_the_limit_is_refused_before_the_message_comes(talk: Any, size: int, answer: str) -> None:
    client = talk(limits=Limits(size=1000))
    client.say("EHLO contoso.com")
    assert client.say(f"MAIL FROM:<> SIZE={size}")[:3] == answer


@pytest.mark.parametrize(
    ("extension", "command"),
    [
        ("DSN", "MAIL FROM:<> RET=HDRS"),
        ("DSN", "RCPT TO:<kate@fabrikam.com> NOTIFY=NEVER"),
        ("8BITMIME", "MAIL FROM:<> BODY=8BITMIME"),
        ("SIZE", "MAIL FROM:<> SIZE=1"),
    ],
)
def test_a_parameter_needs_the_advertisement_of_its_extension(talk: Any, extension: str, command: str) -> None:
    """RFC 5321 section 2.2.1. Exchange replies 501, others 555."""
    answers = []
    for without in ((), (extension,)):
        client = talk(Scenario("x", without=without))
        client.say("EHLO contoso.com", *(["MAIL FROM:<>"] if command.startswith("RCPT") else []))
        answers.append(client.say(command)[:3])
    assert answers == ["250", "501"]


@pytest.mark.parametrize("value", ["rfc822;a+0D+0Ab@x.test", "rfc822;a+00@x.test", "rfc822;a+1B[2J", "kate@x.test"])
def test_the_original_recipient_cannot_bring_a_line_ending_into_a_notification(talk: Any, value: str) -> None:
    client = talk()
    client.say(*BEGIN)
    assert client.say(f"RCPT TO:<kate@fabrikam.com> ORCPT={value}")[:3] == "501"
    assert client.say("RCPT TO:<kate@fabrikam.com> ORCPT=rfc822;kate+2Bx@fabrikam.com")[:3] == "250"


def test_chance_is_the_same_with_the_same_seed_and_another_with_another() -> None:
    rule, facts = Rule(When(("rcpt",)), Action(450, ("wait",)), probability=0.5), Facts("rcpt", "s", "192.0.2.1")

    def draws(seed: int) -> list[bool]:
        memory = Memory(lambda: 0.0, seed)
        return [memory.applies(rule, facts) for _ in range(200)]

    assert draws(1) == draws(1)
    assert draws(1) != draws(2)
    assert 60 < sum(draws(1)) < 140  # and it is chance


@pytest.mark.parametrize("first", ["failed@x.test", "kate@x.test"])
def test_what_becomes_of_a_message_is_asked_for_by_one_recipient_and_not_for_all(talk: Any, first: str) -> None:
    names = {"failed@x.test": "failed", "kate@x.test": "delivered", "delayed@x.test": "delayed"}
    client = talk()
    client.say(*BEGIN, *(f"RCPT TO:<{name}>" for name in sorted(names, key=lambda name: name != first)), "DATA")
    client.say(*MESSAGE)
    outcomes: tuple[Outcome, ...] = client.outputs[-1].outcomes
    assert {outcome.recipient.address: outcome.action for outcome in outcomes} == names


def test_with_lmtp_a_refusal_at_the_end_is_about_its_own_recipient(talk: Any) -> None:
    client = talk(service=Service(protocol="lmtp"))
    client.say("LHLO contoso.com", BEGIN[1], "RCPT TO:<552-end@x.test>", "RCPT TO:<kate@x.test>", "DATA")
    assert [line[:3] for line in client.say(*MESSAGE).splitlines()] == ["552", "250"]
    ((mail, _octets),) = client.mails
    assert [recipient.address for recipient in mail.recipients] == ["kate@x.test"]


@pytest.mark.parametrize("size", [10, IN_MEMORY + 1])
def test_a_message_is_seen_in_new_only_when_it_is_whole(tmp_path: Path, size: int) -> None:
    """As Maildir has it: who reads ``new`` never sees half a message."""
    box = Mailbox(str(tmp_path))
    spool = box.spool("m1")
    for _ in range(2):
        spool.write(b"x" * size)
        assert list((tmp_path / "new").iterdir()) == []
        assert list((tmp_path / "cur").iterdir()) == []
    kept = box.store(Mail("m1", "h", "p", "", (), (Recipient("kate@x.test"),), 2 * size, 1.0), spool)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["m1"]
    assert list((tmp_path / "tmp").iterdir()) == []
    assert len(kept.content) == 2 * size
