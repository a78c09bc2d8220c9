"""Evidence in, ranked causes out."""

from __future__ import annotations

import pytest

from smtpscope.diagnosis.advice import Evidence
from smtpscope.diagnosis.connection import CAUSES, WEIGHTS, diagnose, is_open, rank
from smtpscope.diagnosis.evidence import find_facts
from smtpscope.diagnosis.failure import Failure
from smtpscope.knowledge.catalogue import explain_cause
from smtpscope.model.diagnosis import Cause, Diagnosis
from smtpscope.model.event import Connecting, Diagnosing, Failed, NotProbed, Probed
from smtpscope.model.finding import Action, Fact
from smtpscope.model.trouble import ProbeKind, ProbeOutcome
from smtpscope.protocol.phase import Phase
from smtpscope.render.diagnosis import summary
from smtpscope.render.facts import FACTS, ICMP, fact_text
from smtpscope.render.steps import step_text

HOST, ADDRESS = "mail1.fabrikam.com", "203.0.113.10"


def failure(kind: str, **more: object) -> Failure:
    fields: dict[str, object] = {"host": HOST, "address": ADDRESS, "port": 25, "recipient": "kate@fabrikam.com"}
    return Failure(kind, **{**fields, **more})


def port(probe: str, target: str, outcome: str, **details: str) -> Probed:
    number = target.rpartition(":")[2]
    role = {} if probe != "ports" else {"role": "smtp" if number in ("25", "465", "587", "2525") else "common"}
    kept = {"port": number, **role, **details}
    return Probed(0.0, probe, "port", target, outcome, tuple(kept.items()))


def look_up(kind: str, target: str, outcome: str, *found: str) -> Probed:
    return Probed(0.0, "names", ProbeKind(kind), target, ProbeOutcome(outcome), found=found)


def spoken(kind: str, outcome: str, **details: str) -> Probed:
    return Probed(0.0, "tls" if kind == "tls" else "words", kind, f"{ADDRESS}:25", outcome, tuple(details.items()))


AGAIN = f"{ADDRESS}:25"
ALIVE = [port("ports", f"{ADDRESS}:22", "greets", said="SSH-2.0-x"), port("ports", f"{ADDRESS}:587", "refused")]
DEAD = [port("ports", f"{ADDRESS}:22", "silent"), port("ports", f"{ADDRESS}:587", "silent")]
SUBMISSION = port("ports", f"{ADDRESS}:587", "greets", said="220 mail1 ESMTP")
OPEN = [
    port("control", "control.example.net:25", "greets", said="220 x"),
    port("control", "control.example.net:443", "accepts"),
]
BLOCKED = [port("control", "control.example.net:25", "silent"), port("control", "control.example.net:443", "accepts")]
NOTHING = [port("control", "control.example.net:25", "silent"), port("control", "control.example.net:443", "silent")]
MX = look_up("mx", "fabrikam.com", "found", "mail1.fabrikam.com", "mx.fabrikam.com")
OTHER_MX = look_up("mx", "fabrikam.com", "found", "mx.fabrikam.com")
GREETING_MX = port("mx", "mx.fabrikam.com:25", "greets", said="220 mx ESMTP")


