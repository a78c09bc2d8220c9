"""The console itself: lines in order, to the server or to the client's own commands, and what comes back.

A front end gives it lines (``take``), says when the wire can be read (``receive``) and when time goes by (``tick``).
The console shows what happens through the front end's ``FrontEnd``; it does not know what kind of terminal there is.
"""

from __future__ import annotations

from functools import partial

from smtpscope.console.connection import Wire
from smtpscope.console.fields import complaint
from smtpscope.console.held_dialogue import HeldDialogue
from smtpscope.console.journal import Journal
from smtpscope.console.queue import ESCAPE, HoldDialogue, Message, Octets, Replayed, drop_message, typed_text
from smtpscope.console.screen import Screen, cut
from smtpscope.console.session import Session
from smtpscope.console.settings import Settings
from smtpscope.dialogue.plan import Target, Tls
from smtpscope.dialogue.step import Closed
from smtpscope.errors import LocalError, UsageError
from smtpscope.language import _, fill
from smtpscope.model.event import (
    Disconnected,
    Done,
    Failed,
    GaveUp,
    Injected,
    Interrupted,
    LoggedIn,
    Noted,
    Received,
    Secured,
    TimedOut,
)
from smtpscope.model.vocabulary import Party, Reason, Signal, Topic
from smtpscope.net.blocking import Driver
from smtpscope.net.clock import Clock
from smtpscope.net.resolver import reach
from smtpscope.net.signals import signal_name
from smtpscope.protocol.endpoint import format_endpoint
from smtpscope.protocol.phase import TIMEOUTS, Phase
from smtpscope.protocol.reply import Defect
from smtpscope.protocol.tracking import State
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from typing import TypeAlias

    from smtpscope.console.queue import FrontEnd, Item
    from smtpscope.dialogue.step import Answer, Dialogue
    from smtpscope.model.event import Event, Sent, Unsolicited
    from smtpscope.net.request import Trouble
    from smtpscope.protocol.reply import Reply

    Recording: TypeAlias = Callable[[float], list[Sent]]

# Seconds for the server to close the connection after its 221 or 421, and after which half a line is shown.
FAREWELL, HALF_LINE = 3.0, 1.5


