"""The loop between a dialogue and a connection, without I/O: what both drivers share.

``exchange`` is a generator. It yields events, for the reader of the conversation, and requests (Write, Read, Close),
which the driver carries out; the driver sends back what came of a request.
"""

from __future__ import annotations

from smtpscope.dialogue.step import Burst, Closed, HangUp, Listen, Note, Pause, Payload, Raw, Send, Silence
from smtpscope.events import Disconnected, Event, Failed, Noted, Received, Sent, TimedOut, Unsolicited
from smtpscope.protocol.phase import BLOCK_TIMEOUT, TIMEOUTS, Phase
from smtpscope.protocol.reply import Defect, Reply, ReplyReader
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from typing import TypeAlias

    from smtpscope.dialogue.step import Answer, Dialogue, Step
    from smtpscope.engine.clock import Clock


class Write(Value):
    """Send all of ``data`` within ``limit`` seconds. Comes back as None, or Trouble."""

    data: bytes
    limit: float


class Read(Value):
    """Receive something within ``limit`` seconds. Comes back as octets (none: the peer closed), or Trouble."""

    limit: float


class Close(Value):
    """Close the connection. Comes back as None."""


class Trouble(Value):
    """What the network said. ``kind`` is that of a Failed event; ``timeout`` when nothing came in time."""

    kind: str
    reason: str


if TYPE_CHECKING:
    Request: TypeAlias = Write | Read | Close
    Outcome: TypeAlias = bytes | Trouble | None
    Work: TypeAlias = Generator[Event | Request, Outcome, Answer]


def exchange(
    dialogue: Dialogue, target: str, timeouts: Mapping[Phase, float], clock: Clock
) -> Generator[Event | Request, Outcome, None]:
    """Hold ``dialogue`` over a connection that stands; ``target`` is ``address:port``, for what is reported."""
    session = Exchange(target, timeouts, clock)
    try:
        step = next(dialogue)
        while True:
            answer = yield from session.take(step)
            step = dialogue.send(answer)
    except StopIteration:
        yield from session.hang_up()


class Exchange:
    """One connection: its reader, what has been received and not yet asked for, and whether it still stands."""

    def __init__(self, target: str, timeouts: Mapping[Phase, float], clock: Clock) -> None:
        self._target, self._timeouts, self._clock = target, timeouts, clock
        self._reader = ReplyReader()
        self._replies: list[Reply] = []
        self._phase = Phase.BANNER
        self._open = True

    def take(self, step: Step) -> Work:
        """Carry out one step. Returns the answer for the dialogue."""
        if isinstance(step, Note):
            yield Noted(self._clock.now(), step.phase, step.topic, step.details)
            return Silence(0)
        if isinstance(step, HangUp):
            yield from self.hang_up()
        if not self._open:
            return Closed()
        match step:
            case Listen(phase=phase, command=command):
                return (yield from self._receive(phase, command))
            case Send():
                return (yield from self._send((step,)))
            case Burst(sends=sends):
                return (yield from self._send(sends))
            case Payload():
                return (yield from self._send_body(step))
            case Raw():
                return (yield from self._throw(step))
            case Pause(seconds=seconds):
                return (yield from self._pause(seconds))
        return Closed()

    def hang_up(self) -> Generator[Event | Request, Outcome, None]:
        """Close the connection if it still stands."""
        if self._open:
            yield from self._unasked()
            yield Close()
            yield from self._end("us")

    def _send(self, sends: tuple[Send, ...]) -> Work:
        yield from self._unasked()
        first = sends[0]
        outcome = yield Write(b"".join(send.line + b"\r\n" for send in sends), self._limit(first.phase))
        for send in sends:
            yield Sent(self._clock.now(), send.phase, send.mask or send.line, False, bool(send.mask))
        command = (first.mask or first.line).decode("utf-8", "surrogateescape")
        return (yield from self._receive(first.phase, command, outcome))

    def _send_body(self, step: Payload) -> Work:
        yield from self._unasked()
        outcome: Outcome = None
        lead = step.lead
        if lead:
            yield Sent(self._clock.now(), step.phase, lead.removesuffix(b"\r\n"))
        for block in step.body:
            outcome = yield Write(lead + block, min(BLOCK_TIMEOUT, self._limit(step.phase)))
            lead = b""
            if outcome is not None:
                break
            yield Sent(self._clock.now(), step.phase, block, True)
        return (yield from self._receive(step.phase, step.command, outcome))

    def _throw(self, step: Raw) -> Work:
        """Write and read nothing: replies that have come already are left for the Listen that asks for them."""
        if (yield Write(step.data, self._limit(step.phase))) is None:
            shown = step.mask or (step.data if step.body else step.data.removesuffix(b"\r\n"))
            yield Sent(self._clock.now(), step.phase, shown, step.body, bool(step.mask))
        return Silence(0)

    def _pause(self, seconds: float) -> Work:
        end = self._clock.monotonic() + seconds
        while (left := end - self._clock.monotonic()) > 0:
            outcome = yield Read(left)
            if not isinstance(outcome, bytes) or not outcome:
                break
            self._replies += self._reader.feed(outcome)
        return Silence(seconds)

    def _receive(self, phase: Phase, command: str, written: Outcome = None) -> Work:
        """The next reply. A whole reply must come within the limit of the phase (RFC 5321 section 4.5.3.2).

        Where writing broke, the server may have said why before it closed: that is read first.
        """
        self._phase = phase
        begun = self._clock.monotonic()
        limit = self._limit(phase) if written is None else min(2.0, self._limit(phase))
        while not self._replies:
            outcome = yield Read(max(begun + limit - self._clock.monotonic(), 0.0))
            if not isinstance(outcome, bytes) or not outcome:
                return (yield from self._give_up(phase, limit, written or outcome))
            self._replies += self._reader.feed(outcome)
        reply = self._replies.pop(0)
        now = self._clock.now()
        yield Received(now, phase, reply, command, self._clock.monotonic() - begun)
        if Defect.TOO_LONG in reply.defects:
            yield Noted(now, phase, "flood", (("octets", str(len(reply.raw) + reply.dropped)),))
            yield from self.hang_up()
            return Closed()
        return reply

    def _give_up(self, phase: Phase, limit: float, outcome: Outcome) -> Work:
        """Nothing more will come: say why. Only silence leaves the connection open, and then it is closed by us."""
        if isinstance(outcome, Trouble) and outcome.kind == "timeout":
            yield TimedOut(self._clock.now(), phase, limit, self._reader.pending)
            yield Close()
            yield from self._end("us")
            return Silence(limit)
        if isinstance(outcome, Trouble):
            yield Failed(self._clock.now(), phase, outcome.kind, self._target, outcome.reason)
        yield Close()
        yield from self._end("peer")
        return Closed()

    def _end(self, by: str) -> Generator[Event | Request, Outcome, None]:
        self._open = False
        yield Disconnected(self._clock.now(), self._phase, by, self._reader.pending)

    def _unasked(self) -> Generator[Event | Request, Outcome, None]:
        """Replies that came before anything was asked."""
        for reply in self._replies:
            yield Unsolicited(self._clock.now(), self._phase, reply)
        self._replies.clear()

    def _limit(self, phase: Phase) -> float:
        return self._timeouts.get(phase, TIMEOUTS[Phase.OTHER])
