"""The asyncio driver's own: many sessions at once, cancellation, and nothing left behind."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from nameserver import nameserver
from scripted import BYE, GO, GREETING, HELLO, OK, drain, replies, scripted
from secure import secure_server
from smtpscope.dialogue.conversation import conversation
from smtpscope.dialogue.plan import Envelope, Plan, Target, Tls
from smtpscope.lab.runner import lab_running
from smtpscope.model.event import Connecting, Event, Received, Secured, Sent
from smtpscope.net.asynchronous import Driver, converse
from smtpscope.net.request import Connect, Read
from smtpscope.protocol.phase import TIMEOUTS

PLAN = Plan(
    Target(),
    Envelope("contoso.com", "chris@contoso.com", ("kate@fabrikam.com",)),
    message=b"Subject: test\r\n\r\nhello\r\n",
)

PLAIN = b"250 mail1.fabrikam.com\r\n"


def session(port: int, plan: Plan = PLAN, host: str = "127.0.0.1", limit: float = 10.0) -> AsyncGenerator[Event, None]:
    return converse(plan.target, host, port, conversation(plan), dict.fromkeys(TIMEOUTS, limit))


async def collect(port: int, plan: Plan = PLAN, limit: float = 10.0) -> list[Event]:
    return [event async for event in session(port, plan, limit=limit)]


def codes(events: list[Event]) -> list[int]:
    return [event.reply.code for event in events if isinstance(event, Received)]


def names(events: list[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


def canceled_after(last: type[Event], port: int, plan: Plan = PLAN, times: int = 1, count: int = 1) -> list[Event]:
    """The events of a session that is canceled, ``times`` in a row, while it waits behind the ``count``-th ``last``."""
    events: list[Event] = []
    reached = asyncio.Event()

    async def hold() -> None:
        async for event in session(port, plan):
            events.append(event)
            if sum(isinstance(event, last) for event in events) == count:
                reached.set()

    async def cancel() -> None:
        task = asyncio.create_task(hold())
        await reached.wait()
        for _ in range(times):
            await asyncio.sleep(0.1)
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    gc.collect()  # a socket or a coroutine that was left behind would be reported here
    return events


def test_many_at_a_time() -> None:
    async def crowd(port: int) -> list[list[Event]]:
        return await asyncio.gather(*(collect(port) for _ in range(30)))

    with lab_running() as lab:
        talks = asyncio.run(crowd(lab.port))
    assert all(codes(events)[-1] == 221 for events in talks)
    assert len(lab.messages) == 30


def test_a_server_that_never_stops_does_not_stop_the_others() -> None:
    """What has arrived is read without a wait; still, each read lets the other sessions have their turn."""
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def read(port: int) -> list[object]:
        driver = Driver()
        await driver.carry_out(Connect("127.0.0.1", port, "", 5.0))
        await asyncio.sleep(0.3)  # until much has arrived
        task = asyncio.create_task(others())
        pieces = [await driver.carry_out(Read(5.0)) for _ in range(10)]
        task.cancel()
        driver.close()
        return pieces

    with scripted(b"220-x\r\n" * 1_000_000) as server:
        pieces = asyncio.run(read(server.port))
    assert all(isinstance(piece, bytes) and piece for piece in pieces)
    assert turns >= 10


def test_why_the_message_was_cut_short_is_read() -> None:
    too_big = b"552 5.3.4 too big\r\n"
    plan = PLAN.replace(message=b"Subject: x\r\n\r\n" + b"y" * 3_000_000)
    with scripted(*replies(GREETING, HELLO, OK, OK), "line", GO, "line", too_big, drain) as server:
        assert 552 in codes(asyncio.run(collect(server.port, plan, 1.0)))


# ------------------------------------------------------------------------------------------------------- cancellation


def test_a_canceled_session_says_quit_and_hears_the_reply() -> None:
    with scripted(*replies(GREETING, PLAIN), "line", "line", OK + BYE) as server:
        events = canceled_after(Sent, server.port, count=2)
    assert server.heard.endswith(b"QUIT\r\n")
    assert names(events)[-6:] == ["Interrupted", "Sent", "Received", "Received", "Disconnected", "Done"]


@pytest.mark.parametrize("banner", [b"", b"220-half"])
def test_where_quit_would_not_be_understood_it_is_not_said(banner: bytes) -> None:
    with scripted(banner, "line") as server:
        events = canceled_after(Connecting, server.port)
    assert names(events) == ["Connecting", "Connected", "Interrupted", "Disconnected", "Done"]
    assert server.heard == b""


def test_a_second_cancellation_ends_the_farewell() -> None:
    with scripted(*replies(GREETING, HELLO), drain) as server:
        events = canceled_after(Sent, server.port, times=2)
    assert names(events)[-2:] == ["Interrupted", "Sent"]


def test_a_canceled_lookup_leaves_nothing_behind() -> None:
    asked = threading.Event()
    with nameserver(None, asked) as resolver:
        plan = PLAN.replace(target=Target(resolver=resolver))

        async def cancel() -> list[Event]:
            events: list[Event] = []

            async def hold() -> None:
                async for event in session(25, plan, "mx.example.net"):
                    events.append(event)

            task = asyncio.create_task(hold())
            await asyncio.to_thread(asked.wait, 10)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return events

        assert names(asyncio.run(cancel())) == ["Interrupted", "Done"]
    gc.collect()


def test_a_lookup_of_the_system_that_hangs_holds_up_neither_the_session_nor_the_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    released = threading.Event()
    monkeypatch.setattr("smtpscope.net.asynchronous.ask_system", lambda *_: released.wait(20) and ())

    async def look_up() -> list[Event]:
        return [event async for event in session(25, PLAN, "mx.example.net", 0.2)]

    events = asyncio.run(look_up())  # asyncio.run waits for the threads of its executor
    assert not released.is_set()
    released.set()
    assert names(events) == ["Failed", "Done"]
    assert getattr(events[0], "kind", "") == "dns"


def test_a_time_limit_around_a_session_is_a_cancellation() -> None:
    async def hold(port: int) -> None:
        async with asyncio.timeout(0.5):
            async for _event in session(port):
                pass

    with scripted(*replies(GREETING, PLAIN), "line", "line", OK + BYE) as server, pytest.raises(TimeoutError):
        asyncio.run(hold(server.port))
    assert server.heard.endswith(b"QUIT\r\n")


def test_a_session_that_is_not_read_to_its_end_is_closed() -> None:
    async def begin(port: int) -> None:
        events = session(port)
        async for event in events:
            if isinstance(event, Received):
                break
        await events.aclose()

    with scripted(*replies(GREETING, drain)) as server:
        asyncio.run(begin(server.port))
    gc.collect()
    assert server.heard == b""


def test_a_canceled_session_ends_tls_with_close_notify(tmp_path: Path) -> None:
    with secure_server(tmp_path, GREETING) as server:
        plan = PLAN.replace(tls=Tls(mode="implicit", ca=server.ca_file, name="localhost"))
        events = canceled_after(Sent, server.port, plan)
    assert any(isinstance(event, Secured) for event in events)
    assert server.end == "close_notify"
