"""The end of TLS: close_notify goes out wherever this client closes; and the channel without a network."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from secure import SecureServer, secure_server
from smtpscope.dialogue.plan import Target, Tls
from smtpscope.dialogue.step import HangUp, Listen, Send, StartTls
from smtpscope.lab.net.tls import Authority
from smtpscope.model.event import Event, GaveUp, Interrupted, Secured, Sent, TimedOut
from smtpscope.net import asynchronous, blocking
from smtpscope.net.channel import AHEAD, Channel, ReplyQueue
from smtpscope.net.clock import Clock, StoppedClock
from smtpscope.net.connection import Connection
from smtpscope.net.request import Close, Poll, Read, Trouble, Write
from smtpscope.protocol.phase import TIMEOUTS, Phase
from smtpscope.tunnel import Tunnel
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.dialogue.step import Dialogue, Step
    from smtpscope.net.request import Outcome, Request

BANNER, BYE = b"220 hi\r\n", b"221 bye\r\n"


def dialogue(server: SecureServer, *steps: Step) -> Dialogue:
    """TLS, the banner, and ``steps``."""
    yield StartTls(Tls(ca=server.ca_file, name="localhost"), True)
    yield Listen()
    for step in steps:  # noqa: UP028 - each is sent an answer
        yield step


def with_blocking(server: SecureServer, *steps: Step) -> list[Event]:
    limits = {**dict.fromkeys(TIMEOUTS, 10.0), Phase.OTHER: 0.3}
    session = blocking.converse(Target(), "127.0.0.1", server.port, dialogue(server, *steps), limits, Clock())
    return list(session)


def with_asyncio(server: SecureServer, *steps: Step) -> list[Event]:
    limits = {**dict.fromkeys(TIMEOUTS, 10.0), Phase.OTHER: 0.3}
    session = asynchronous.converse(Target(), "127.0.0.1", server.port, dialogue(server, *steps), limits)

    async def collect() -> list[Event]:
        return [event async for event in session]

    return asyncio.run(collect())


ENDS: dict[str, tuple[tuple[bytes | str, ...], tuple[Step, ...], type[Event]]] = {
    "after QUIT": ((BANNER, "line", BYE), (Send(b"QUIT"),), Secured),
    "hang-up": ((BANNER,), (HangUp(),), Secured),
    "end of the dialogue": ((BANNER,), (), Secured),
    "timeout": ((BANNER,), (Send(b"NOOP"),), TimedOut),
    "flood": ((BANNER + b"250 x\r\n" * 3 * AHEAD, "line"), (Send(b"NOOP"),), Secured),
    "too long a reply": ((BANNER, "line", b"250-x\r\n" * 100_000), (Send(b"EHLO x"),), GaveUp),
}


@pytest.mark.parametrize("hold", [with_blocking, with_asyncio])
@pytest.mark.parametrize("end", ENDS)
def test_tls_is_ended_with_close_notify(tmp_path: Path, end: str, hold: Callable[..., list[Event]]) -> None:
    acts, steps, seen = ENDS[end]
    with secure_server(tmp_path, *acts) as server:
        events = hold(server, *steps)
    assert any(isinstance(event, seen) for event in events)
    assert server.end == "close_notify"


@pytest.mark.parametrize("command", [b"NOOP", b"QUIT"])
def test_ctrl_c_ends_tls_with_close_notify(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: bytes) -> None:
    read = Connection.read
    pressed: list[bool] = []

    def interrupted(connection: Connection, limit: float) -> bytes | Trouble:
        if pressed:
            pressed.clear()
            raise KeyboardInterrupt
        return read(connection, limit)

    monkeypatch.setattr(Connection, "read", interrupted)
    events: list[Event] = []
    with secure_server(tmp_path, BANNER) as server:
        work = dialogue(server, Send(command))
        limits = dict.fromkeys(TIMEOUTS, 10.0)
        for event in blocking.converse(Target(), "127.0.0.1", server.port, work, limits, Clock()):
            events.append(event)
            if isinstance(event, Sent) and event.data == command and not pressed:
                pressed.append(True)  # while its reply is awaited
    assert sum(isinstance(event, Interrupted) for event in events) == 1
    assert server.heard == (b"NOOP\r\nQUIT\r\n" if command == b"NOOP" else b"QUIT\r\n")
    assert server.end == "close_notify"


# ------------------------------------------------------------------------------------------------ without a network


class Peer:
    """The server's side of TLS in memory, and the requests of a channel."""

    def __init__(self, folder: Path) -> None:
        self._authority = Authority(str(folder), ("localhost",), time.time())
        self.tunnel = Tunnel(self._authority.context(), server_side=True)
        self.channel = Channel(StoppedClock())
        self._to_send = b""
        event = self.carry_out(
            self.channel.start_tls(Tls(ca=self._authority.ca_file, name="localhost"), True, "localhost", 5.0)
        )
        assert isinstance(event, Secured)

    def carry_out(self, work: Generator[Request, Outcome, object], **answers: Outcome) -> object:
        """Let the peer answer every request; ``answers``: those of a kind that are made up."""
        outcome: Outcome = None
        self.requests: list[Request] = []
        while True:
            try:
                request = work.send(outcome)
            except StopIteration as end:
                return end.value
            self.requests.append(request)
            kind = type(request).__name__
            outcome = answers[kind] if kind in answers else self._answer(request)

    def _answer(self, request: Request) -> Outcome:
        match request:
            case Write(data=data) if not self.tunnel.established:
                self._to_send += self.tunnel.shake(data).octets
            case Read() | Poll():
                given, self._to_send = self._to_send, b""
                return given
        return None

    def say(self, text: bytes) -> bytes:
        """``text`` as it comes to the client, after the session tickets; without text, close_notify."""
        given, self._to_send = self._to_send, b""
        return given + (self.tunnel.seal(text).octets if text else self.tunnel.close())