TABLE = [
    # refused
    ("refused, nothing else", failure("refused"), [], ["service-down", "wrong-port", "target-filter"]),
    ("refused, the host is there", failure("refused"), ALIVE, ["service-down", "target-filter"]),
    ("refused, 587 greets", failure("refused"), [SUBMISSION], ["wrong-port", "service-down", "target-filter"]),
    ("refused everywhere on 25", failure("refused"), [
        port("control", "control.example.net:25", "refused"), port("control", "control.example.net:443", "accepts")
    ], ["source-filter", "wrong-port"]),
    ("refused, port unreachable from the host", failure("refused"),
     [port("again", AGAIN, "refused", icmp="4:3/3", by=ADDRESS)], ["target-filter"]),
    ("refused, port unreachable from us", failure("refused"),
     [port("again", AGAIN, "refused", icmp="4:3/3", by="192.0.2.10", own="yes")], ["source-filter"]),
    ("refused by a host that is no MX", failure("refused", host="www.fabrikam.com"), [OTHER_MX, GREETING_MX, *ALIVE],
     ["wrong-name", "service-down", "target-filter"]),
    ("refused by this machine itself", failure("refused"),
     [Probed(0.0, "again", "inside", AGAIN, "made-here"), *ALIVE], ["source-filter"]),
    ("an address that an MX has", failure("refused", host=ADDRESS),
     [OTHER_MX, GREETING_MX, port("mx", "mail1.fabrikam.com:25", "refused", address=ADDRESS), *ALIVE],
     ["service-down", "target-filter"]),
    # silent
    ("silent, nothing else", failure("silent"), [], ["target-filter", "source-filter", "host-unreachable"]),
    ("silent, others open", failure("silent"), [*ALIVE, *OPEN], ["target-filter"]),
    ("silent everywhere on 25", failure("silent"), [*ALIVE, *BLOCKED], ["source-filter", "target-filter"]),
    ("silent, control unknown", failure("silent"), ALIVE, ["target-filter", "source-filter"]),
    ("silent, dropped here", failure("silent"), [*ALIVE, *OPEN, port("again", AGAIN, "silent", here="yes")],
     ["source-filter", "target-filter"]),
    ("silent on every port", failure("silent"), [*DEAD, *OPEN], ["host-unreachable", "target-filter"]),
    ("silent, no neighbour", failure("silent"), [*DEAD, *OPEN, port("again", AGAIN, "silent", neighbour="none")],
     ["host-unreachable", "target-filter"]),
    ("silent, nothing answers anywhere", failure("silent"), [*DEAD, *NOTHING],
     ["host-unreachable", "source-filter", "target-filter"]),
    # prohibited
    ("prohibited by the host", failure("unreachable"), [port("again", AGAIN, "unreachable", icmp="4:3/13", by=ADDRESS)],
     ["target-filter"]),
    ("prohibited on the way, others open", failure("unreachable"),
     [port("again", AGAIN, "unreachable", icmp="4:3/13", by="192.0.2.1"), *ALIVE, *OPEN], ["target-filter"]),
    ("prohibited on the way, for every host", failure("unreachable"),
     [port("again", AGAIN, "unreachable", icmp="4:3/13", by="192.0.2.1"), *ALIVE, *BLOCKED],
     ["source-filter", "target-filter"]),
    ("prohibited by IPv6's own code", failure("unreachable", address="2001:db8::10"),
     [port("again", "[2001:db8::10]:25", "unreachable", icmp="6:1/1", by="2001:db8::10")], ["target-filter"]),
    ("prohibited by IPv6's own code, which the system calls a denial", failure("denied", address="2001:db8::10"),
     [port("again", "[2001:db8::10]:25", "denied", icmp="6:1/1", by="2001:db8::10")], ["target-filter"]),
    # this machine
    ("denied", failure("denied"), [], ["source-filter"]),
    ("unreachable", failure("unreachable"), [], ["host-unreachable"]),
    ("no neighbour behind the router", failure("unreachable"),
     [port("again", AGAIN, "unreachable", icmp="4:3/1", by="192.0.2.1"), *DEAD, *OPEN], ["host-unreachable"]),
    # names
    ("no such name", failure("name", address="", port=25), [look_up("address", HOST, "no-such-name")], ["wrong-name"]),
    ("a name without address", failure("name", address=""), [look_up("address", HOST, "no-record")], ["wrong-name"]),
    ("DNS does not answer", failure("name", address=""), [look_up("address", HOST, "no-answer")], []),
    # a connection that stands
    ("closed", failure("closed"), [], ["restricted", "service-down"]),
    ("cut", failure("cut"), [], ["restricted", "service-down"]),
    ("turned away", failure("turned-away", reason="554 no"), [], ["restricted"]),
    ("another service", failure("foreign", reason="SSH-2.0-OpenSSH"), [], ["wrong-port"]),
    ("an unknown service", failure("foreign", reason="hello"), [], ["wrong-port"]),
    ("mute", failure("mute", waited=5.0), [], ["slow-greeting", "wrong-port", "service-down"]),
    ("mute for five minutes", failure("mute", waited=300.0), [], ["wrong-port", "service-down"]),
    ("mute, nothing moves it", failure("mute", waited=5.0), [spoken("tls", "no-tls"), spoken("words", "accepts")],
     ["slow-greeting", "wrong-port", "service-down"]),
    ("mute, TLS with a greeting", failure("mute", waited=5.0),
     [spoken("tls", "secured", version="TLSv1.3", said="220 mail1 ESMTP")], ["implicit-tls"]),
    ("mute, TLS", failure("mute", waited=5.0), [spoken("tls", "secured", version="TLSv1.3")],
     ["implicit-tls", "wrong-port"]),
    ("mute, HTTPS", failure("mute", waited=5.0), [spoken("tls", "secured", version="TLSv1.3", alpn="http/1.1")],
     ["wrong-port", "implicit-tls"]),
    ("mute, HTTP", failure("mute", waited=5.0), [spoken("words", "greets", said="HTTP/1.1 400 Bad Request")],
     ["wrong-port"]),
    ("mute, but SMTP when spoken to", failure("mute", waited=5.0),
     [spoken("words", "greets", said="554 SMTP synchronization error")], ["slow-greeting"]),
    ("late", failure("mute", waited=5.0, late="220 here"), [], ["slow-greeting"]),
    ("slow", failure("slow", waited=40.0), [], ["slow-greeting"]),
]  # fmt: skip


