"""What each probe asks in which situation. Nothing is asked here: the questions are values."""

from __future__ import annotations

import pytest

from smtpscope.diagnosis.evidence import find_facts
from smtpscope.diagnosis.failure import Failure
from smtpscope.dialogue.plan import Envelope, Plan, Target
from smtpscope.model.event import Connected, Connecting, Failed, Probed, Received
from smtpscope.model.trouble import ProbeKind, ProbeOutcome
from smtpscope.probes.builtin import BUILTIN
from smtpscope.probes.options import ProbeOptions
from smtpscope.probes.question import Cost, Situation, allowed
from smtpscope.probes.situation import find_situations, smells
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import parse_reply
from smtpscope.render.diagnosis import PROBES, WHY

HERE = Situation(
    "silent",
    "mail1.fabrikam.com",
    "203.0.113.10",
    25,
    domain="fabrikam.com",
    helo="contoso.com",
    sender="chris@contoso.com",
    local="192.0.2.10",
    controls=(("control.example.net", 25), ("control.example.net", 443)),
    refused=("kate@fabrikam.com",),
)


def asked(situation: Situation, answers: tuple[Probed, ...] = (), costs: tuple[Cost, ...] = tuple(Cost)) -> set[str]:
    return {
        f"{question.probe} {question.kind} {question.target}"
        for probe in BUILTIN
        if probe.cost in costs and not probe.applies(situation)
        for question in probe.questions(situation, answers)
    }


def test_names_are_unique_and_all_have_words() -> None:
    names = [probe.name for probe in BUILTIN]
    assert len(set(names)) == len(names)
    assert set(names) == set(PROBES)


def test_the_cheapest_come_first() -> None:
    order = [list(Cost).index(probe.cost) for probe in BUILTIN]
    assert order == sorted(order)


@pytest.mark.parametrize(
    ("level", "costs"),
    [
        ("none", []),
        ("dns", [Cost.QUIET]),
        ("network", [Cost.QUIET, Cost.LOUD]),
        ("all", [Cost.QUIET, Cost.LOUD, Cost.INTRUSIVE]),
    ],
)
def test_what_each_level_allows(level: str, costs: list[Cost]) -> None:
    assert [cost for cost in Cost if allowed(cost, level)] == costs


def test_what_each_probe_costs_those_who_are_asked() -> None:
    """The promise of each level of --probes: what DNS and this machine know, connections, and recipients' names."""
    costs = {probe.name: probe.cost for probe in BUILTIN}
    quiet = dict.fromkeys(("local", "names", "spelling", "view"), Cost.QUIET)
    loud = dict.fromkeys(("again", "ports", "tls", "words", "mx", "control"), Cost.LOUD)
    assert costs.items() >= {**quiet, **loud, "recipients": Cost.INTRUSIVE}.items()


def test_a_silent_port() -> None:
    found = asked(HERE)
    assert {
        "local route 203.0.113.10",
        "names address mail1.fabrikam.com",
        "names ptr 203.0.113.10",
        "names mx fabrikam.com",
        "again port 203.0.113.10:25",
        "ports port 203.0.113.10:587",
        "ports port 203.0.113.10:443",
        "control port control.example.net:25",
    } <= found
    assert not [line for line in found if line.startswith(("tls", "words", "recipients", "spelling", "view"))]


def test_quiet_probes_send_nothing_to_the_host() -> None:
    for line in asked(HERE, costs=(Cost.QUIET,)):
        assert line.split()[1] in ("address", "ptr", "mx", "route", "spelling")


def test_a_port_that_accepts_and_says_nothing() -> None:
    found = asked(HERE.replace(trouble="mute"))
    assert {"tls tls 203.0.113.10:25", "words words 203.0.113.10:25"} <= found
    assert "ports port 203.0.113.10:443" not in found  # the host has shown that it is there
    assert "ports port 203.0.113.10:587" in found


def test_a_name_that_does_not_resolve() -> None:
    found = asked(HERE.replace(trouble="name", address=""))
    assert {
        "names address mail1.fabrikam.com",
        "names mx fabrikam.com",
        "spelling spelling mail1.fabrikam.com",
    } <= found
    assert not [line for line in found if line.split()[1] in ("port", "tls", "words", "rcpt", "route", "ptr")]


def test_the_other_mail_servers_are_asked_when_dns_has_named_them() -> None:
    named = ("mail1.fabrikam.com", "mx.fabrikam.com", "mx2.fabrikam.com", "mx3.fabrikam.com")
    answer = Probed(0.0, "names", ProbeKind.MX, "fabrikam.com", ProbeOutcome.FOUND, found=named)
    found = asked(HERE, (answer,))
    assert [line for line in sorted(found) if line.startswith("mx")] == [
        "mx port mx.fabrikam.com:25",
        "mx port mx2.fabrikam.com:25",
    ]