@pytest.fixture
def peer(tmp_path: Path) -> Peer:
    return Peer(tmp_path)


def test_close_notify_is_the_last_thing_that_the_peer_reads(peer: Peer) -> None:
    peer.carry_out(peer.channel.close())
    [farewell, last] = peer.requests
    assert isinstance(farewell, Write)
    assert last == Close()
    assert not peer.tunnel.closed
    assert peer.tunnel.open(farewell.data).error is None
    assert peer.tunnel.closed


def test_after_half_of_a_record_nothing_more_is_sent(peer: Peer) -> None:
    work = peer.channel.write(b"x" * 100_000, 5.0)
    assert isinstance(next(work), Write)
    with pytest.raises(KeyboardInterrupt):
        work.throw(KeyboardInterrupt)
    peer.carry_out(peer.channel.close())
    assert peer.requests == [Close()]


def test_where_the_network_refused_a_write_close_notify_is_not_tried(peer: Peer) -> None:
    broken = Trouble("reset", "Broken pipe")  # type: ignore[arg-type]
    assert peer.carry_out(peer.channel.write(b"NOOP\r\n", 5.0), Write=broken) == broken
    peer.carry_out(peer.channel.close())
    assert peer.requests == [Close()]


def test_text_that_comes_in_pieces_needs_several_reads(peer: Peer) -> None:
    octets = peer.say(b"220 hi\r\n")
    work = peer.channel.read(5.0)
    assert isinstance(next(work), Read)
    assert isinstance(work.send(octets[:-10]), Read)
    with pytest.raises(StopIteration) as end:
        work.send(octets[-10:])
    assert end.value.value == b"220 hi\r\n"


def test_what_is_no_tls_is_trouble_and_what_came_before_is_text(peer: Peer) -> None:
    outcome = peer.carry_out(peer.channel.poll(), Poll=peer.say(b"220 hi\r\n") + b"421 in plain text\r\n")
    assert outcome == b"220 hi\r\n"
    outcome = peer.carry_out(peer.channel.read(5.0), Read=b"more")
    assert isinstance(outcome, Trouble)
    assert outcome.kind == "tls"


def test_a_peer_that_ends_tls_has_closed(peer: Peer) -> None:
    assert peer.carry_out(peer.channel.read(5.0), Read=peer.say(b"")) == b""
    assert peer.carry_out(peer.channel.poll()) == b""


def test_a_trouble_that_nobody_waited_for_is_kept() -> None:
    channel = Channel(StoppedClock())
    reset = Trouble("reset", "Connection reset by peer")  # type: ignore[arg-type]
    poll = channel.poll()
    next(poll)
    with pytest.raises(StopIteration):
        poll.send(reset)
    with pytest.raises(StopIteration) as written:
        next(channel.write(b"NOOP\r\n", 5.0))
    assert written.value.value == reset
    with pytest.raises(StopIteration) as end:
        next(channel.read(5.0))
    assert end.value.value == reset


def test_of_a_flood_only_the_first_replies_are_kept() -> None:
    queue = ReplyQueue()
    queue.feed(b"250 x\r\n" * (AHEAD + 5) + b"250-half")
    assert queue.surplus == 5
    assert not queue.flooded
    assert len(queue.take(3)) == 3
    assert queue.next().code == 250
    assert queue.pending == b"250-half"
    assert queue.discard() == b"250 x\r\n" * (AHEAD - 4) + b"250-half"
    assert not queue
    assert queue.pending == b""
