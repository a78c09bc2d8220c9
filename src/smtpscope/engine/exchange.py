"""The loop between a dialogue and a connection, without I/O: what both drivers share.

``exchange`` is a generator. It yields events, for the reader of the conversation, and requests (Write, Read, Close),
which the driver carries out; the driver sends back what came of a request.
"""

from __future__ import annotations

from smtpscope.dialogue.step import Burst, Closed, HangUp, Listen, Note, Pause, Payload, Raw, Send, Silence, StartTls
from smtpscope.engine.interrupt import signal_name
from smtpscope.engine.request import Close, Read, Trouble, Write
from smtpscope.events import (
    Disconnected,
    Event,
    Failed,
    Injected,
    Interrupted,
    Noted,
    Received,
    Secured,
    Sent,
    TimedOut,
    Unsolicited,
    Waiting,
)
from smtpscope.language import _
from smtpscope.protocol.phase import BLOCK_TIMEOUT, TIMEOUTS, Phase
from smtpscope.protocol.reply import Defect, ReplyReader
from smtpscope.protocol.secret import hide, hide_in_reply
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from typing import TypeAlias

    from smtpscope.dialogue.step import Answer, Dialogue, Step
    from smtpscope.engine.clock import Clock
    from smtpscope.engine.request import Asking, Outcome, Request
    from smtpscope.protocol.reply import Reply
    from smtpscope.tunnel import Tunnel

    Work: TypeAlias = Generator[Event | Request, Outcome, Answer]

# Seconds without a greeting after which it is said that we wait: the probes may begin (docs/decisions/0004-probes.md).
EARLY = 5.0

# Replies that are kept before they are asked for (a pipelined group has far fewer), and shown when nobody asks.
AHEAD, UNASKED = 1000, 20

# Seconds for what is said without waiting for an answer.
FAREWELL = 2.0

# Behind DATA, what we send is content until the dot: QUIT would become a line of the message. In the handshake nobody
# would understand it.
_NO_QUIT = (Phase.BANNER, Phase.TLS, Phase.DATA, Phase.END_OF_DATA, Phase.QUIT)


def exchange(
    dialogue: Dialogue,
    target: str,
    timeouts: Mapping[Phase, float],
    clock: Clock,
    host: str = "",
    patience: float = 0.0,
) -> Generator[Event | Request, Outcome, None]:
    """Hold ``dialogue`` over a connection that stands; ``target`` is ``address:port``, for what is reported.

    host      the name that the server's certificate must carry
    patience  seconds behind the time-out in which a late greeting is still heard (the time that the reader of the
              events takes for himself counts)
    """
    session = Exchange(target, timeouts, clock, host, patience)
    try:
        step = next(dialogue)
        while True:
            answer = yield from session.take(step)
            step = dialogue.send(answer)
    except StopIteration:
        yield from session.hang_up()
    except KeyboardInterrupt as stop:  # a signal, which the driver throws in
        yield from session.say_farewell(signal_name(stop))


