"""Notifications of a running lab: kept in the mailbox, late when they are to be late, handed on when told to."""

from __future__ import annotations

import smtplib
import time
from typing import Any

from smtpscope.lab.announcement import Announcement, AnnouncementId, announce
from smtpscope.lab.runner import lab_running
from smtpscope.lab.scenario.model import Action, Rule, Scenario, When
from smtpscope.lab.server import Lab
from smtpscope.reading.dsn import DeliveryReport, parse_dsn


def send(lab: Lab, *recipients: str, sender: str = "chris@contoso.com") -> None:
    with smtplib.SMTP("127.0.0.1", lab.port, "contoso.com") as client:
        client.sendmail(sender, recipients, b"Subject: x\r\n\r\ntext\r\n", ["ENVID=abc"], ["NOTIFY=SUCCESS,FAILURE"])


def reports(lab: Lab, count: int) -> list[DeliveryReport]:
    end = time.monotonic() + 20
    while len(lab.notices) < count and time.monotonic() < end:
        time.sleep(0.01)
    found = [parse_dsn(notice.content) for notice in lab.notices]
    assert len(found) == count
    return [report for report in found if report]


def test_each_asked_for_notification_is_in_the_mailbox() -> None:
    with lab_running() as lab:
        send(lab, "kate@fabrikam.com", "failed@fabrikam.com", "lost@fabrikam.com")
        failure, success = reports(lab, 2)
        assert [said.final_recipient for said in failure.recipients] == ["failed@fabrikam.com"]
        assert [said.final_recipient for said in success.recipients] == ["kate@fabrikam.com"]
        assert failure.envelope_id == "abc"
        assert [notice.about for notice in lab.notices] == [lab.messages[0].id] * 2
        assert lab.notices[0].sender == ""
        assert lab.taken == 1


def test_a_null_sender_is_not_told() -> None:
    with lab_running("bounce") as lab:
        send(lab, "kate@fabrikam.com", sender="")
        send(lab, "kate@fabrikam.com")
        assert len(reports(lab, 1)) == 1


def test_a_notification_can_be_late() -> None:
    rule = Rule(When(("delivery",)), Action(550, ("5.1.1 no",), delay=0.3))
    with lab_running(Scenario("late", rules=(rule,))) as lab:
        begun = time.monotonic()
        send(lab, "kate@fabrikam.com")
        reports(lab, 1)
        assert time.monotonic() - begun > 0.2


def test_what_is_not_told_yet_does_not_hold_up_the_end() -> None:
    rule = Rule(When(("delivery",)), Action(550, ("5.1.1 no",), delay=3600))
    with lab_running(Scenario("late", rules=(rule,))) as lab:
        send(lab, "kate@fabrikam.com")
    assert not lab.notices


def test_a_smart_host_is_handed_the_notification() -> None:
    handed: list[tuple[str, bytes]] = []
    said: list[Announcement] = []

    async def take(recipient: str, message: bytes) -> str:
        handed.append((recipient, message))
        return "accepted"

    with lab_running("bounce", smart_host=take) as lab:
        lab.say = said.append
        send(lab, "kate@fabrikam.com")
        reports(lab, 1)
        end = time.monotonic() + 20
        while not said and time.monotonic() < end:
            time.sleep(0.01)
    assert [recipient for recipient, _ in handed] == ["chris@contoso.com"]
    assert parse_dsn(handed[0][1])
    assert said == [announce(AnnouncementId.DSN_RELAYED, sender="chris@contoso.com", said="accepted")]


def test_a_notification_that_the_disk_does_not_take_is_said(monkeypatch: Any) -> None:
    said: list[Announcement] = []

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with lab_running("bounce") as lab:
        lab.say = said.append
        monkeypatch.setattr(lab.mailbox, "store_notice", fail)
        send(lab, "kate@fabrikam.com")
        assert lab.taken == 1
    assert said == [announce(AnnouncementId.DSN_LOST, id=lab.messages[0].id, reason="No space left on device")]
