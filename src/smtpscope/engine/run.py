"""The blocking driver: one server, each of its addresses in turn, one conversation."""

from __future__ import annotations

from smtpscope.engine.exchange import Close, Read, Trouble, Write, exchange
from smtpscope.engine.resolve import find_addresses
from smtpscope.engine.transport import Connection, connect, endpoint, is_address
from smtpscope.events import (
    Connected,
    Connecting,
    Disconnected,
    Done,
    Event,
    Failed,
    Interrupted,
    Received,
    Resolved,
    Sent,
)
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import ReplyReader
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from smtpscope.dialogue.plan import Target
    from smtpscope.dialogue.step import Dialogue
    from smtpscope.engine.clock import Clock
    from smtpscope.engine.exchange import Outcome, Request

# Seconds for the farewell after Ctrl-C.
FAREWELL = 2.0

# Behind DATA, what we send is content until the dot: QUIT would become a line of the message.
_NO_QUIT = (Phase.CONNECT, Phase.BANNER, Phase.DATA, Phase.END_OF_DATA, Phase.QUIT)


def converse(
    target: Target, host: str, port: int, dialogue: Dialogue, timeouts: Mapping[Phase, float], clock: Clock
) -> Iterator[Event]:
    """Connect to ``host`` and hold ``dialogue``; yields the events, Done last. Ctrl-C is answered with QUIT."""
    try:
        connection = yield from _reach(target, host, port, timeouts, clock)
    except KeyboardInterrupt:
        yield Interrupted(clock.now(), Phase.CONNECT)
        connection = None
    if connection is not None:
        yield from _hold(connection, exchange(dialogue, endpoint(host, port), timeouts, clock), clock)
    yield Done(clock.now(), host)


def _reach(
    target: Target, host: str, port: int, timeouts: Mapping[Phase, float], clock: Clock
) -> Generator[Event, None, Connection | None]:
    """The first address that lets us connect; each failure on the way is an event."""
    found = find_addresses(host, target, timeouts[Phase.RESOLVE])
    if isinstance(found, Trouble):
        yield Failed(clock.now(), Phase.RESOLVE, found.kind, host, found.reason)
        return None
    if not is_address(host):
        yield Resolved(clock.now(), host, "address", found)
    for address in found:
        yield Connecting(clock.now(), host, address, port)
        outcome = connect(address, port, target.source, timeouts[Phase.CONNECT])
        if isinstance(outcome, Connection):
            yield Connected(clock.now(), host, address, port, outcome.local)
            return outcome
        yield Failed(clock.now(), Phase.CONNECT, outcome.kind, endpoint(address, port), outcome.reason)
    return None


def _hold(connection: Connection, talk: Generator[Event | Request, Outcome, None], clock: Clock) -> Iterator[Event]:
    phase = Phase.BANNER
    outcome: Outcome = None
    try:
        while True:
            item = talk.send(outcome)
            outcome = None
            if isinstance(item, Event):
                phase = getattr(item, "phase", phase)
                yield item
            else:
                outcome = _carry_out(connection, item)
    except StopIteration:
        pass
    except KeyboardInterrupt:
        yield from _say_farewell(connection, phase, clock)
    finally:
        connection.close()


def _carry_out(connection: Connection, request: Request) -> Outcome:
    match request:
        case Write(data=data, limit=limit):
            return connection.write(data, limit)
        case Read(limit=limit):
            return connection.read(limit)
        case Close():
            connection.close()
    return None


def _say_farewell(connection: Connection, phase: Phase, clock: Clock) -> Iterator[Event]:
    """QUIT and its answer, where QUIT would be understood; then the end."""
    yield Interrupted(clock.now(), phase)
    if phase not in _NO_QUIT and connection.write(b"QUIT\r\n", FAREWELL) is None:
        yield Sent(clock.now(), Phase.QUIT, b"QUIT")
        begun = clock.monotonic()
        answer = connection.read(FAREWELL)
        for reply in ReplyReader().feed(answer) if isinstance(answer, bytes) else ():
            yield Received(clock.now(), Phase.QUIT, reply, "QUIT", clock.monotonic() - begun)
    yield Disconnected(clock.now(), Phase.QUIT, "us")
