"""Live observation: what a subscriber is told, when it is slow, and when it is gone."""

from __future__ import annotations

import asyncio
import contextlib
import smtplib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from smtpscope.lab import subscription as module
from smtpscope.lab.options import Security
from smtpscope.lab.runner import lab_running
from smtpscope.lab.server import Lab
from smtpscope.lab.store.recorder import Recorder
from smtpscope.lab.subscription import SessionEvent, Subscription, Subscriptions
from smtpscope.model.event import Connected, Disconnected, Done, Event, Received, Sent
from smtpscope.model.vocabulary import Party
from smtpscope.protocol.phase import Phase

USER = Security(users=(("kate", "wonderland"),), auth_in_clear=True)


def done(number: int) -> Event:
    return Done(float(number), "x")


def numbers(subscription: Subscription) -> list[int]:
    """The numbers of the events that are held."""
    found = []
    while item := subscription.get(0):
        found.append(item.number)
    return found


def greet(lab: Lab) -> None:
    with smtplib.SMTP("127.0.0.1", lab.port, "contoso.com", timeout=20) as client:
        client.ehlo()


def until_done(items: Iterator[SessionEvent], count: int = 1) -> list[SessionEvent]:
    """The events until ``count`` sessions have ended."""
    found: list[SessionEvent] = []
    while sum(isinstance(item.event, Done) for item in found) < count:
        found.append(next(items))
    return found


# ------------------------------------------------------------------------------------------------- with a running lab


def test_a_session_is_followed_while_it_is_open() -> None:
    """Every event can be read before the client does anything more."""
    with lab_running() as lab, lab.subscribe() as subscription:
        client = smtplib.SMTP("127.0.0.1", lab.port, "contoso.com", timeout=20)
        first = [subscription.get(20), subscription.get(20)]
        assert [type(item.event) for item in first if item] == [Connected, Received]
        client.ehlo()
        told: list[Any] = [item.event for item in (subscription.get(20), subscription.get(20)) if item]
        assert [type(event) for event in told] == [Sent, Received]
        assert told[0].data == b"ehlo contoso.com"
        assert told[1].reply.code == 250
        assert subscription.get(0.05) is None
        client.close()
        assert isinstance(until_done(subscription)[-2].event, Disconnected)


def test_the_events_are_those_of_the_transcript() -> None:
    with lab_running(security=USER) as lab, lab.subscribe() as subscription:
        with smtplib.SMTP("127.0.0.1", lab.port, "contoso.com", timeout=20) as client:
            client.login("kate", "wonderland")
            client.sendmail("chris@contoso.com", ["kate@fabrikam.com", "550@fabrikam.com"], b"Subject: x\r\n\r\ny")
        told = until_done(subscription)
        [session] = lab.sessions
        assert {item.session for item in told} == {session}
        assert [item.number for item in told] == list(range(1, len(told) + 1))
        assert {item.missed for item in told} == {0}
        assert tuple(item.event for item in told) == lab.events(session)
        assert "wonderland" not in repr(told)
        assert any(isinstance(item.event, Sent) and item.event.masked for item in told)