class Exchange:
    """One connection: its reader, what has been received and not yet asked for, and whether it still stands."""

    def __init__(
        self, target: str, timeouts: Mapping[Phase, float], clock: Clock, host: str = "", patience: float = 0.0
    ) -> None:
        self._target, self._timeouts, self._clock, self._host = target, timeouts, clock, host
        self._tunnel: Tunnel | None = None
        self._secrets: tuple[bytes, ...] = ()
        self._patience = patience
        self._reader = ReplyReader()
        self._replies: list[Reply] = []
        self._surplus = 0
        self._phase = Phase.BANNER
        self._open = True

    def take(self, step: Step) -> Work:
        """Carry out one step. Returns the answer for the dialogue."""
        if isinstance(step, Note):
            details = tuple((name, self._hide_text(text)) for name, text in step.details)
            yield Noted(self._clock.now(), step.phase, step.topic, details)
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
            case StartTls():
                return (yield from self._start_tls(step))
        return Closed()

    def hang_up(self) -> Generator[Event | Request, Outcome, None]:
        """Close the connection if it still stands."""
        if self._open:
            yield from self._unasked()
            if self._tunnel:
                yield Write(self._tunnel.close(), FAREWELL)
            yield Close()
            yield from self._end("us")

    def say_farewell(self, signal: str) -> Generator[Event | Request, Outcome, None]:
        """QUIT and its answer, where QUIT would be understood; then the end. ``signal``: INT, TERM or HUP."""
        yield Interrupted(self._clock.now(), self._phase, signal)
        if not self._open:
            return
        if self._phase not in _NO_QUIT and (yield from self._write(b"QUIT\r\n", FAREWELL)) is None:
            yield Sent(self._clock.now(), Phase.QUIT, b"QUIT")
            yield from self._hear_farewell()
        self._phase = Phase.QUIT
        yield Close()
        yield from self._end("us")

    def _hear_farewell(self) -> Generator[Event | Request, Outcome, None]:
        """The answer to QUIT; before it may come those to what was said when Ctrl-C came."""
        begun = self._clock.monotonic()
        while True:
            outcome = yield from self._read(begun + FAREWELL)
            if not isinstance(outcome, bytes) or not outcome:
                return
            for reply in self._reader.feed(outcome):
                if reply.code == 221:  # RFC 5321 section 4.3.2: the one good answer to QUIT
                    yield Received(self._clock.now(), Phase.QUIT, reply, "QUIT", self._clock.monotonic() - begun)
                    return
                yield Unsolicited(self._clock.now(), self._phase, self._hide(reply))

    def _start_tls(self, step: StartTls) -> Work:
        """The handshake. What came in clear is no part of what follows: the reader begins anew."""
        from smtpscope.engine.tls import Established, event_of, shake

        early = b"".join(reply.raw for reply in self._replies) + self._reader.pending
        if early:
            yield Injected(self._clock.now(), Phase.STARTTLS, early)
        self._replies, self._reader, self._phase = [], ReplyReader(), Phase.TLS
        name = step.tls.name or self._host
        made = yield from shake(step.tls, step.enforced, name, self._limit(Phase.TLS), self._clock)
        event = event_of(made, name, self._clock.now())
        yield event
        if isinstance(made, Established):
            self._tunnel = made.tunnel
        if isinstance(event, Secured):
            return event
        yield Close()
        yield from self._end("us")
        return Closed()

    def _send(self, sends: tuple[Send, ...]) -> Work:
        yield from self._unasked()
        first = sends[0]
        self._phase = first.phase
        outcome = yield from self._write(b"".join(send.line + b"\r\n" for send in sends), self._limit(first.phase))
        for send in sends:
            self._secrets += send.secrets
            yield Sent(self._clock.now(), send.phase, send.mask or send.line, False, bool(send.mask))
        command = (first.mask or first.line).decode("utf-8", "surrogateescape")
        return (yield from self._receive(first.phase, command, outcome))

    def _send_body(self, step: Payload) -> Work:
        yield from self._unasked()
        self._phase = step.phase
        outcome: Outcome = None
        lead = step.lead
        if lead:
            yield Sent(self._clock.now(), step.phase, lead.removesuffix(b"\r\n"))
        for block in step.body:
            outcome = yield from self._write(lead + block, min(BLOCK_TIMEOUT, self._limit(step.phase)))
            lead = b""
            if outcome is not None:
                break
            yield Sent(self._clock.now(), step.phase, block, True)
        return (yield from self._receive(step.phase, step.command, outcome))

    def _throw(self, step: Raw) -> Work:
        """Write and read nothing: replies that have come already are left for the Listen that asks for them."""
        self._secrets += step.secrets
        if (yield from self._write(step.data, self._limit(step.phase))) is None:
            shown = step.mask or (step.data if step.body else step.data.removesuffix(b"\r\n"))
            yield Sent(self._clock.now(), step.phase, shown, step.body, bool(step.mask))
        return Silence(0)

    def _pause(self, seconds: float) -> Work:
        end = self._clock.monotonic() + seconds
        while end > self._clock.monotonic():
            outcome = yield from self._read(end)
            if not isinstance(outcome, bytes) or not outcome:
                break
            self._feed(outcome)
        return Silence(seconds)

    def _receive(self, phase: Phase, command: str, written: Outcome = None) -> Work:
        """The next reply. A whole reply must come within the limit of the phase (RFC 5321 section 4.5.3.2).

        Where writing broke, the server may have said why before it closed: that is read first.
        """
        self._phase = phase
        begun = self._clock.monotonic()
        limit = self._limit(phase) if written is None else min(2.0, self._limit(phase))
        early = EARLY if phase is Phase.BANNER and limit > EARLY else 0.0
        while not self._replies:
            outcome = yield from self._read(begun + (early or limit))
            if early and isinstance(outcome, Trouble) and outcome.kind == "timeout":
                yield Waiting(self._clock.now(), phase, early, limit)
                early = 0.0
                continue
            if not isinstance(outcome, bytes) or not outcome:
                return (yield from self._give_up(phase, limit, written or outcome))
            self._feed(outcome)
        reply = self._hide(self._replies.pop(0))
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
            begun = self._clock.monotonic()
            yield TimedOut(self._clock.now(), phase, limit, self._pending)
            if phase is Phase.BANNER and self._patience:
                yield from self._linger(begun + self._patience)
            yield Close()
            yield from self._end("us")
            return Silence(limit)
        if isinstance(outcome, Trouble):
            yield Failed(self._clock.now(), phase, outcome.kind, self._target, outcome.reason)
        yield Close()
        yield from self._end("peer")
        return Closed()

    def _linger(self, end: float) -> Generator[Event | Request, Outcome, None]:
        """Hear a greeting that comes late, until ``end``."""
        while not self._replies:
            outcome = yield from self._read(end)
            if not isinstance(outcome, bytes) or not outcome:
                return
            self._feed(outcome)
        yield from self._unasked()

    def _end(self, by: str) -> Generator[Event | Request, Outcome, None]:
        self._open = False
        yield Disconnected(self._clock.now(), self._phase, by, self._pending)

    def _unasked(self) -> Generator[Event | Request, Outcome, None]:
        """Replies that came before anything was asked."""
        for reply in self._replies[:UNASKED]:
            yield Unsolicited(self._clock.now(), self._phase, self._hide(reply))
        more = len(self._replies[UNASKED:]) + self._surplus
        if more:
            yield Noted(self._clock.now(), self._phase, "unasked", (("count", str(more)),))
        self._replies, self._surplus = [], 0

    def _feed(self, octets: bytes) -> None:
        """Read replies from what was received. Of a flood of short ones, those beyond AHEAD are only counted."""
        for start in range(0, len(octets), 1024):
            replies = self._reader.feed(octets[start : start + 1024])
            room = AHEAD - len(self._replies)
            self._replies += replies[:room]
            self._surplus += len(replies[room:])

    def _write(self, data: bytes, limit: float) -> Asking:
        if self._tunnel:
            from smtpscope.engine.tls import pass_through

            sealed = pass_through(self._tunnel.seal, data)
            return sealed if isinstance(sealed, Trouble) else (yield Write(sealed, limit))
        return (yield Write(data, limit))

    def _read(self, end: float) -> Asking:
        """What comes until the time ``end``. TLS speaks for itself too, so several reads may be needed for a text.

        The first text may have come in one piece with the end of the handshake: what is here is looked at first.
        """
        if not self._tunnel:
            return (yield from self._wait(end))
        from smtpscope.engine.tls import pass_through

        outcome: Outcome = b""
        while isinstance(outcome, bytes):
            text = pass_through(self._tunnel.open, outcome)
            answer = self._tunnel.pending()
            if answer:
                yield Write(answer, FAREWELL)
            if text or self._tunnel.closed:
                return text
            outcome = yield from self._wait(end)
            if not outcome:
                break
        return outcome

    def _wait(self, end: float) -> Asking:
        """What comes first until ``end``. Who sends an octet now and then gets no more time than who is silent."""
        left = end - self._clock.monotonic()
        if left <= 0:
            return Trouble("timeout", _("nothing came within the time limit"))
        return (yield Read(left))

    @property
    def _pending(self) -> bytes:
        return hide(self._reader.pending, self._secrets)

    def _hide(self, reply: Reply) -> Reply:
        return hide_in_reply(reply, self._secrets)

    def _hide_text(self, text: str) -> str:
        return hide(text.encode("utf-8", "surrogateescape"), self._secrets).decode("utf-8", "surrogateescape")

    def _limit(self, phase: Phase) -> float:
        return self._timeouts.get(phase, TIMEOUTS[Phase.OTHER])
