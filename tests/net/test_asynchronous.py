"""The asyncio driver: the same conversation as the blocking one, many at a time."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping

import pytest

from scripted import BYE, GO, GREETING, HELLO, OK, Act, drain, replies, scripted
from smtpscope.dialogue.conversation import conversation
from smtpscope.dialogue.plan import Envelope, Plan, Target
from smtpscope.lab.runner import lab_running
from smtpscope.model.event import Connecting, Done, Event, Failed, Received, TimedOut
from smtpscope.net.asynchronous import converse
from smtpscope.protocol.phase import TIMEOUTS, Phase

PLAN = Plan(
    Target(),
    Envelope("contoso.com", "chris@contoso.com", ("kate@fabrikam.com",)),
    message=b"Subject: test\r\n\r\nhello\r\n",
)


async def collect(port: int, limits: Mapping[Phase, float] = TIMEOUTS, plan: Plan = PLAN) -> list[Event]:
    return [event async for event in converse("127.0.0.1", port, conversation(plan), limits)]


def talk(port: int, limit: float = 10.0, plan: Plan = PLAN) -> list[Event]:
    return asyncio.run(collect(port, dict.fromkeys(TIMEOUTS, limit), plan))


def codes(events: list[Event]) -> list[int]:
    return [event.reply.code for event in events if isinstance(event, Received)]


def test_the_whole_conversation() -> None:
    with scripted(*replies(GREETING, HELLO, OK, OK, GO, OK, BYE)) as server:
        events = talk(server.port)
    assert codes(events) == [220, 250, 250, 250, 354, 250, 221]
    assert isinstance(events[-1], Done)
    assert server.heard.endswith(b"QUIT\r\n")


def test_many_at_a_time() -> None:
    async def crowd(port: int) -> list[list[Event]]:
        return await asyncio.gather(*(collect(port) for _ in range(30)))

    with lab_running() as lab:
        talks = asyncio.run(crowd(lab.port))
    assert all(codes(events)[-1] == 221 for events in talks)
    assert len(lab.messages) == 30


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    events = talk(port)
    assert [type(event) for event in events] == [Connecting, Failed, Done]
    assert isinstance(events[1], Failed)
    assert events[1].kind == "refused"


def test_silence_ends_with_the_time_limit() -> None:
    with scripted(*replies(GREETING, 20.0)) as server:
        events = talk(server.port, limit=0.3)
    assert [event.phase for event in events if isinstance(event, TimedOut)] == [Phase.EHLO]


@pytest.mark.parametrize("act", [b"", "reset", b"220-half"])
def test_an_end_at_the_banner(act: Act) -> None:
    with scripted(act) as server:
        events = talk(server.port)
    assert codes(events) == []
    assert isinstance(events[-1], Done)


def test_why_the_message_was_cut_short_is_read() -> None:
    too_big = b"552 5.3.4 too big\r\n"
    with scripted(*replies(GREETING, HELLO, OK, OK), "line", GO, "line", too_big, drain) as server:
        events = talk(server.port, 1.0, PLAN.replace(message=b"Subject: x\r\n\r\n" + b"y" * 3_000_000))
    assert 552 in codes(events)