def test_many_sessions_at_once_keep_their_order() -> None:
    with lab_running() as lab, lab.subscribe() as first, lab.subscribe() as second:
        threads = [threading.Thread(target=greet, args=(lab,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        told = until_done(first, 8)
        assert until_done(second, 8) == told
        for thread in threads:
            thread.join()
        assert len({item.session for item in told}) == 8
        for session in lab.sessions:
            of_session = [item for item in told if item.session == session]
            assert [item.number for item in of_session] == list(range(1, len(of_session) + 1))
            assert tuple(item.event for item in of_session) == lab.events(session)


def test_a_later_subscriber_is_told_what_follows() -> None:
    """What was said before is read from the lab; the numbers tell where the subscription goes on."""
    with lab_running() as lab:
        client = smtplib.SMTP("127.0.0.1", lab.port, "contoso.com", timeout=20)
        client.ehlo()
        with lab.subscribe() as subscription:
            [session] = [item.id for item in lab.open_sessions()]
            before = lab.events(session)
            client.quit()
            told = until_done(subscription)
        assert [item.number for item in told] == list(range(len(before) + 1, len(before) + 1 + len(told)))
        assert (*before, *(item.event for item in told)) == lab.events(session)


def test_the_iteration_ends_when_the_lab_has_stopped() -> None:
    with lab_running() as lab:
        subscription = lab.subscribe()
        greet(lab)
    told = list(subscription)
    assert isinstance(told[-1].event, Done)
    assert subscription.closed
    assert list(lab.subscribe()) == []  # nothing can follow any more


def test_asyncio_tasks_can_read() -> None:
    async def read(lab: Lab) -> list[SessionEvent]:
        found = []
        with lab.subscribe() as subscription:
            client = asyncio.create_task(asyncio.to_thread(greet, lab))
            async for item in subscription:
                found.append(item)
                if isinstance(item.event, Done):
                    break
            await client
        return found

    with lab_running() as lab:
        told = asyncio.run(read(lab))
        assert tuple(item.event for item in told) == lab.events(lab.sessions[0])


def test_a_task_on_the_loop_of_the_lab_can_read() -> None:
    async def run() -> list[SessionEvent]:
        lab = Lab(discards=True)
        await lab.start("127.0.0.1", 0)
        subscription = lab.subscribe()
        reader = asyncio.create_task(collect(subscription))
        await asyncio.to_thread(greet, lab)
        await lab.stop()
        return await reader

    async def collect(subscription: Subscription) -> list[SessionEvent]:
        return [item async for item in subscription]

    told = asyncio.run(run())
    assert isinstance(told[0].event, Connected)  # without transcripts, too
    assert isinstance(told[-1].event, Done)


def test_subscribers_that_do_not_read_do_not_hold_up_clients() -> None:
    with lab_running() as lab:
        slow, abandoned = lab.subscribe(limit=5), lab.subscribe(limit=5)
        loop = asyncio.new_event_loop()
        loop.set_exception_handler(lambda *_: None)  # it would complain of the task that it leaves behind
        reader = asyncio.ensure_future(abandoned.__anext__(), loop=loop)
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
        assert not reader.done()  # it waits for ever: its loop has ended
        for _ in range(20):
            greet(lab)
        end = time.monotonic() + 20
        while lab.connections and time.monotonic() < end:
            time.sleep(0.01)
        happened = sum(len(lab.events(session)) for session in lab.sessions)
        assert [item.missed for _ in range(5) if (item := slow.get(0))] == [happened - 5, 0, 0, 0, 0]
        assert slow.missed == abandoned.missed == happened - 5


# -------------------------------------------------------------------------------------------------- the subscription


@pytest.fixture(name="feed")
def subscriptions() -> Subscriptions:
    return Subscriptions()


def test_what_was_dropped_is_told_with_the_next_event(feed: Subscriptions) -> None:
    subscription = feed.subscribe(3)
    feed.publish("s", 1, [done(number) for number in range(5)])
    assert subscription.get() == SessionEvent("s", 3, done(2), missed=2)
    feed.publish("s", 6, [done(5), done(6)])
    assert subscription.get() == SessionEvent("s", 5, done(4), missed=1)
    assert subscription.get() == SessionEvent("s", 6, done(5))
    assert subscription.missed == 3


def test_large_events_do_not_fill_the_memory(feed: Subscriptions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BYTES", 250)
    subscription = feed.subscribe(100)
    feed.publish("s", 1, [Sent(0.0, Phase.END_OF_DATA, b"x" * 100, True) for _ in range(4)])
    assert numbers(subscription) == [3, 4]
    feed.publish("s", 5, [Sent(0.0, Phase.END_OF_DATA, b"x" * 100, True) for _ in range(2)])
    assert numbers(subscription) == [5, 6]  # what was read has made room
    feed.publish("s", 7, [Sent(0.0, Phase.END_OF_DATA, b"x" * 1000, True)])
    assert numbers(subscription) == [7]  # the latest event is held, however large it is
    feed.publish("s", 8, [Sent(0.0, Phase.END_OF_DATA, b"x" * 1000, True), done(9)])
    assert numbers(subscription) == [9]


def test_closing(feed: Subscriptions) -> None:
    with feed.subscribe(10) as subscription:
        assert feed
        feed.publish("s", 1, [done(0)])
    assert not feed
    assert subscription.closed
    assert list(subscription) == []
    subscription.close()
    feed.publish("s", 2, [done(1)])
    subscription.put(SessionEvent("s", 3, done(2)))  # one that was on its way
    assert subscription.get(0) is None


@pytest.mark.parametrize("end", [Subscription.close, lambda subscription: subscription.end()])
def test_a_reader_that_waits_is_woken_by_the_end(feed: Subscriptions, end: Callable[[Subscription], None]) -> None:
    async def read() -> list[SessionEvent]:
        return [item async for item in subscription]

    subscription = feed.subscribe(10)
    found: list[object] = []
    readers = [
        threading.Thread(target=lambda: found.append(list(subscription))),
        threading.Thread(target=lambda: found.append(asyncio.run(read()))),
    ]
    for reader in readers:
        reader.start()
    time.sleep(0.05)
    end(subscription)
    for reader in readers:
        reader.join(20)
    assert found == [[], []]


def test_a_task_that_gives_up_loses_nothing(feed: Subscriptions) -> None:
    async def read() -> list[int]:
        subscription = feed.subscribe(10)
        found = []
        for number in range(1, 4):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.01):
                    await anext(subscription)
            assert not subscription._waiting  # a lab where nothing happens does not collect those who gave up
            feed.publish("s", number, [done(number)])
            found.append((await anext(subscription)).number)
        return found

    assert asyncio.run(read()) == [1, 2, 3]


def test_a_task_that_gives_up_while_it_is_woken_loses_nothing(feed: Subscriptions) -> None:
    complaints: list[object] = []

    async def read() -> int:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, about: complaints.append(about))
        subscription = feed.subscribe(10)
        reader = asyncio.ensure_future(subscription.__anext__())
        await asyncio.sleep(0)
        feed.publish("s", 1, [done(1)])
        reader.cancel()
        await asyncio.wait([reader])
        return (await anext(subscription)).number

    assert asyncio.run(read()) == 1
    assert complaints == []


def test_nothing_is_followed_when_nobody_has_subscribed(feed: Subscriptions, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replies are parsed when the events are written, and not while the client waits."""
    made: list[str] = []
    recorder = Recorder(lambda: 0.0, lambda events: None, 100, feed)
    real = Recorder._make_command
    monkeypatch.setattr(Recorder, "_make_command", lambda *args: made.append("command") or real(*args))
    recorder.command(b"NOOP")
    assert made == []
    subscription = feed.subscribe(10)
    recorder.command(b"RSET")
    assert made == ["command", "command"]
    assert numbers(subscription) == [2]
    subscription.close()
    recorder.command(b"QUIT")
    assert len(made) == 2
    recorder.ended(Party.US)
    assert len(made) == 3