def test_of_the_mail_servers_of_another_domain_nothing_is_asked() -> None:
    """Which probe asked counts, not the kind of its question."""
    answer = Probed(0.0, "another", ProbeKind.MX, "contoso.com", ProbeOutcome.FOUND, found=("mx.contoso.com",))
    assert not [line for line in asked(HERE, (answer,)) if line.startswith("mx")]


@pytest.mark.parametrize(
    "answer",
    [
        Probed(0.0, "another", ProbeKind.MX, "contoso.com", ProbeOutcome.FOUND, found=("mx.contoso.com",)),
        Probed(0.0, "another", ProbeKind.SPELLING, "fabrikam.com", ProbeOutcome.FOUND, found=("fabrikam.example",)),
        Probed(0.0, "another", ProbeKind.TLS, "192.0.2.1:25", ProbeOutcome.SECURED, (("said", "220 x ESMTP"),)),
        Probed(0.0, "another", ProbeKind.WORDS, "192.0.2.1:25", ProbeOutcome.GREETS, (("said", "HTTP/1.1 400"),)),
    ],
    ids=lambda answer: str(answer.kind),
)
def test_an_answer_to_another_probe_is_no_evidence_of_this_one(answer: Probed) -> None:
    failed = Failure("mute", "mail1.fabrikam.com", "203.0.113.10", 25)
    assert find_facts(failed, [answer]) == find_facts(failed, [])


def test_a_refused_client_is_looked_at_with_the_servers_eyes() -> None:
    back = Probed(0.0, "view", ProbeKind.PTR, "192.0.2.10", ProbeOutcome.FOUND, found=("contoso.com",))
    found = asked(HERE.replace(trouble="refused-client"), (back,))
    assert {"view ptr 192.0.2.10", "view address contoso.com"} <= found


def test_a_refused_recipient() -> None:
    assert "recipients rcpt 203.0.113.10:25" in asked(HERE.replace(trouble="refused-recipient"))


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.10", "::1"])
@pytest.mark.parametrize("trouble", ["silent", "refused", "mute", "closed", "refused-client"])
def test_of_this_machine_nobody_else_is_asked(address: str, trouble: str) -> None:
    found = asked(HERE.replace(trouble=trouble, address=address, host=address, domain="fabrikam.com"))
    strangers = [line for line in found if address not in line]
    assert strangers == []


def test_every_reason_has_words() -> None:
    for trouble in ("silent", "name", "mute", "refused-client", "refused-recipient"):
        for address in ("", "127.0.0.1", "203.0.113.10"):
            for probe in BUILTIN:
                why = probe.applies(HERE.replace(trouble=trouble, address=address, domain="", controls=()))
                assert why in ("", "not-useful", *WHY)


PLAN = Plan(Target("mail1.fabrikam.com"), Envelope("contoso.com", "chris@contoso.com", ("kate@fabrikam.com",)))
CONNECTED = Connected(1.0, "mail1.fabrikam.com", "203.0.113.10", 25, "192.0.2.10:40000")
HELLO = Received(1.0, Phase.BANNER, parse_reply(b"220 here\r\n"), "", 0.1)


def refusal(text: str) -> Received:
    command = "RCPT TO:<kate@fabrikam.com>"
    return Received(2.0, Phase.RCPT, parse_reply(text.encode()), command, 0.1, "RCPT", "kate@fabrikam.com")


def test_a_failed_connection_is_a_situation() -> None:
    went = Connecting(0.0, "mail1.fabrikam.com", "203.0.113.10", 25)
    lost = Failed(9.0, Phase.CONNECT, "timeout", "203.0.113.10:25", "silence")
    (found,) = find_situations([went, lost], PLAN, ProbeOptions())
    assert (found.trouble, found.address, found.domain, found.local) == ("silent", "203.0.113.10", "fabrikam.com", "")
    assert found.controls


def test_a_good_conversation_is_none() -> None:
    assert not list(find_situations([CONNECTED, HELLO], PLAN, ProbeOptions()))


def test_a_plain_refusal_asks_nothing() -> None:
    assert not list(find_situations([CONNECTED, HELLO, refusal("550 5.1.1 User unknown\r\n")], PLAN, ProbeOptions()))


def test_a_refusal_that_smells_of_the_client() -> None:
    events = [CONNECTED, HELLO, refusal("450 4.7.25 Client host rejected: cannot find your hostname\r\n")]
    (found,) = find_situations(events, PLAN, ProbeOptions())
    assert (found.trouble, found.local) == ("refused-client", "192.0.2.10")


def test_recipients_are_asked_about_on_wish_only() -> None:
    events = [CONNECTED, HELLO, refusal("550 5.1.1 User unknown\r\n")]
    (found,) = find_situations(events, PLAN, ProbeOptions("all"))
    assert (found.trouble, found.refused) == ("refused-recipient", ("kate@fabrikam.com",))


@pytest.mark.parametrize("text", ["no PTR for you", "Reverse DNS required", "blocked using bl.example", "bad HELO"])
def test_smells(text: str) -> None:
    assert smells(text)
    assert not smells("5.1.1 User unknown")
