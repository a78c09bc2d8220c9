"""The loop between a dialogue and a connection, without I/O: what both drivers share.

``run_session`` is a generator. It yields events, for the reader of the session, and requests (Write, Read, Poll,
Close), which the driver carries out; the driver sends back what came of a request.
"""

from __future__ import annotations

from smtpscope.dialogue.step import (
    Burst,
    Closed,
    Drain,
    HangUp,
    Listen,
    Pause,
    Payload,
    Preface,
    Raw,
    Send,
    Silence,
    StartTls,
    Tell,
)
from smtpscope.model.event import (
    Disconnected,
    Event,
    Failed,
    GaveUp,
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
from smtpscope.model.recorder import Recorder
from smtpscope.model.vocabulary import FailureKind, Party, Reason, Signal, Topic
from smtpscope.net.channel import FAREWELL, Channel
from smtpscope.net.request import Close, Trouble, Write
from smtpscope.net.signals import signal_name
from smtpscope.protocol.phase import BLOCK_TIMEOUT, TIMEOUTS, Phase
from smtpscope.protocol.reply import Defect, ReplyReader
from smtpscope.protocol.tracking import State
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from typing import TypeAlias

    from smtpscope.dialogue.step import Answer, Dialogue, Step
    from smtpscope.net.clock import Clock
    from smtpscope.net.request import Outcome, Request
    from smtpscope.protocol.reply import Reply

    Work: TypeAlias = Generator[Event | Request, Outcome, Answer]
    Telling: TypeAlias = Generator[Event | Request, Outcome, None]

# Seconds without a greeting after which it is said that we wait: the probes may begin (docs/decisions/0004-probes.md).
EARLY = 5.0

# Replies that are kept before they are asked for (a pipelined group has far fewer), and shown when nobody asks.
AHEAD, UNASKED = 1000, 20

# QUIT would be no command here: the banner has not come, the server waits for TLS, a response, or the message; or it
# will, once it has replied to what is awaited.
_NO_QUIT = (State.GREETING, State.HANDSHAKE, State.CHALLENGE, State.MESSAGE, State.CLOSED)
_NO_QUIT_BEHIND = (Phase.BANNER, Phase.STARTTLS, Phase.AUTH, Phase.DATA, Phase.END_OF_DATA, Phase.QUIT)


def run_session(
    dialogue: Dialogue,
    target: str,
    timeouts: Mapping[Phase, float],
    clock: Clock,
    host: str = "",
    patience: float = 0.0,
) -> Telling:
    """Hold ``dialogue`` over a connection that stands; ``target`` is ``address:port``, for what is reported.

    host      the name that the server's certificate must carry
    patience  seconds behind the time-out in which a late greeting is still heard (the time that the reader of the
              events takes for himself counts)
    """
    session = ClientSession(target, timeouts, clock, host, patience)
    try:
        step = next(dialogue)
        while True:
            answer = yield from session.take(step)
            step = dialogue.send(answer)
    except StopIteration:
        yield from session.hang_up()
    except KeyboardInterrupt as stop:  # a signal, which the driver throws in
        yield from session.say_farewell(signal_name(stop))


class ClientSession:
    """One connection: what has been received and not yet asked for, and whether it still stands.

    What a reply answers is the recorder's to say (protocol/tracking.py).
    """

    def __init__(
        self, target: str, timeouts: Mapping[Phase, float], clock: Clock, host: str = "", patience: float = 0.0
    ) -> None:
        self._target, self._timeouts, self._clock, self._host = target, timeouts, clock, host
        self._channel = Channel(clock)
        self._patience = patience
        self._recorder = Recorder()
        self._reader = ReplyReader()
        self._replies: list[Reply] = []
        self._surplus = 0
        self._phase = Phase.BANNER  # of what is being done, for the events of the connection itself
        self._open = True

    @property
    def _state(self) -> State:
        return self._recorder.tracker.state

    def take(self, step: Step) -> Work:
        """Carry out one step. Returns the answer for the dialogue."""
        if isinstance(step, Tell):
            yield self._recorder.stamp(self._clock.now(), step.event)
            return Silence(0)
        if isinstance(step, HangUp):
            yield from self.hang_up()
        if not self._open:
            return Closed()
        match step:
            case Listen():
                return (yield from self._receive())
            case Send():
                return (yield from self._send((step,)))
            case Burst(sends=sends):
                return (yield from self._send(sends))
            case Payload():
                return (yield from self._send_body(step))
            case Raw() | Preface():
                return (yield from self._throw(step))
            case Pause(seconds=seconds):
                return (yield from self._pause(seconds))
            case Drain(seconds=seconds):
                return (yield from self._drain(seconds))
            case StartTls():
                return (yield from self._start_tls(step))
        return Closed()

    # ------------------------------------------------------------------------------------------------------ the end

    def hang_up(self) -> Telling:
        """Close the connection if it still stands."""
        if self._open:
            yield from self._tell_unasked()
            if self._channel.tunnel:
                yield Write(self._channel.tunnel.close(), FAREWELL)
            yield Close()
            yield from self._end(Party.US)

    def say_farewell(self, signal: Signal) -> Telling:
        """QUIT and its reply, where QUIT would be understood; then the end."""
        yield Interrupted(self._clock.now(), self._phase, signal)
        if not self._open:
            return
        if self._takes_quit() and (yield from self._channel.write(b"QUIT\r\n", FAREWELL)) is None:
            yield self._recorder.command(self._clock.now(), b"QUIT")
            self._phase = Phase.QUIT
            yield from self._hear_farewell()
        yield Close()
        yield from self._end(Party.US)

    def _takes_quit(self) -> bool:
        tracker = self._recorder.tracker
        behind = any(command.phase in _NO_QUIT_BEHIND for command in tracker.awaited)
        return tracker.state not in _NO_QUIT and not tracker.in_content and not behind

    def _hear_farewell(self) -> Telling:
        """Every reply up to that to QUIT: before it may come those to what was said when the signal came."""
        begun = self._clock.monotonic()
        while self._recorder.tracker.awaited:
            outcome = yield from self._channel.read(begun + FAREWELL)
            if not isinstance(outcome, bytes) or not outcome:
                return
            self._feed(outcome)
            for reply in self._take_replies():
                yield self._recorder.reply(self._clock.now(), reply, self._clock.monotonic() - begun)

    def _end(self, by: Party) -> Telling:
        self._open = False
        yield Disconnected(self._clock.now(), self._phase, by, self._pending)

    # ------------------------------------------------------------------------------------------------ what is sent

    def _send(self, sends: tuple[Send, ...]) -> Work:
        if not (yield from self._look_up_before_sending()):
            return Closed()
        now = self._clock.now()
        said = [self._recorder.command(now, send.line, send.mask, send.secrets, send.recipient) for send in sends]
        self._phase = said[0].phase
        outcome = yield from self._channel.write(
            b"".join(send.line + b"\r\n" for send in sends), self._limit(self._phase)
        )
        yield from said
        return (yield from self._receive(outcome))

    def _look_up_before_sending(self) -> Generator[Event | Request, Outcome, bool]:
        """Hear what the server says unasked. Whether it still takes commands: 421 ends the session at any time."""
        outcome = yield from self._channel.poll()
        if isinstance(outcome, bytes) and outcome:
            self._feed(outcome)
        yield from self._tell_unasked()
        if self._state is not State.CLOSED:
            return True
        yield GaveUp(self._clock.now(), self._phase, Reason.SERVER_CLOSES)
        yield from self.hang_up()
        return False

    def _send_body(self, step: Payload) -> Work:
        """The message, or a chunk. It is complete only when its last block was written."""
        if not (yield from self._look_up_before_sending()):
            return Closed()
        self._phase = Phase.END_OF_DATA
        lead = b""
        if step.command:
            yield self._recorder.command(self._clock.now(), step.command)
            lead = step.command + b"\r\n"
        outcome: Outcome = None
        refusal: Received | None = None
        blocks = iter(step.body)
        block, following = next(blocks, b""), next(blocks, None)
        while True:
            outcome = yield from self._channel.write(lead + block, min(BLOCK_TIMEOUT, self._limit(self._phase)))
            lead = b""
            if outcome is not None:
                break
            if block or not step.command:
                yield self._recorder.content(self._clock.now(), block, final=following is None)
            if following is None:
                break
            refusal = refusal or (yield from self._hear_early())
            if self._surplus > AHEAD or self._state is State.CLOSED:
                break
            block, following = following, next(blocks, None)
        return (yield from self._accept(refusal) if refusal else self._receive(outcome))

    def _hear_early(self) -> Generator[Event | Request, Outcome, Received | None]:
        """What the server replies while the message is still being sent. Returns the refusal, if it is one."""
        outcome = yield from self._channel.poll()
        if isinstance(outcome, bytes) and outcome:
            self._feed(outcome)
        refusal: Received | None = None
        told = 0
        for reply in self._take_replies():
            event = self._recorder.reply(self._clock.now(), reply, 0.0)
            told += isinstance(event, Unsolicited)
            if told <= UNASKED:
                yield event
            else:
                self._surplus += 1
            if Defect.TOO_LONG in reply.defects:
                self._surplus = AHEAD + 1  # a flood: nothing more of the message needs to be sent
            refusal = refusal or (event if isinstance(event, Received) else None)
        return refusal

    def _throw(self, step: Raw | Preface) -> Work:
        """Write and read nothing: replies that have come already are left for the Listen that asks for them."""
        if isinstance(step, Preface):
            self._phase = Phase.PROXY
        if (yield from self._channel.write(step.data, self._limit(self._phase))) is not None:
            return Silence(0)
        if isinstance(step, Preface):
            yield Sent(self._clock.now(), Phase.PROXY, step.data.removesuffix(b"\r\n"), verb="PROXY")
            self._phase = Phase.BANNER
        else:
            yield from self._recorder.octets(self._clock.now(), step.data, step.mask, step.secrets)
        return Silence(0)

    # ---------------------------------------------------------------------------------------------- what is received

    def _receive(self, written: Outcome = None) -> Work:
        """The next reply. A whole reply must come within the limit of the phase (RFC 5321 section 4.5.3.2).

        Where writing broke, the server may have said why before it closed: that is read first.
        """
        phase = self._phase = self._recorder.tracker.phase
        begun = self._clock.monotonic()
        limit = self._limit(phase) if written is None else min(FAREWELL, self._limit(phase))
        early = EARLY if phase is Phase.BANNER and limit > EARLY else 0.0
        tracker = self._recorder.tracker
        asked = bool(tracker.awaited) or tracker.in_content
        while True:
            unasked = 0
            while self._replies:
                event = self._recorder.reply(self._clock.now(), self._replies[0], self._clock.monotonic() - begun)
                self._replies.pop(0)
                unasked += isinstance(event, Unsolicited)
                if unasked <= UNASKED:
                    yield event
                if isinstance(event, Received) or not asked or Defect.TOO_LONG in event.reply.defects:
                    return (yield from self._accept(event))
            self._surplus += max(unasked - UNASKED, 0)
            if self._surplus > AHEAD:
                return (yield from self._flooded(phase, self._surplus))
            outcome = yield from self._channel.read(begun + (early or limit))
            if early and isinstance(outcome, Trouble) and outcome.kind is FailureKind.TIMEOUT:
                yield Waiting(self._clock.now(), phase, early, limit)
                early = 0.0
                continue
            if not isinstance(outcome, bytes) or not outcome:
                return (yield from self._give_up(phase, limit, written or outcome))
            self._feed(outcome)

    def _accept(self, event: Received | Unsolicited) -> Work:
        """The reply for the dialogue; a flood has no end, and so is no reply."""
        reply = event.reply
        if Defect.TOO_LONG not in reply.defects:
            return reply
        return (yield from self._flooded(event.phase, len(reply.raw) + reply.dropped))

    def _flooded(self, phase: Phase, count: int) -> Work:
        """A reply without an end, or replies without an end: nothing that follows can be told apart."""
        yield GaveUp(self._clock.now(), phase, Reason.REPLY_FLOOD, (("count", str(count)),))
        yield from self.hang_up()
        return Closed()

    def _give_up(self, phase: Phase, limit: float, outcome: Outcome) -> Work:
        """Nothing more will come: say why. Only silence leaves the connection open, and then it is closed by us."""
        if isinstance(outcome, Trouble) and outcome.kind is FailureKind.TIMEOUT:
            begun = self._clock.monotonic()
            yield TimedOut(self._clock.now(), phase, limit, self._pending)
            if phase is Phase.BANNER and self._patience:
                yield from self._linger(begun + self._patience)
            yield Close()
            yield from self._end(Party.US)
            return Silence(limit)
        if isinstance(outcome, Trouble):
            yield Failed(self._clock.now(), phase, outcome.kind, self._target, outcome.reason)
        yield Close()
        yield from self._end(Party.PEER)
        return Closed()

    def _linger(self, end: float) -> Telling:
        """Hear a greeting that comes late, until ``end``."""
        self._recorder.tracker.awaited.clear()  # nobody waits for it any more
        while not self._replies:
            outcome = yield from self._channel.read(end)
            if not isinstance(outcome, bytes) or not outcome:
                return
            self._feed(outcome)
        yield from self._tell_unasked()

    def _pause(self, seconds: float) -> Work:
        end = self._clock.monotonic() + seconds
        while end > self._clock.monotonic():
            outcome = yield from self._channel.read(end)
            if not isinstance(outcome, bytes) or not outcome:
                break
            self._feed(outcome)
        return Silence(seconds)

    def _drain(self, seconds: float) -> Work:
        end = self._clock.monotonic() + seconds
        while True:
            yield from self._tell_unasked()
            outcome = yield from self._channel.read(end)
            if not isinstance(outcome, bytes) or not outcome or self._surplus > AHEAD:
                return Silence(seconds)
            self._feed(outcome)

    def _tell_unasked(self) -> Telling:
        """Replies that came before anything was asked."""
        for reply in self._take_replies(UNASKED):
            yield self._recorder.reply(self._clock.now(), reply, 0.0)
        more = len(self._take_replies()) + self._surplus
        if more:
            yield Noted(self._clock.now(), self._phase, Topic.UNASKED, (("count", str(more)),))
        self._surplus = 0

    def _take_replies(self, most: int = AHEAD) -> list[Reply]:
        taken, self._replies = self._replies[:most], self._replies[most:]
        return taken

    def _feed(self, octets: bytes) -> None:
        """Read replies from what was received. Of a flood of short ones, those beyond AHEAD are only counted."""
        for start in range(0, len(octets), 1024):
            replies = self._reader.feed(octets[start : start + 1024])
            room = AHEAD - len(self._replies)
            self._replies += replies[:room]
            self._surplus += len(replies[room:])

    # ------------------------------------------------------------------------------------------------------------ TLS

    def _start_tls(self, step: StartTls) -> Work:
        """The handshake. What came unencrypted is no part of what follows: the reader begins anew."""
        if step.when_agreed and self._state is not State.HANDSHAKE:
            return Silence(0)
        from smtpscope.net.tls import Established, event_of, shake

        early = b"".join(reply.raw for reply in self._replies) + self._reader.pending
        if early:
            yield Injected(self._clock.now(), Phase.STARTTLS, early)
        self._replies, self._reader, self._phase = [], ReplyReader(), Phase.TLS
        name = step.tls.name or self._host
        made = yield from shake(step.tls, step.enforced, name, self._limit(Phase.TLS), self._clock)
        event = event_of(made, name, self._clock.now())
        yield event
        if isinstance(made, Established):
            self._channel.tunnel = made.tunnel
        if isinstance(event, Secured):
            self._recorder.tracker.secured()
            return event
        yield Close()
        yield from self._end(Party.US)
        return Closed()

    @property
    def _pending(self) -> bytes:
        return self._recorder.hide_octets(self._reader.pending)

    def _limit(self, phase: Phase) -> float:
        return self._timeouts.get(phase, TIMEOUTS[Phase.OTHER])
