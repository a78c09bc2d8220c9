"""The asyncio driver: the same exchange, for programs that hold many conversations at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator, Mapping

from smtpscope.model.event import Connected, Connecting, Done, Event, Failed
from smtpscope.net.client import run_session
from smtpscope.net.clock import Clock
from smtpscope.net.connection import PIECE, trouble
from smtpscope.net.request import Close, Poll, Read, Write
from smtpscope.protocol.endpoint import format_endpoint
from smtpscope.protocol.phase import TIMEOUTS, Phase
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.dialogue.step import Dialogue
    from smtpscope.net.request import Outcome, Request


async def converse(
    host: str, port: int, dialogue: Dialogue, timeouts: Mapping[Phase, float] = TIMEOUTS, clock: Clock | None = None
) -> AsyncIterator[Event]:
    """Connect to ``host`` and hold ``dialogue``; yields the events, Done last."""
    clock = clock or Clock()
    place = format_endpoint(host, port)
    yield Connecting(clock.now(), host, host, port)
    try:
        async with asyncio.timeout(timeouts[Phase.CONNECT]):
            reader, writer = await asyncio.open_connection(host, port)
    except OSError as error:
        failure = trouble(error)
        yield Failed(clock.now(), Phase.CONNECT, failure.kind, place, failure.reason)
        yield Done(clock.now(), host)
        return
    try:
        yield Connected(clock.now(), host, host, port, format_endpoint(*writer.get_extra_info("sockname")[:2]))
        async for event in _hold(reader, writer, run_session(dialogue, place, timeouts, clock, host)):
            yield event
    finally:
        writer.close()
    yield Done(clock.now(), host)


async def _hold(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, session: Generator[Event | Request, Outcome, None]
) -> AsyncIterator[Event]:
    outcome: Outcome = None
    while True:
        try:
            item = session.send(outcome)
        except StopIteration:
            return
        outcome = None
        if isinstance(item, Event):
            yield item
        else:
            outcome = await _carry_out(reader, writer, item)


async def _carry_out(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request) -> Outcome:
    try:
        match request:
            case Write(data=data, limit=limit):
                writer.write(data)
                async with asyncio.timeout(limit):
                    await writer.drain()
            case Read(limit=limit):
                async with asyncio.timeout(max(limit, 0.001)):
                    return await reader.read(PIECE)
            case Poll():
                return await _poll(reader)
            case Close():
                writer.close()
    except OSError as error:
        return trouble(error)
    return None


async def _poll(reader: asyncio.StreamReader) -> bytes | None:
    """What is there already; None where nothing is."""
    try:
        async with asyncio.timeout(0):
            return await reader.read(PIECE)
    except TimeoutError:
        return None