@pytest.mark.parametrize(("seen", "answers", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_ranking(seen: Failure, answers: list[Probed], expected: list[str]) -> None:
    found = ranked(seen, answers)
    assert [cause.id.removeprefix("connection.") for cause in found] == expected
    for cause in found:
        assert cause.evidence, "a cause without evidence does not stand"
        assert step_text(cause.next)
        assert all(fact_text(fact) for fact in (*cause.evidence, *cause.against))


def ranked(seen: Failure, answers: list[Probed]) -> tuple[Cause, ...]:
    return rank(Evidence(seen, find_facts(seen, answers), tuple(answers)))


def test_two_filters_stand_where_no_control_host_answers() -> None:
    assert is_open(ranked(failure("silent"), ALIVE))
    assert not is_open(ranked(failure("silent"), [*ALIVE, *OPEN]))


def test_every_weight_is_of_a_fact_and_a_cause_that_exist() -> None:
    for name, weights in WEIGHTS.items():
        assert name in FACTS
        assert set(weights) <= set(CAUSES)


def test_every_cause_is_in_the_catalogue() -> None:
    for cause in CAUSES:
        for language in ("en", "zh"):
            assert explain_cause(cause, language).meaning


def test_what_was_not_asked_is_listed() -> None:
    events = [
        Connecting(0.0, HOST, ADDRESS, 25),
        Failed(9.0, Phase.CONNECT, "timeout", AGAIN, "silence"),
        Diagnosing(9.0, "silent", HOST, ADDRESS, 25, "none"),
        NotProbed(9.0, "ports", "level"),
    ]
    found = diagnose(events)
    assert found.not_asked == (("ports", "level"),)
    assert found.decides is not None
    assert (found.decides.action, found.decides.settings) == (
        Action.REFERENCE_HOST,
        (("probes.controls", "HOST:25"),),
    )


def test_no_diagnosis_where_nobody_asked_for_one() -> None:
    events = [Connecting(0.0, HOST, ADDRESS, 25), Failed(9.0, Phase.CONNECT, "timeout", AGAIN, "silence")]
    assert diagnose(events) is None


def test_no_evidence_is_a_verdict_too() -> None:
    assert "no evidence" in summary(Diagnosis())


def test_a_fact_fills_its_sentence() -> None:
    assert fact_text(Fact("near-name", (("near", HOST),))).endswith(HOST)


def test_the_machine_that_refuses_and_its_message_are_ids() -> None:
    seen = failure("silent")
    (near,) = [
        fact
        for fact in find_facts(seen, [port("again", AGAIN, "silent", neighbour="none")])
        if "by" in dict(fact.details)
    ]
    (prohibited,) = [
        fact
        for fact in find_facts(seen, [port("again", AGAIN, "unreachable", icmp="4:3/13", by=ADDRESS)])
        if fact.id.startswith("prohibited")
    ]
    assert dict(near.details)["by"] == ""
    assert "this machine" in fact_text(near)
    assert dict(prohibited.details)["icmp"] == "4:3/13"
    assert fact_text(prohibited).endswith(ICMP["4:3/13"])
