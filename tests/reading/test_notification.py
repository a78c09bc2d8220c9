"""A notification is ours by its envelope id, or by the Message-ID that came back, and told of our recipients."""

from __future__ import annotations

import pytest

from smtpscope.lab.dsn import Notice, compose_notice
from smtpscope.lab.outcome import Outcome
from smtpscope.lab.transaction import Mail, Recipient
from smtpscope.reading.notification import Awaited, read_notification

OURS = Awaited("run-1", "<m1@contoso.com>", ("kate@fabrikam.com", "kim@fabrikam.com"))


def notification(
    envid: str = "run-1", message_id: str = "m1", final: str = "kate@fabrikam.com", orcpt: str = ""
) -> bytes:
    parameters = (("ENVID", envid),) if envid else ()
    mail = Mail("id", "contoso.com", "192.0.2.1", "chris@contoso.com", parameters, (), 10)
    whom = Recipient(final, (("ORCPT", f"rfc822;{orcpt}"),) if orcpt else ())
    returned = f"Message-ID: <{message_id}@contoso.com>\r\n\r\ntext\r\n".encode()
    outcome = Outcome(whom, "failed", "5.1.1", "550 5.1.1 User unknown")
    return compose_notice(Notice("n", "edge", "mx.example.test", 0.0, mail, (outcome,), returned))


def test_ours_by_the_envelope_id() -> None:
    [told] = read_notification(notification(message_id="other"), OURS)
    assert (told.recipient, told.reporter) == ("kate@fabrikam.com", "mx.example.test")
    assert told.report.action == "failed"


def test_another_envelope_id_is_anothers_message() -> None:
    assert read_notification(notification(envid="run-2"), OURS) == ()


def test_ours_by_the_message_id_where_the_envelope_id_is_lost() -> None:
    assert read_notification(notification(envid=""), OURS)
    assert read_notification(notification(envid="", message_id="m2"), OURS) == ()


@pytest.mark.parametrize(
    ("final", "orcpt", "whom"),
    [
        ("KATE@fabrikam.com", "", "kate@fabrikam.com"),
        ("kathrin@mail2.example.test", "kim@fabrikam.com", "kim@fabrikam.com"),
        ("kim@fabrikam.com", "list@fabrikam.com", "kim@fabrikam.com"),
    ],
)
def test_the_recipient_meant(final: str, orcpt: str, whom: str) -> None:
    [told] = read_notification(notification(final=final, orcpt=orcpt), OURS)
    assert told.recipient == whom


def test_a_stranger_is_nobody_unless_there_was_one_recipient_only() -> None:
    stranger = notification(final="alias@other.test")
    assert read_notification(stranger, OURS) == ()
    alone = OURS.replace(recipients=("kate@fabrikam.com",))
    assert read_notification(stranger, alone)[0].recipient == "kate@fabrikam.com"


@pytest.mark.parametrize("data", [b"", b"Subject: x\r\n\r\nrun-1", b"\x00\xff" * 100])
def test_what_is_no_notification(data: bytes) -> None:
    assert read_notification(data, OURS) == ()
