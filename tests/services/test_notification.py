"""The wait for notifications: what ends it, and what is told of each that comes."""

from __future__ import annotations

from collections.abc import Iterator

from scripted import scripted
from smtpscope.dialogue.plan import Envelope, Plan, Target
from smtpscope.model.event import Notified, Unnotified
from smtpscope.model.report import Status
from smtpscope.model.vocabulary import DsnAction
from smtpscope.services.notification import await_dsn

KATE, ENVID = "kate@fabrikam.com", "test-1"
ACCEPTED = (b"220 hi\r\n", *(part for _ in range(3) for part in ("line", b"250 ok\r\n")))
DELIVERED = (*ACCEPTED, "line", b"354 go\r\n", "message", b"250 queued\r\n", "line", b"221 bye\r\n")


def notification(action: str, status: str, envid: str = ENVID) -> bytes:
    """A notification about one recipient (RFC 3464)."""
    return (
        "From: <MAILER-DAEMON@mx.test>\nMIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\ntext\n"
        f"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.test\nOriginal-Envelope-Id: {envid}\n\n"
        f"Final-Recipient: rfc822; {KATE}\nAction: {action}\nStatus: {status}\n\n--b--\n"
    ).encode()


class Box:
    """An inbox in which something arrives at each look."""

    def __init__(self, *looks: list[bytes]) -> None:
        self.looks = list(looks)

    def begin(self) -> None:
        """Nothing is there before."""

    def fetch(self) -> Iterator[bytes]:
        yield from self.looks.pop(0) if self.looks else []

    def close(self) -> None:
        """Nothing is held open."""


def wait(box: Box, limit: float) -> tuple[list[Notified | Unnotified], Status]:
    with scripted(*DELIVERED) as server:
        envelope = Envelope("contoso.com", "chris@contoso.com", (KATE,), ("failure", "delay"), envid=ENVID)
        plan = Plan(Target("127.0.0.1", server.port), envelope, message=b"Subject: x\r\n\r\nhi\r\n")
        run = await_dsn(plan, box, limit)
        told = [event for event in run if isinstance(event, Notified | Unnotified)]
        return told, run.report.status


def test_a_delay_does_not_end_the_wait_and_the_failure_after_it_is_told() -> None:
    box = Box([], [notification("delayed", "4.4.1")], [], [notification("failed", "5.4.7")])
    told, status = wait(box, 30.0)
    assert [event.action for event in told if isinstance(event, Notified)] == [DsnAction.DELAYED, DsnAction.FAILED]
    assert status is Status.DSN_FAILED


def test_a_failure_ends_the_wait() -> None:
    box = Box([notification("failed", "5.1.1")], [notification("delayed", "4.4.1")])
    told, status = wait(box, 30.0)
    assert [event.action for event in told if isinstance(event, Notified)] == [DsnAction.FAILED]
    assert status is Status.DSN_FAILED


def test_the_notification_of_another_message_does_not() -> None:
    box = Box([notification("failed", "5.1.1", envid="another")])
    told, status = wait(box, 0.5)
    assert told == [Unnotified(told[0].at, KATE, 0.5)]
    assert status is Status.OK  # failures alone were asked for, and none was reported


def test_after_a_delay_it_is_not_told_that_nothing_came() -> None:
    told, status = wait(Box([notification("delayed", "4.4.1")]), 0.7)
    assert [type(event) for event in told] == [Notified]
    assert status is Status.DSN_DELAYED
