"""The blocking driver: carries out a session's requests with a blocking socket. Ctrl-C interrupts the session."""

from __future__ import annotations

from smtpscope.model.event import Event
from smtpscope.net.client import run_client
from smtpscope.net.connection import connect
from smtpscope.net.request import Close, Connect, Poll, Read, Resolve, Trouble, Write
from smtpscope.net.resolver import find_addresses
from smtpscope.net.signals import INTERRUPTIBLE
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterator, Mapping
    from typing import TypeVar

    from smtpscope.dialogue.plan import Target
    from smtpscope.dialogue.step import Dialogue
    from smtpscope.net.clock import Clock
    from smtpscope.net.connection import Connection
    from smtpscope.net.request import Outcome, Request
    from smtpscope.protocol.phase import Phase

    T = TypeVar("T")


def converse(
    target: Target,
    host: str,
    port: int,
    dialogue: Dialogue,
    timeouts: Mapping[Phase, float],
    clock: Clock,
    patience: float = 0.0,
    known: Collection[str] = (),
) -> Iterator[Event]:
    """Connect to ``host`` and hold ``dialogue``; yields the events, Done last. After Ctrl-C, QUIT is sent.

    ``patience`` and ``known`` as in net/client.py. Raises LocalError for a source address that this machine does not
    have, UsageError for a DNS server that is no address.
    """
    driver = Driver()
    try:
        yield from driver.run(run_client(target, host, port, dialogue, timeouts, clock, patience, known))
    finally:
        driver.close()


class Driver:
    """Carries out requests, waiting for each. It has one connection at the most."""

    def __init__(self) -> None:
        self._connection: Connection | None = None

    def run(self, work: Generator[Event | Request, Outcome, T]) -> Generator[Event, None, T]:
        """Yield the events of ``work`` and carry out its requests. Returns what it returns.

        KeyboardInterrupt is thrown into ``work``, which may handle it.
        """
        outcome: Outcome = None
        stop: KeyboardInterrupt | None = None
        while True:
            try:
                item = work.throw(stop) if stop else work.send(outcome)
                outcome = stop = None
                if isinstance(item, Event):
                    yield item
                else:
                    outcome = self.carry_out(item)
            except StopIteration as end:
                result: T = end.value
                return result
            except KeyboardInterrupt as error:
                if error is stop:  # it was not handled
                    raise
                stop = error

    def carry_out(self, request: Request) -> Outcome:
        """The outcome of one request. Raises KeyboardInterrupt where the wait is interrupted."""
        match request:
            case Resolve(host=host, target=target, limit=limit):
                with INTERRUPTIBLE:
                    return find_addresses(host, target, limit)
            case Connect():
                return self._connect(request)
        assert self._connection is not None
        match request:
            case Write(data=data, limit=limit):
                with INTERRUPTIBLE:
                    return self._connection.write(data, limit)
            case Read(limit=limit):
                with INTERRUPTIBLE:
                    return self._connection.read(limit)
            case Poll():
                return self._connection.poll()
            case Close():
                self._connection.close()
        return None

    def _connect(self, request: Connect) -> Outcome:
        with INTERRUPTIBLE:
            made = connect(request.address, request.port, request.source, request.limit)
        if isinstance(made, Trouble):
            return made
        self._connection = made
        return made.local

    def fileno(self) -> int:
        """The file descriptor of the connection, for select and event loops."""
        assert self._connection is not None
        return self._connection.fileno()

    def close(self) -> None:
        """Close the connection, if there is one, without a word."""
        if self._connection is not None:
            self._connection.close()
