"""Notifications: who gets one, what stands in it, and that a reader of DSNs reads what was meant."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpscope.lab.delivery import Outcome, is_wanted, notices
from smtpscope.lab.dsn import FULL_LIMIT, Notice, compose_notice, returns_full
from smtpscope.lab.mail import Mail, Recipient
from smtpscope.protocol.command import xtext_encode
from smtpscope.reading.dsn import parse_dsn

MESSAGE = b"Message-ID: <a1@contoso.com>\r\nSubject: x\r\n\r\ntext\r\n"


def recipient(address: str = "kate@fabrikam.com", **parameters: str) -> Recipient:
    return Recipient(address, tuple(parameters.items()))


def mail(sender: str = "chris@contoso.com", octets: int = 10, **parameters: str) -> Mail:
    return Mail("id", "contoso.com", "192.0.2.1", sender, tuple(parameters.items()), (), octets, at=0.0)


def compose(what: Mail, *outcomes: Outcome) -> bytes:
    return compose_notice(Notice("n1", "edge", "mail1.fabrikam.com", 60.0, what, outcomes, MESSAGE))


def failed(whom: Recipient) -> Outcome:
    return Outcome(whom, "failed", "5.1.1", "550 5.1.1 User unknown", "mx.example.test")


def test_a_failure_is_read_back_as_it_was_meant() -> None:
    whom = recipient(ORCPT="rfc822;kate+2Bx@fabrikam.com")
    octets = compose(mail(ENVID="run+2B7"), failed(whom))
    report = parse_dsn(octets)
    assert report
    assert report.envelope_id == "run+7"
    assert report.reporting_mta == "mail1.fabrikam.com"
    assert report.received_from == "contoso.com"
    assert report.message_id == "a1@contoso.com"
    [said] = report.recipients
    assert said.final_recipient == "kate@fabrikam.com"
    assert said.original_recipient == "kate+x@fabrikam.com"
    assert (said.action, said.status, said.remote_mta) == ("failed", "5.1.1", "mx.example.test")
    assert (said.diagnostic_type, said.diagnostic) == ("smtp", "550 5.1.1 User unknown")


def test_it_is_a_report_that_other_programs_know() -> None:
    message = message_from_bytes(compose(mail(), failed(recipient())), policy=default)
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "delivery-status"
    assert [part.get_content_type() for part in message.iter_parts()] == [
        "text/plain",
        "message/delivery-status",
        "message/rfc822",
    ]
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["To"] == "chris@contoso.com"
    assert not message.defects


@pytest.mark.parametrize(
    ("parameters", "octets", "action", "full"),
    [
        ({}, 10, "failed", True),
        ({"RET": "full"}, 10, "failed", True),
        ({"RET": "HDRS"}, 10, "failed", False),
        ({"RET": "FULL"}, 10, "delivered", False),  # RFC 3461 section 4.3: RET is about failures
        ({"RET": "FULL"}, FULL_LIMIT + 1, "failed", False),
    ],
)
def test_what_is_returned(parameters: dict[str, str], octets: int, action: str, full: bool) -> None:
    what, outcome = mail(octets=octets, **parameters), Outcome(recipient(), action)
    assert returns_full(what, (outcome,)) == full
    assert (b"\r\n\r\ntext\r\n" in compose(what, outcome)) == full


@pytest.mark.parametrize(
    ("notify", "action", "wanted"),
    [
        ("", "failed", True),
        ("", "delayed", True),
        ("", "delivered", False),
        ("NEVER", "failed", False),
        ("never", "delivered", False),
        ("SUCCESS", "delivered", True),
        ("success,failure", "relayed", True),
        ("SUCCESS", "expanded", True),
        ("SUCCESS", "failed", False),
        ("FAILURE", "failed", True),
        ("FAILURE", "delayed", False),
        ("DELAY", "delayed", True),
        ("SUCCESS,FAILURE,DELAY", "lost", False),
    ],
)
def test_who_asked_to_hear_of_what(notify: str, action: str, wanted: bool) -> None:
    assert is_wanted(Outcome(recipient(NOTIFY=notify), action)) == wanted


def test_a_null_sender_is_never_told() -> None:
    assert not list(notices(mail(sender=""), (failed(recipient()),)))


def test_failures_delays_and_successes_go_apart() -> None:
    all_of = recipient(NOTIFY="SUCCESS,FAILURE,DELAY")
    actions = ("delivered", "failed", "delayed", "expanded", "failed", "relayed", "lost")
    groups = list(notices(mail(), tuple(Outcome(all_of, action) for action in actions)))
    assert [[outcome.action for outcome in group] for group in groups] == [
        ["failed", "failed"],
        ["delayed"],
        ["delivered", "expanded", "relayed"],
    ]


def test_addresses_that_are_not_ascii_take_the_forms_of_rfc_6533() -> None:
    octets = compose(mail(SMTPUTF8=""), failed(recipient("凯特@fabrikam.com", ORCPT="utf-8;凯特@fabrikam.com")))
    assert b"Content-Type: message/global-delivery-status\r\n" in octets
    assert "Final-Recipient: utf-8; 凯特@fabrikam.com\r\n".encode() in octets
    assert b"Content-Type: message/global\r\n" in octets
    report = parse_dsn(octets)
    assert report
    assert report.recipients[0].final_recipient == report.recipients[0].original_recipient == "凯特@fabrikam.com"


def test_a_delay_says_how_long_it_will_be_tried() -> None:
    report = parse_dsn(compose(mail(), Outcome(recipient(), "delayed", "4.4.1")))
    assert report
    assert report.recipients[0].will_retry_until == "Tue, 06 Jan 1970 00:01:00 +0000"


@given(st.lists(st.sampled_from(["failed", "delayed", "relayed"]), min_size=1, max_size=5), st.text(max_size=40))
def test_any_envelope_comes_back(actions: list[str], envid: str) -> None:
    name = "".join(sign for sign in envid if sign.isprintable() and sign.isascii() and sign != "+").strip()
    outcomes = [Outcome(recipient(f"a{n}@b.test"), action) for n, action in enumerate(actions)]
    report = parse_dsn(compose(mail(ENVID=xtext_encode(name)), *outcomes))
    assert report
    assert report.envelope_id == name
    assert [said.action for said in report.recipients] == actions


ENVELOPE = ("EHLO contoso.com", "MAIL FROM:<chris@contoso.com>")


@pytest.mark.parametrize(
    ("address", "outcome"),
    [
        ("kate@x.test", ("delivered", "2.0.0", "")),
        ("550-5.1.1-bounce@x.test", ("failed", "5.1.1", "550 5.1.1 User unknown")),
        ("421-bounce@x.test", ("delayed", "4.4.1", "421 as the address asks")),
        ("failed@x.test", ("failed", "5.1.1", "550 5.1.1 User unknown")),
        ("delayed@x.test", ("delayed", "4.4.2", "421 4.4.2 Connection dropped")),
        ("relayed@x.test", ("relayed", "2.0.0", "")),
        ("expanded@x.test", ("expanded", "2.0.0", "")),
        ("lost@x.test", ("lost", "2.0.0", "")),
        ("bounce@x.test", ("failed", "5.1.1", "550 5.1.1 User unknown")),
    ],
)
def test_an_outcome_chosen_by_address_is_for_that_recipient(talk: Any, address: str, outcome: tuple[str, ...]) -> None:
    client = talk()
    client.say(*ENVELOPE, "RCPT TO:<kim@x.test>", f"RCPT TO:<{address}>", "DATA", "x", ".")
    first, second = client.outputs[-1].outcomes
    assert first.action == "delivered"
    assert (second.action, second.status, second.diagnostic) == outcome


@pytest.mark.parametrize("line", ["ENVID=a+0D+0AX", "ENVID="])
def test_an_envelope_id_cannot_smuggle_a_header(talk: Any, line: str) -> None:
    client = talk()
    client.say("EHLO contoso.com")
    assert client.codes(f"MAIL FROM:<a@b.test> {line}")[0] in ("501 5.5.4", "550 5.1.7")
