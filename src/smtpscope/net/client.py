"""The client's side of a session, without I/O: what all drivers share.

``run_client`` and ``run_session`` are generators. They yield events, for the reader of the session, and requests
(net/request.py), which a driver carries out; the driver sends back the outcome of a request.
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
    Done,
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
from smtpscope.net.channel import AHEAD, FAREWELL, UNASKED, Channel, ReplyQueue
from smtpscope.net.request import Close, Trouble
from smtpscope.net.resolver import reach
from smtpscope.net.signals import signal_name
from smtpscope.protocol.endpoint import format_endpoint
from smtpscope.protocol.phase import BLOCK_TIMEOUT, TIMEOUTS, Phase
from smtpscope.protocol.reply import Defect
from smtpscope.protocol.tracking import State
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Mapping
    from typing import TypeAlias

    from smtpscope.dialogue.plan import Target
    from smtpscope.dialogue.step import Answer, Dialogue, Step
    from smtpscope.net.clock import Clock
    from smtpscope.net.request import Outcome, Request

    Work: TypeAlias = Generator[Event | Request, Outcome, Answer]
    Telling: TypeAlias = Generator[Event | Request, Outcome, None]

# Seconds without a banner after which the wait is reported: the probes may begin (docs/decisions/0004-probes.md).
EARLY = 5.0

# QUIT would not be read as a command here: the banner has not come, the server expects TLS, a response, or the message;
# or it will, once it has replied to what is awaited.
_NO_QUIT = (State.GREETING, State.HANDSHAKE, State.CHALLENGE, State.MESSAGE, State.CLOSED)
_NO_QUIT_BEHIND = (Phase.BANNER, Phase.STARTTLS, Phase.AUTH, Phase.DATA, Phase.END_OF_DATA, Phase.QUIT)


def run_client(
    target: Target,
    host: str,
    port: int,
    dialogue: Dialogue,
    timeouts: Mapping[Phase, float],
    clock: Clock,
    patience: float = 0.0,
    known: Collection[str] = (),
) -> Telling:
    """Connect to ``host`` and hold ``dialogue``: everything that ``converse`` of a driver does. The last event is Done.

    ``patience`` as in run_session, ``known`` as in reach. An interruption is thrown in, as KeyboardInterrupt.
    """
    try:
        reached = yield from reach(target, host, port, timeouts, clock, known)
    except KeyboardInterrupt as stop:
        yield Interrupted(clock.now(), Phase.CONNECT, signal_name(stop))
        reached = False
    if reached:
        try:
            yield from run_session(dialogue, format_endpoint(host, port), timeouts, clock, host, patience)
        except KeyboardInterrupt:  # the second one, while QUIT or its reply was on the way
            yield Close()
    yield Done(clock.now(), host)


def run_session(
    dialogue: Dialogue,
    target: str,
    timeouts: Mapping[Phase, float],
    clock: Clock,
    host: str = "",
    patience: float = 0.0,
) -> Telling:
    """Hold ``dialogue`` over an established connection; ``target`` is ``address:port``, for the events.

    host      the name that the server's certificate must have
    patience  seconds after the timeout in which a late banner is still read (the time that the reader of the events
              takes counts)
    """
    session = ClientSession(target, timeouts, clock, host, patience)
    try:
        step = next(dialogue)
        while True:
            answer = yield from session.take(step)
            step = dialogue.send(answer)
    except StopIteration:
        yield from session.hang_up()
    except KeyboardInterrupt as stop:
        yield from session.say_farewell(signal_name(stop))


class ClientSession:
    """One connection: what has arrived and was not asked for yet, and whether it is still open.

    Which command a reply belongs to is up to the recorder (protocol/tracking.py).
    """

    def __init__(
        self, target: str, timeouts: Mapping[Phase, float], clock: Clock, host: str = "", patience: float = 0.0
    ) -> None:
        self._target, self._timeouts, self._clock, self._host = target, timeouts, clock, host
        self._channel = Channel(clock)
        self._patience = patience
        self._recorder = Recorder()
        self._queue = ReplyQueue()
        self._phase = Phase.BANNER  # of what is being done, for the events of the connection itself
        self._open = True

    @property
    def _state(self) -> State:
        return self._recorder.tracker.state

    def take(self, step: Step) -> Work:
        """Carry out one step. Returns the answer for the dialogue. Raises TypeError for a step that is unknown."""
        if isinstance(step, Tell):
            yield self._recorder.stamp(self._clock.now(), step.event)
            return Silence(0)
        if not self._open:
            return Closed()
        match step:
            case HangUp():
                yield from self.hang_up()
                return Closed()
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
            case Pause() | Drain():
                return (yield from self._wait(step))
            case StartTls():
                return (yield from self._start_tls(step))
        raise TypeError(f"a session cannot take the step {type(step).__name__}")

    # ------------------------------------------------------------------------------------------------------ the end

    def hang_up(self) -> Telling:
        """Close the connection if it is still open."""
        if self._open:
            yield from self._tell_unasked()
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
        yield from self._end(Party.US)

    def _takes_quit(self) -> bool:
        tracker = self._recorder.tracker
        behind = any(command.phase in _NO_QUIT_BEHIND for command in tracker.awaited)
        return tracker.state not in _NO_QUIT and not tracker.in_content and not behind

    def _hear_farewell(self) -> Telling:
        """Every reply up to that to QUIT: before it may come those to what was sent when the signal came."""
        begun = self._clock.monotonic()
        while self._recorder.tracker.awaited and (yield from self._queue.read(self._channel, begun + FAREWELL)):
            for reply in self._queue.take():
                yield self._recorder.reply(self._clock.now(), reply, self._clock.monotonic() - begun)

    def _end(self, by: Party) -> Telling:
        yield from self._channel.close()
        self._open = False
        yield Disconnected(self._clock.now(), self._phase, by, self._recorder.hide_octets(self._queue.pending))

    # ------------------------------------------------------------------------------------------------ what is sent

    def _send(self, sends: tuple[Send, ...]) -> Work:
        if not (yield from self._look_up_before_sending()):
            return Closed()
        now = self._clock.now()
        said = [self._recorder.command(now, send.line, send.mask, send.secrets, send.recipient) for send in sends]
        self._phase = said[0].phase
        lines = b"".join(send.line + b"\r\n" for send in sends)
        outcome = yield from self._channel.write(lines, self._limit(self._phase))
        yield from said
        return (yield from self._receive(outcome))

    def _look_up_before_sending(self) -> Generator[Event | Request, Outcome, bool]:
        """Read what the server sent unasked. Whether it still takes commands: 421 ends the session at any time."""
        yield from self._queue.poll(self._channel)
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
            if self._queue.flooded or self._state is State.CLOSED:
                break
            block, following = following, next(blocks, None)
        return (yield from self._accept(refusal) if refusal else self._receive(outcome))

    def _hear_early(self) -> Generator[Event | Request, Outcome, Received | None]:
        """What the server replies while the message is still being sent. Returns the refusal, if it is one."""
        yield from self._queue.poll(self._channel)
        refusal: Received | None = None
        told = 0
        for reply in self._queue.take():
            event = self._recorder.reply(self._clock.now(), reply, 0.0)
            told += isinstance(event, Unsolicited)
            if told <= UNASKED:
                yield event
            else:
                self._queue.surplus += 1
            if Defect.TOO_LONG in reply.defects:
                self._queue.surplus = AHEAD + 1  # a flood: nothing more of the message needs to be sent
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

        Where a write failed, the server may have sent the reason before it closed: that is read first.
        """
        phase = self._phase = self._recorder.tracker.phase
        begun = self._clock.monotonic()
        limit = self._limit(phase) if written is None else min(FAREWELL, self._limit(phase))
        early = EARLY if phase is Phase.BANNER and limit > EARLY else 0.0
        tracker = self._recorder.tracker
        asked = bool(tracker.awaited) or tracker.in_content
        while True:
            unasked = 0
            while self._queue:
                event = self._recorder.reply(self._clock.now(), self._queue.next(), self._clock.monotonic() - begun)
                unasked += isinstance(event, Unsolicited)
                if unasked <= UNASKED:
                    yield event
                if isinstance(event, Received) or not asked or Defect.TOO_LONG in event.reply.defects:
                    return (yield from self._accept(event))
            self._queue.surplus += max(unasked - UNASKED, 0)
            if self._queue.flooded:
                return (yield from self._flooded(phase, self._queue.surplus))
            outcome = yield from self._channel.read(begun + (early or limit))
            if early and isinstance(outcome, Trouble) and outcome.kind is FailureKind.TIMEOUT:
                yield Waiting(self._clock.now(), phase, early, limit)
                early = 0.0
                continue
            if not isinstance(outcome, bytes) or not outcome:
                return (yield from self._give_up(phase, limit, written or outcome))
            self._queue.feed(outcome)

    def _accept(self, event: Received | Unsolicited) -> Work:
        """The reply for the dialogue; a flood has no end, and so is no reply."""
        reply = event.reply
        if Defect.TOO_LONG not in reply.defects:
            return reply
        return (yield from self._flooded(event.phase, len(reply.raw) + reply.dropped))

    def _flooded(self, phase: Phase, count: int) -> Work:
        """A reply without an end, or replies without an end: nothing that follows can be matched to a command."""
        yield GaveUp(self._clock.now(), phase, Reason.REPLY_FLOOD, (("count", str(count)),))
        yield from self.hang_up()
        return Closed()

    def _give_up(self, phase: Phase, limit: float, outcome: Outcome) -> Work:
        """Nothing more will come: report why. Only silence leaves the connection open; then this client closes it."""
        if isinstance(outcome, Trouble) and outcome.kind is FailureKind.TIMEOUT:
            begun = self._clock.monotonic()
            yield TimedOut(self._clock.now(), phase, limit, self._recorder.hide_octets(self._queue.pending))
            if phase is Phase.BANNER and self._patience:
                yield from self._linger(begun + self._patience)
            yield from self._end(Party.US)
            return Silence(limit)
        if isinstance(outcome, Trouble):
            yield Failed(self._clock.now(), phase, outcome.kind, self._target, outcome.reason)
        yield from self._end(Party.PEER)
        return Closed()

    def _linger(self, end: float) -> Telling:
        """Read a banner that comes late, until ``end``."""
        self._recorder.tracker.awaited.clear()  # nothing waits for it any more
        while not self._queue and (yield from self._queue.read(self._channel, end)):
            pass
        yield from self._tell_unasked()

    def _wait(self, step: Pause | Drain) -> Work:
        """Read until the time is over or the server closes. Only Drain reports what comes at once."""
        end = self._clock.monotonic() + step.seconds
        more = True
        while more and end > self._clock.monotonic():
            more = yield from self._queue.read(self._channel, end)
            if isinstance(step, Drain):
                yield from self._tell_unasked()
        return Silence(step.seconds)

    def _tell_unasked(self) -> Telling:
        """Report the replies that no command asked for."""
        for reply in self._queue.take(UNASKED):
            yield self._recorder.reply(self._clock.now(), reply, 0.0)
        more = len(self._queue.take()) + self._queue.surplus
        if more:
            yield Noted(self._clock.now(), self._phase, Topic.UNASKED, (("count", str(more)),))
        self._queue.surplus = 0

    def _start_tls(self, step: StartTls) -> Work:
        """The handshake. What came unencrypted is discarded: it must not count as a reply inside TLS."""
        if step.when_agreed and self._state is not State.HANDSHAKE:
            return Silence(0)
        early = self._queue.discard()
        if early:
            yield Injected(self._clock.now(), Phase.STARTTLS, early)
        self._phase = Phase.TLS
        name = step.tls.name or self._host
        event = yield from self._channel.start_tls(step.tls, step.enforced, name, self._limit(Phase.TLS))
        yield event
        if isinstance(event, Secured):
            self._recorder.tracker.secured()
            return event
        yield from self._end(Party.US)
        return Closed()

    def _limit(self, phase: Phase) -> float:
        return self._timeouts.get(phase, TIMEOUTS[Phase.OTHER])
