"""The asyncio driver: carries out a session's requests without blocking, for programs that hold many sessions at once.

It is the equal of the blocking driver (net/blocking.py): the same requests, limits, and events, in the same order.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
from collections.abc import AsyncGenerator, Collection, Mapping

from smtpscope.model.event import Event
from smtpscope.model.vocabulary import FailureKind
from smtpscope.net.client import run_client
from smtpscope.net.clock import Clock
from smtpscope.net.connection import PIECE, Connection, open_socket, trouble
from smtpscope.net.request import Close, Connect, Poll, Read, Resolve, Trouble, Write
from smtpscope.net.resolver import ask_system, configure, join_addresses, record_types
from smtpscope.net.signals import Stop
from smtpscope.net.system import start_thread
from smtpscope.protocol.address import is_address
from smtpscope.protocol.phase import TIMEOUTS, Phase
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

    from smtpscope.dialogue.plan import Target
    from smtpscope.dialogue.step import Dialogue
    from smtpscope.net.request import Outcome, Request


async def converse(
    target: Target,
    host: str,
    port: int,
    dialogue: Dialogue,
    timeouts: Mapping[Phase, float] = TIMEOUTS,
    clock: Clock | None = None,
    patience: float = 0.0,
    known: Collection[str] = (),
) -> AsyncGenerator[Event, None]:
    """Connect to ``host`` and hold ``dialogue``; yields the events, Done last. Parameters and errors: net/blocking.py.

    A cancellation ends the session as Ctrl-C does: QUIT is sent where the server would understand it, the last events
    are yielded, then CancelledError is raised. A second cancellation closes the connection at once.
    """
    work = run_client(target, host, port, dialogue, timeouts, clock or Clock(), patience, known)
    driver = Driver()
    outcome: Outcome = None
    stop, canceled = None, None
    try:
        while True:
            try:
                item = work.throw(stop) if stop else work.send(outcome)
                outcome = stop = None
                if isinstance(item, Event):
                    yield item
                else:
                    outcome = await driver.carry_out(item)
            except StopIteration:
                break
            except asyncio.CancelledError as error:
                if canceled:
                    raise
                canceled, stop = error, Stop()
    finally:
        driver.close()
    if canceled:
        raise canceled


class Driver:
    """Carries out requests in the running event loop. It has one connection at the most."""

    def __init__(self) -> None:
        self._connection: Connection | None = None

    async def carry_out(self, request: Request) -> Outcome:
        """The outcome of one request."""
        match request:
            case Resolve(host=host, target=target, limit=limit):
                return await find_addresses(host, target, limit)
            case Connect():
                return await self._connect(request)
        assert self._connection is not None
        match request:
            case Write(data=data, limit=limit):
                return await _write(self._connection, data, limit)
            case Read(limit=limit):
                return await _read(self._connection, limit)
            case Poll():
                return self._connection.poll()
            case Close():
                self._connection.close()
        return None

    async def _connect(self, request: Connect) -> Outcome:
        try:
            socket = open_socket(request.address, request.source)
        except OSError as error:
            return trouble(error)
        try:
            self._connection = Connection(socket, await _establish(socket, request))
        except OSError as error:
            socket.close()
            # asyncio has words of its own for an error number.
            return trouble(OSError(error.errno, os.strerror(error.errno)) if error.errno else error)
        except BaseException:
            socket.close()
            raise
        return self._connection.local

    def close(self) -> None:
        """Close the connection, if there is one, without a word."""
        if self._connection is not None:
            self._connection.close()


async def _establish(socket: socket.socket, request: Connect) -> Trouble | None:
    """Connect. Returns the reset of a connection that was established and reset at once. Raises OSError."""
    socket.setblocking(False)
    try:
        async with asyncio.timeout(request.limit):
            await asyncio.get_running_loop().sock_connect(socket, (request.address, request.port))
    except ConnectionResetError:  # a connection that is not established is refused, not reset
        return trouble(OSError(errno.ECONNRESET, os.strerror(errno.ECONNRESET)))
    return None


async def _write(connection: Connection, data: bytes, limit: float) -> Trouble | None:
    if connection.reset:
        return connection.reset
    try:
        async with asyncio.timeout(limit):
            await asyncio.get_running_loop().sock_sendall(connection.socket, data)
    except OSError as error:
        return trouble(error)
    return None


async def _read(connection: Connection, limit: float) -> bytes | Trouble:
    if connection.reset:
        return connection.reset
    await asyncio.sleep(0)  # data that has arrived is read without a wait, and other sessions need their turn
    try:
        async with asyncio.timeout(max(limit, 0.001)):
            return await asyncio.get_running_loop().sock_recv(connection.socket, PIECE)
    except OSError as error:
        return trouble(error)


async def find_addresses(host: str, target: Target, timeout: float) -> tuple[str, ...] | Trouble:
    """The addresses of ``host``, as net/resolver.py finds them. Raises UsageError."""
    if is_address(host):
        return (host,)
    if target.resolver:
        return await _ask_dns(host, target, timeout)
    try:
        async with asyncio.timeout(timeout):
            return await _ask_system(host, target)
    except TimeoutError:
        return Trouble(FailureKind.DNS, "")


async def _ask_dns(host: str, target: Target, timeout: float) -> tuple[str, ...] | Trouble:
    import dns.asyncresolver
    import dns.exception
    import dns.resolver

    resolver = dns.asyncresolver.Resolver(configure=False)
    configure(resolver, target, timeout)
    answers: list[dns.resolver.Answer | dns.exception.DNSException] = []
    for kind in record_types(target.family):
        try:
            answers.append(await resolver.resolve(host, kind, search=False))
        except dns.exception.DNSException as error:
            answers.append(error)
    return join_addresses(answers)


async def _ask_system(host: str, target: Target) -> tuple[str, ...] | Trouble:
    """Ask in a thread that can be abandoned: the program would wait for a thread of the loop's executor."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[tuple[str, ...] | Trouble] = loop.create_future()

    def settle(found: tuple[str, ...] | Trouble) -> None:
        if not answer.done():
            answer.set_result(found)

    def ask() -> None:
        found = ask_system(host, target)
        with contextlib.suppress(RuntimeError):  # the loop was closed in the meantime
            loop.call_soon_threadsafe(settle, found)

    start_thread(ask)
    return await answer
