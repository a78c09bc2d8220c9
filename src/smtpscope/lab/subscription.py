"""Live observation of a lab: the events of its sessions, as they happen.

The lab never waits for a subscriber. Each subscription has a queue of limited size. When it is full, the oldest events
are dropped, and the next event that is read has their number. Dropped events are still in the transcript.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque

from smtpscope.model.event import Injected, Received, Sent, Unsolicited
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Self

    from smtpscope.model.event import Event

# Events that a subscription holds until they are read.
LIMIT = 10000

# Bytes of commands, messages, and replies that it holds: the events of one large message must not fill the memory.
BYTES = 8 << 20


class SessionEvent(Value):
    """One event of a session, as its transcript has it: secrets are masked.

    session  the id of the session, as in ``Lab.sessions``
    number   the place of the event in the transcript, from 1
    missed   events of any session that were dropped before this one, because they were not read in time
    """

    session: str
    number: int
    event: Event
    missed: int = 0


class Subscription:
    """The events from now on, in order: use ``with``, and then ``for``, ``async for``, or ``get()``.

    Any number of threads and asyncio tasks can read; each event goes to one of them. The iteration ends after
    ``close()``, or when the lab has stopped and all its events have been read. ``missed`` is the number of all dropped
    events; ``closed`` means that no more events follow. ``limit`` is the number of events held.
    """

    def __init__(self, limit: int, on_close: Callable[[Subscription], None]) -> None:
        self.missed = 0
        self.closed = False
        self._limit, self._on_close = limit, on_close
        self._held: deque[SessionEvent] = deque()
        self._bytes = self._dropped = 0
        self._changed = threading.Condition()
        self._waiting: set[asyncio.Future[None]] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the subscription; events that were not read are dropped. Any thread can call it, and again."""
        self._on_close(self)
        self.end()
        with self._changed:
            self._held.clear()

    def get(self, timeout: float | None = None) -> SessionEvent | None:
        """Wait for the next event. Returns None after ``timeout`` seconds (None: no limit), or at the end.

        It blocks the thread: on the event loop that runs the lab, use ``async for``.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._held or self.closed, timeout)
            return self._take()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> SessionEvent:
        found = self.get()
        if found is None:
            raise StopIteration
        return found

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionEvent:
        while True:
            with self._changed:
                found = self._take()
                if found is not None:
                    return found
                if self.closed:
                    raise StopAsyncIteration
                waiter = asyncio.get_running_loop().create_future()
                self._waiting.add(waiter)
            try:  # a caller that gives up here, as after a timeout, loses no event
                await waiter
            finally:
                with self._changed:
                    self._waiting.discard(waiter)

    def put(self, item: SessionEvent) -> None:
        """Add an event and wake those who wait. Never blocks, never raises: the lab calls it."""
        with self._changed:
            if self.closed:
                return
            self._held.append(item)
            self._bytes += _size(item.event)
            while len(self._held) > self._limit or (self._bytes > BYTES and len(self._held) > 1):
                self._bytes -= _size(self._held.popleft().event)
                self._dropped += 1
                self.missed += 1
            self._wake()

    def end(self) -> None:
        """No more events follow; those that are held can still be read."""
        with self._changed:
            self.closed = True
            self._wake()

    def _take(self) -> SessionEvent | None:
        if not self._held:
            return None
        item = self._held.popleft()
        self._bytes -= _size(item.event)
        missed, self._dropped = self._dropped, 0
        return item.replace(missed=missed) if missed else item

    def _wake(self) -> None:
        self._changed.notify_all()
        for waiter in self._waiting:
            with contextlib.suppress(RuntimeError):  # the loop of a subscriber that ended without close()
                waiter.get_loop().call_soon_threadsafe(_wake, waiter)
        self._waiting.clear()


class Subscriptions:
    """All subscriptions of a lab; false where there are none. Any thread can subscribe."""

    def __init__(self) -> None:
        self._all: tuple[Subscription, ...] = ()  # replaced as a whole, so that it can be read without the lock
        self._ended = False
        self._changing = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._all)

    def subscribe(self, limit: int) -> Subscription:
        """A new subscription, which holds ``limit`` events at most. After ``end()``, it is closed already."""
        made = Subscription(limit, self._remove)
        with self._changing:
            self._all = (*self._all, made)
        if self._ended:
            made.close()
        return made

    def publish(self, session: str, number: int, events: Sequence[Event]) -> None:
        """Add ``events`` of ``session`` to every subscription; ``number`` is the place of the first one."""
        items = [SessionEvent(session, number + place, event) for place, event in enumerate(events)]
        for subscription in self._all:
            for item in items:
                subscription.put(item)

    def end(self) -> None:
        """The lab has stopped: the events that are held can be read, and no more follow."""
        self._ended = True
        for subscription in self._all:
            subscription.end()

    def _remove(self, subscription: Subscription) -> None:
        with self._changing:
            self._all = tuple(one for one in self._all if one is not subscription)


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():  # it was cancelled in the meantime
        waiter.set_result(None)


def _size(event: Event) -> int:
    """The bytes of the session in an event."""
    if isinstance(event, Received | Unsolicited):
        return len(event.reply.raw)
    return len(event.data) if isinstance(event, Sent | Injected) else 0