class Console:
    """One console, from its first line to ``quit``. ``journal`` has everything that happened, and what it means.

    ``command`` carries out a line that is meant for the client (console/commands.py).
    """

    def __init__(
        self,
        front_end: FrontEnd,
        screen: Screen,
        command: Callable[[Console, str], None],
        clock: Clock | None = None,
        timeouts: Mapping[Phase, float] = TIMEOUTS,
    ) -> None:
        self.front_end, self.screen, self.clock, self.timeouts = front_end, screen, clock or Clock(), timeouts
        screen.columns = front_end.columns
        self._command = command
        self.settings = Settings()
        self.session = Session(self.settings)
        self.target = Target()
        self.wire: Wire | None = None
        self.journal = Journal(front_end, screen, self.settings)
        self.queue: list[Item] = []
        self._held: HeldDialogue | None = None
        self.escaped = self.paused = self.done = False
        # A command of the client could not be carried out; no connection could be had, or it broke; QUIT was answered.
        self.failed = self.forsaken = self._leaving = False
        self._asked_at, self._heard_at, self._shown_half = 0.0, 0.0, b""

    @property
    def events(self) -> Sequence[Event]:
        """Everything that happened."""
        return self.journal.run.events

    # What is typed

    @property
    def in_session(self) -> bool:
        """Whether a line that is typed now goes to the server."""
        return self.wire is not None and not self.escaped

    def take(self, line: str) -> None:
        """A line, typed, pasted or read. It goes out when its turn comes."""
        if self.paused:
            self._execute(line)
        else:
            self.queue.append(line)
        self.pump()

    def escape(self) -> None:
        """Ctrl-]: to the client's prompt at once. Lines that are held stay held until the session goes on."""
        self.escaped = self.paused = self.wire is not None

    def resume(self) -> None:
        """Back to the session."""
        self.escaped = self.paused = False

    def pump(self) -> None:
        """Send, or carry out, every line whose turn has come. What has come already is heard before a line is sent."""
        while self.queue and not self.done and not self.paused:
            if self.in_session and self.session.may_send():
                self._listen()
            if self.in_session and not self.session.may_send():
                return
            if self.queue:
                self._take_turn(self.queue.pop(0))

    def _take_turn(self, item: Item) -> None:
        if not self.in_session:
            self._execute(item if isinstance(item, str) else ESCAPE)
        elif item == ESCAPE:
            self.escaped = True
        else:
            self._send(item)

    def _drop_message(self) -> None:
        """DATA was refused: the lines that wait up to the lone dot were to be a message, and are no commands."""
        count = drop_message(self.queue)
        if count:
            self.front_end.show(self.screen.remark(fill("lines of the message not sent: {count}", count=count)))

    def _execute(self, line: str) -> None:
        if line == ESCAPE:
            return
        try:
            self._command(self, line)
        except (UsageError, LocalError) as error:
            self.failed = True
            self.front_end.show(self.screen.mistake(complaint(error)))

    def _send(self, item: Item) -> None:
        match item:
            case Message(blocks=blocks):
                self._send_message(blocks)
            case Octets(octets=octets):
                self.put(octets)
            case HoldDialogue(dialogue=dialogue):
                self._held = HeldDialogue(self, dialogue)
                self._held.advance()
            case Replayed(line=line):
                self.put(self.session.encode(line))
            case _:
                self.put(self.session.encode(item), typed=self.front_end.echoes)

    def _send_message(self, blocks: tuple[bytes, ...]) -> None:
        """Block by block: a reply before the last block does not answer the message."""
        if not self.session.takes_message():
            self.say(_("The server did not ask for the message: it is not sent."))
        for block in blocks:
            if self.wire is not None and self.session.takes_message():
                self.put(block)
                self._listen()

    def hold_dialogue(self, dialogue: Dialogue) -> None:
        """Take the steps of a dialogue when its turn comes: before the waiting lines."""
        self.queue.insert(0, HoldDialogue(dialogue))

    def put(self, octets: bytes, record: Recording | None = None, typed: bool = False) -> int:
        """Send bytes at once. ``record`` makes the events, where they are not typed lines; ``typed``: they were shown.

        Returns the index of the last exchange that was begun. A block of a message that was not written
        completely does not count as sent: no reply answers it.
        """
        assert self.wire is not None
        broken = self.wire.write(octets)
        self._asked_at = self.clock.monotonic()
        events: list[Sent] = []
        if not broken or not self.session.takes_message():
            events = (record or partial(self.session.sent, octets=octets))(self.clock.now())
        for event in events:
            self.emit(event, echo=not typed)
        if not events and not broken:
            said = fill("{count} bytes sent; the line is not complete yet", count=len(octets))
            self.front_end.show(self.screen.hint(said))
        self.journal.remark(self.session.take_message(), self.session.snapshot.utf8)
        if broken:
            self._listen()  # the server may have sent the reason before it closed
            self.lose(broken)
        return events[-1].exchange if events else 0

    def drop_held(self) -> int:
        """Forget what was not sent yet. Returns how many lines that were."""
        count = len(self.queue)
        self.queue.clear()
        return count

    # The connection

    def open(self, host: str, port: int, tls: bool = False) -> None:
        """Connect, waiting; Ctrl-C gives up. ``tls``: implicit TLS (RFC 8314 section 3.3)."""
        target = self.target.replace(host=host, port=port)
        driver, reached = Driver(), False
        try:
            with self.front_end.blocking():
                reached = self._follow(driver.run(reach(target, host, port, self.timeouts, self.clock)))
        except KeyboardInterrupt as stop:
            driver.close()
            self.emit(Interrupted(self.clock.now(), Phase.CONNECT, signal_name(stop)))
        if not reached:
            self.journal.explain_failure()
            self._forsake(Phase.CONNECT)
            self.emit(Done(self.clock.now(), host))
            return
        self.target = target
        self.wire = Wire(driver, self.clock)
        self._leaving = False
        self.session.begin()
        self.resume()
        self._asked_at = self._heard_at = self.clock.monotonic()
        if tls:
            self.shake(self.tls, self.settings.verify, anew=False)

    def _follow(self, work: Generator[Event, None, bool]) -> bool:
        """Show the events of ``work`` as they come. Returns what it returns."""
        try:
            while True:
                self.emit(next(work))
        except StopIteration as end:
            return bool(end.value)

    @property
    def tls(self) -> Tls:
        """What a handshake is done with."""
        return Tls(ca=self.settings.ca)

    def shake(self, tls: Tls, enforced: bool, anew: bool = True) -> Answer:
        """The TLS handshake; Ctrl-C aborts it and closes the connection. ``anew``: a session has begun before it."""
        assert self.wire is not None
        early = self.session.take_rest()
        if early:
            self.emit(Injected(self.clock.now(), Phase.STARTTLS, early))
        name, limit = tls.name or self.target.host, self.timeouts[Phase.TLS]
        try:
            with self.front_end.blocking():
                event: Event = self.wire.shake(tls, enforced, name, limit)
        except KeyboardInterrupt as stop:
            event = Interrupted(self.clock.now(), Phase.TLS, signal_name(stop))
        self.emit(event)
        if not isinstance(event, Secured):
            self._abandon()
            return Closed()
        self.session.secured()
        if anew and self.settings.hints:
            self.front_end.show(self.screen.hint(_("session state was reset; send EHLO again")))
        return event

    def receive(self) -> None:
        """Read what has arrived, and send what was waiting for it."""
        self._listen()
        self.pump()

    def _listen(self) -> None:
        if self.wire is None:
            return
        octets, broken, closed = self.wire.read()
        now = self.clock.monotonic()
        if octets:
            self._heard_at = now
        for event, reply in self.session.hear(octets, self.clock.now(), now - self._asked_at):
            self._hear(event, reply)
            if self.wire is None:
                return
        if closed:
            self.lose(broken)

    def _hear(self, event: Received | Unsolicited, reply: Reply) -> None:
        """Show a reply and do what follows from it."""
        if self.session.is_shown(event):
            self.emit(event)
        if Defect.TOO_LONG in reply.defects:
            self._flooded(len(reply.raw) + reply.dropped)
        elif self.session.flooded:
            self._flooded(self.session.surplus)
        elif isinstance(event, Received):
            self._follow_up(event, reply)
        if self.queue and self.in_session and self.session.place is State.CLOSED and not self._leaving:
            self.emit(GaveUp(self.clock.now(), event.phase, Reason.SERVER_CLOSES))

    def _follow_up(self, event: Received, reply: Reply) -> None:
        self._leaving = event.verb == "QUIT" and reply.kind == 2
        if self._held and not self._held.ended and self._held.question == event.exchange:
            self._held.advance(reply)
        elif event.phase is Phase.AUTH and reply.code == 235:
            self.emit(LoggedIn(self.clock.now(), Phase.AUTH, self.session.mechanism, ""))
        elif event.phase is Phase.DATA and reply.code != 354:
            self._drop_message()
        elif event.phase is Phase.STARTTLS and reply.code == 220 and self.settings.handshake:
            self.shake(self.tls, self.settings.verify)

    # The end of the connection

    def _flooded(self, count: int) -> None:
        """A reply without an end, or replies without an end: nothing that follows can be matched to a command."""
        self.session.take_surplus()
        self.emit(GaveUp(self.clock.now(), self.session.phase, Reason.REPLY_FLOOD, (("count", str(count)),)))
        self._abandon()

    def lose(self, broken: Trouble | None = None) -> None:
        """The peer is gone."""
        if self.wire is None:
            return
        if broken:
            place = format_endpoint(self.target.host, self.target.port)
            self.emit(Failed(self.clock.now(), self.session.ending, broken.kind, place, broken.reason))
        self._end(Party.PEER, forsaken=not self._leaving)

    def close(self) -> None:
        """Close the connection, if there is one. The lines that wait are for the client."""
        if self.wire is not None:
            self._end(Party.US, forsaken=False)

    def _abandon(self) -> None:
        """Close the connection; the lines that wait were for the server."""
        if self.wire is not None:
            self._end(Party.US, forsaken=True)

    def _end(self, by: Party, forsaken: bool) -> None:
        assert self.wire is not None
        self._tell_surplus()
        self.wire.close()
        self.wire = None
        phase = self.session.ending
        self.emit(Disconnected(self.clock.now(), phase, by, self.session.end()))
        self._held = None
        self.resume()
        if forsaken:
            self._forsake(phase)
        self.emit(Done(self.clock.now(), self.target.host))

    def _forsake(self, phase: Phase) -> None:
        """There is no connection for the waiting lines: discard them, so that none becomes a command of the client."""
        self.forsaken = True
        wanted = any(typed_text(item).upper() != "QUIT" for item in self.queue)
        count = self.drop_held()
        if wanted:  # a QUIT that comes too late asks for nothing more
            self.emit(GaveUp(self.clock.now(), phase, Reason.LINES_UNSENT, (("count", str(count)),)))

    def give_up(self, limit: float) -> None:
        """The reply that is awaited did not come within ``limit`` seconds: the end of the connection."""
        self.emit(TimedOut(self.clock.now(), self.session.phase, limit, self.session.pending))
        self._abandon()

    def tick(self) -> None:
        """Time passes: half a line is shown, and a server that does not close after its 221 or 421 is left."""
        if self.wire is not None and self.wire.unread:
            self.receive()
        idle = self.clock.monotonic() - self._heard_at
        half = self.session.pending
        if half and half != self._shown_half and idle > HALF_LINE:
            self._shown_half = half
            said = fill("half a line so far: {half}", half=cut(half.decode("utf-8", "surrogateescape")))
            self.front_end.show(self.screen.remark(said))
        self._tell_surplus()
        if self.wire is not None and self.session.place is State.CLOSED and idle > FAREWELL:
            self._end(Party.US, forsaken=not self._leaving)
            self.pump()

    def silence(self) -> float:
        """Seconds that the reply which is awaited has been awaited for; 0 when none is."""
        waits = self.wire is not None and self.session.snapshot.waiting
        return self.clock.monotonic() - self._asked_at if waits else 0.0

    # What is shown and kept

    def _tell_surplus(self) -> None:
        count = self.session.take_surplus()
        if count:
            self.emit(Noted(self.clock.now(), self.session.phase, Topic.UNASKED, (("count", str(count)),)))

    def emit(self, event: Event, echo: bool = True) -> None:
        """Something happened; without ``echo`` the terminal has shown already what was typed."""
        self.done = self.done or (isinstance(event, Interrupted) and event.signal != Signal.INT)
        self.journal.add(event, self.session.snapshot, echo)

    def say(self, text: str, head: str = "") -> None:
        """A line for the user; ``head`` precedes it, in a column of its own."""
        self.front_end.show(self.screen.prose(text, head))
