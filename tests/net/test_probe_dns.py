"""Look-ups, against a DNS server on loopback that dnspython makes."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from nameserver import nameserver
from smtpscope.dialogue.plan import Target
from smtpscope.net.probing.answer import answer
from smtpscope.probes.question import Question

if TYPE_CHECKING:
    from collections.abc import Iterator

ZONE = {
    ("mail1.fabrikam.com.", "A"): ["203.0.113.10"],
    ("mail1.fabrikam.com.", "AAAA"): ["2001:db8::10"],
    ("fabrikam.com.", "MX"): ["20 mx.fabrikam.com.", "10 mail1.fabrikam.com."],
    ("contoso.com.", "MX"): ["0 ."],
    ("10.113.0.203.in-addr.arpa.", "PTR"): ["mail1.fabrikam.com."],
}


@pytest.fixture(scope="module")
def resolver() -> Iterator[Target]:
    with nameserver(ZONE) as address:
        yield Target(resolver=address)


@pytest.mark.parametrize(
    ("kind", "name", "outcome", "found"),
    [
        ("address", "mail1.fabrikam.com", "found", ("203.0.113.10", "2001:db8::10")),
        ("address", "mial1.fabrikam.com", "no-such-name", ()),
        ("address", "fabrikam.com", "no-record", ()),
        ("mx", "fabrikam.com", "found", ("mail1.fabrikam.com", "mx.fabrikam.com")),
        ("mx", "contoso.com", "null-mx", (".",)),
        ("mx", "mail1.fabrikam.com", "no-record", ()),
        ("ptr", "203.0.113.10", "found", ("mail1.fabrikam.com",)),
        ("ptr", "203.0.113.11", "no-such-name", ()),
        ("address", "a" * 70 + ".fabrikam.com", "no-answer", ()),
    ],
)
def test_look_ups(resolver: Target, kind: str, name: str, outcome: str, found: tuple[str, ...]) -> None:
    said, details = answer(Question("names", kind, name), resolver, 3.0)
    assert (said, details["found"]) == (outcome, found)


@pytest.mark.parametrize(
    ("role", "names", "outcome", "found"),
    [
        ("host", ("mail1.fabrikam.com", "mial1.fabrikam.com", "x" * 70 + ".com"), "found", ("mail1.fabrikam.com",)),
        ("host", ("a.fabrikam.com", "b.fabrikam.com"), "none", ()),
        ("domain", ("fabrikam.com", "mail1.fabrikam.com"), "found", ("fabrikam.com",)),
    ],
)
def test_many_names_at_once(
    resolver: Target, role: str, names: tuple[str, ...], outcome: str, found: tuple[str, ...]
) -> None:
    said, details = answer(Question("spelling", "spelling", "x", role=role, names=names), resolver, 3.0)
    assert (said, details["found"]) == (outcome, found)


@pytest.mark.parametrize(
    "question",
    [
        Question("names", "address", "mail1.fabrikam.com"),
        Question("names", "mx", "fabrikam.com"),
        Question("names", "ptr", "203.0.113.10"),
        Question("spelling", "spelling", "x", role="host", names=("mail1.fabrikam.com",)),
    ],
    ids=lambda question: question.kind,
)
@pytest.mark.parametrize(
    ("source", "seen"),
    [("127.0.0.2", "127.0.0.2"), ("", "127.0.0.1"), ("::1", "127.0.0.1"), ("192.0.2.7", "127.0.0.1")],
    ids=["source", "none", "other family", "cannot reach loopback"],
)
def test_a_named_dns_server_is_asked_from_the_source_address(question: Question, source: str, seen: str) -> None:
    senders: set[str] = set()
    with nameserver(ZONE, senders=senders) as address:
        outcome, _details = answer(question, Target(resolver=address, source=source), 3.0)
    assert outcome == "found"
    assert senders == {seen}


def test_a_dns_server_that_is_not_there() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.bind(("127.0.0.1", 0))
        target = Target(resolver=f"127.0.0.1:{channel.getsockname()[1]}")
        for kind in ("address", "mx"):
            assert answer(Question("names", kind, "fabrikam.com"), target, 0.2)[0] == "no-answer"
        question = Question("spelling", "spelling", "x", names=("a.fabrikam.com",))
        assert answer(question, target, 0.2)[0] == "no-answer"
        assert answer(Question("control", "port", "control.example.net", 25), target, 0.2) == ("no-name", {})
