"""What is found beside the causes."""

from __future__ import annotations

import pytest

from smtpscope.diagnosis.probe_findings import find_findings
from smtpscope.model.event import Connected, Diagnosing, Probed, Received
from smtpscope.model.trouble import ProbeKind, ProbeOutcome
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import parse_reply
from smtpscope.render.facts import fact_text

HOST, ADDRESS = "mail1.fabrikam.com", "203.0.113.10"


def recipient(code: str) -> Received:
    return Received(1.0, Phase.RCPT, parse_reply(f"{code} said\r\n".encode()), "RCPT TO:<kate@fabrikam.com>", 0.1)


def asked(random: str, postmaster: str) -> Probed:
    said = (("random", f"{random} said"), ("postmaster", f"{postmaster} said"))
    return Probed(2.0, "recipients", "rcpt", f"{ADDRESS}:25", "asked", said)


@pytest.mark.parametrize(
    ("code", "random", "postmaster", "names"),
    [
        ("550", "550", "250", ["refuses-names", "postmaster-accepted"]),
        ("550", "550", "550", ["refuses-everyone"]),
        ("250", "550", "550", ["checks-names", "postmaster-refused"]),
        ("550", "250", "250", ["refuses-this-name"]),
        ("250", "250", "250", ["takes-every-name"]),
        ("250", "550", "250", ["checks-names"]),
        ("550", "450", "250", ["chance-deferred", "postmaster-accepted"]),
    ],
)
def test_a_random_name_beside_the_recipient(code: str, random: str, postmaster: str, names: list[str]) -> None:
    found = find_findings([recipient(code), asked(random, postmaster)])
    assert [fact.id for fact in found] == names
    assert all(fact_text(fact) for fact in found)


def view(role: str, kind: str, target: str, outcome: str, *found: str) -> Probed:
    return Probed(2.0, "view", ProbeKind(kind), target, ProbeOutcome(outcome), (("role", role),), found=found)


@pytest.mark.parametrize(
    ("own", "answers", "names"),
    [
        ("198.51.100.7", [view("own-address", "ptr", "198.51.100.7", "no-such-name")], ["address", "ptr-missing"]),
        ("198.51.100.7", [view("own-address", "ptr", "198.51.100.7", "no-answer")], ["address", "ptr-unanswered"]),
        ("10.0.0.7", [view("own-address", "ptr", "10.0.0.7", "no-such-name")], ["address-private", "ptr-missing"]),
        ("100.64.9.1", [view("own-address", "ptr", "100.64.9.1", "no-such-name")], ["address-private", "ptr-missing"]),
        (
            "198.51.100.7",
            [
                view("own-address", "ptr", "198.51.100.7", "found", "contoso.com"),
                view("own-name", "address", "contoso.com", "found", "198.51.100.7"),
                view("helo", "address", "contoso.com", "found", "198.51.100.7"),
            ],
            ["address", "ptr-confirmed", "helo-matches"],
        ),
        (
            "198.51.100.7",
            [
                view("own-address", "ptr", "198.51.100.7", "found", "contoso.com"),
                view("own-name", "address", "contoso.com", "found", "198.51.100.8"),
                view("helo", "address", "elsewhere.contoso.com", "found", "198.51.100.9"),
            ],
            ["address", "ptr-unconfirmed", "helo-elsewhere"],
        ),
        (
            "198.51.100.7",
            [
                view("own-address", "ptr", "198.51.100.7", "no-answer"),
                view("helo", "address", "nowhere.contoso.com", "no-such-name"),
            ],
            ["address", "ptr-unanswered", "helo-unresolvable"],
        ),
    ],
)
def test_what_the_server_can_see_of_us(own: str, answers: list[Probed], names: list[str]) -> None:
    stands = Connected(0.0, HOST, ADDRESS, 25, f"{own}:40000")
    found = find_findings([stands, Diagnosing(1.0, "refused-client", HOST, ADDRESS, 25, "network"), *answers])
    assert [fact.id for fact in found] == names
    assert all(fact_text(fact) for fact in found)
