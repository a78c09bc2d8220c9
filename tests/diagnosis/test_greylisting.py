"""How long to wait, and what a second try says."""

from __future__ import annotations

import pytest

from sessions import BEGIN, BYE, CLOSED, KATE, SENDER, WAY, claims, rcpt, session
from smtpscope.diagnosis.greylisting import named_delay, second_try
from smtpscope.diagnosis.outcome import judge
from smtpscope.model.claim import Goal
from smtpscope.model.event import Event, Noted, Received
from smtpscope.model.report import Status
from smtpscope.model.vocabulary import Topic
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import parse_reply


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("4.7.1 Greylisted, please try again in 5 minutes", 301),
        ("Greylisting in action, please come back in 00:04:59", 300),
        ("4.2.0 Greylisted for 180 seconds", 181),
        ("Try again after 60 sec", 61),
        ("retry in 2m", 121),
        ("please wait 30 s", 31),
        ("in 90 minutes", 3600),
        ("4.7.1 try later", 0),
        ("450 in queue 3 seconds?", 0),
        ("try again in " + "9" * 5000 + " seconds", 0),  # Python reads no number of so many digits
        ("wait " + "9" * 5000 + ":00:00", 0),
        ("", 0),
    ],
)
def test_delays_in_replies(text: str, seconds: float) -> None:
    assert named_delay(text) == seconds


def talk(code: bytes) -> list[Event]:
    return [
        Received(1.0, Phase.BANNER, parse_reply(b"220 here\r\n"), "", 0.1),
        Received(1.0, Phase.RCPT, parse_reply(code + b" 4.7.1 said\r\n"), "RCPT TO:<kate@fabrikam.com>", 0.1),
    ]


RETRY = Noted(2.0, Phase.CONNECT, Topic.RETRY, (("seconds", "300"),))


@pytest.mark.parametrize(
    ("events", "said"),
    [
        (talk(b"450"), ""),
        ([*talk(b"450"), RETRY, *talk(b"250")], "greylisted"),
        ([*talk(b"450"), RETRY, *talk(b"450")], "still-refused"),
        ([*talk(b"450"), RETRY, *talk(b"550")], "still-refused"),
        ([*talk(b"450"), RETRY], "still-refused"),
    ],
)
def test_the_second_try(events: list[Event], said: str) -> None:
    assert second_try(events) == said


@pytest.mark.parametrize(
    ("second", "status", "finding"),
    [("250 ok", Status.OK, "greylisted"), ("450 4.7.1 later", Status.TEMPORARY, "still-refused")],
)
def test_the_second_try_counts(second: str, status: Status, finding: str) -> None:
    claim = claims(*WAY, Goal.SENDER, Goal.RECIPIENT)
    once = [*BEGIN, *SENDER, *rcpt(KATE, "450 4.7.1 later"), *BYE, CLOSED]
    again = [*BEGIN, *SENDER, *rcpt(KATE, second), *BYE, CLOSED]
    events = [*session(*once, claim=claim)[:-1], RETRY, *session(*again, claim=None)]
    (server,) = judge(events).servers
    assert server.status is status
    assert server.diagnosis is not None
    assert [fact.name for fact in server.diagnosis.findings] == [finding]
