"""The blocking driver: one server, each of its addresses in turn, one conversation."""

from __future__ import annotations

from smtpscope.model.event import (
    Connected,
    Connecting,
    Done,
    Event,
    Failed,
    Interrupted,
    Noted,
    Resolved,
    Skipped,
)
from smtpscope.model.vocabulary import Lookup, Skip, Topic
from smtpscope.net.client import run_session
from smtpscope.net.connection import Connection, connect
from smtpscope.net.request import Close, Poll, Read, Trouble, Write
from smtpscope.net.resolver import find_addresses
from smtpscope.net.signals import INTERRUPTIBLE, signal_name
from smtpscope.protocol.address import is_address
from smtpscope.protocol.endpoint import format_endpoint
from smtpscope.protocol.phase import Phase
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterator, Mapping

    from smtpscope.dialogue.plan import Target
    from smtpscope.dialogue.step import Dialogue
    from smtpscope.net.clock import Clock
    from smtpscope.net.request import Outcome, Request


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
    """Connect to ``host`` and hold ``dialogue``; yields the events, Done last. Ctrl-C is answered with QUIT.

    ``patience``: see exchange. ``known``: addresses that were tried already, under another name; they are not again.
    """
    try:
        connection = yield from reach(target, host, port, timeouts, clock, known)
    except KeyboardInterrupt as stop:
        yield Interrupted(clock.now(), Phase.CONNECT, signal_name(stop))
        connection = None
    if connection is not None:
        place = format_endpoint(host, port)
        yield from _hold(connection, run_session(dialogue, place, timeouts, clock, host, patience))
    yield Done(clock.now(), host)


def reach(
    target: Target,
    host: str,
    port: int,
    timeouts: Mapping[Phase, float],
    clock: Clock,
    known: Collection[str] = (),
) -> Generator[Event, None, Connection | None]:
    """The first address that lets us connect; each failure on the way is an event."""
    with INTERRUPTIBLE:
        found = find_addresses(host, target, timeouts[Phase.RESOLVE])
    if isinstance(found, Trouble):
        yield Failed(clock.now(), Phase.RESOLVE, found.kind, host, found.reason)
        return None
    if not is_address(host):
        yield Resolved(clock.now(), host, Lookup.ADDRESS, found)
    fresh = [address for address in found if address not in known]
    if not fresh:
        yield Skipped(clock.now(), host, Skip.SAME_ADDRESS, found[0])
    if len(fresh) > target.most:
        details = (("host", host), ("count", str(len(fresh))), ("limit", str(target.most)))
        yield Noted(clock.now(), Phase.CONNECT, Topic.ADDRESS_LIMIT, details)
    for address in fresh[: target.most]:
        yield Connecting(clock.now(), host, address, port)
        with INTERRUPTIBLE:
            outcome = connect(address, port, target.source, timeouts[Phase.CONNECT])
        if isinstance(outcome, Connection):
            yield Connected(clock.now(), host, address, port, outcome.local)
            return outcome
        yield Failed(clock.now(), Phase.CONNECT, outcome.kind, format_endpoint(address, port), outcome.reason)
    return None


def _hold(connection: Connection, session: Generator[Event | Request, Outcome, None]) -> Iterator[Event]:
    outcome: Outcome = None
    stop: KeyboardInterrupt | None = None
    try:
        while True:
            try:
                item = session.throw(stop) if stop else session.send(outcome)
                stop, outcome = None, None
                if isinstance(item, Event):
                    yield item
                else:
                    outcome = _carry_out(connection, item)
            except KeyboardInterrupt as error:
                if error is stop:  # Ctrl-C during the farewell too
                    return
                stop = error
    except StopIteration:
        pass
    finally:
        connection.close()


def _carry_out(connection: Connection, request: Request) -> Outcome:
    match request:
        case Write(data=data, limit=limit):
            with INTERRUPTIBLE:
                return connection.write(data, limit)
        case Read(limit=limit):
            with INTERRUPTIBLE:
                return connection.read(limit)
        case Poll():
            return connection.poll()
        case Close():
            connection.close()
    return None
