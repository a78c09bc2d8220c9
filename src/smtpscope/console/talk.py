"""The console itself: lines in order, to the server or to the client's own commands, and what comes back.

A front end gives it lines (``take``), says when the wire can be read (``receive``) and when time goes by (``tick``).
The console shows what happens through the front end's ``Face``; it does not know what kind of terminal there is.
"""

from __future__ import annotations

from smtpscope.console import hints
from smtpscope.console.items import ESCAPE, Engage, Message, Octets, Replayed
from smtpscope.console.screen import Screen, cut
from smtpscope.console.session import Session
from smtpscope.console.settings import Settings
from smtpscope.console.wire import Wire
from smtpscope.dialogue.plan import Target, Tls
from smtpscope.dialogue.secure import start_tls
from smtpscope.dialogue.step import Closed, Note, Send, Silence, StartTls
from smtpscope.engine.clock import Clock
from smtpscope.engine.run import reach
from smtpscope.engine.transport import endpoint
from smtpscope.errors import LocalError, UsageError
from smtpscope.events import (
    Disconnected,
    Done,
    Failed,
    Interrupted,
    Noted,
    Received,
    Secured,
    Sent,
    TimedOut,
    Unsolicited,
)
from smtpscope.language import _
from smtpscope.protocol.phase import TIMEOUTS, Phase
from smtpscope.protocol.secret import HIDDEN, hide, hide_in_reply, secrets_in
from smtpscope.render.notes import note_text
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from typing import TypeVar

    from smtpscope.console.items import Face, Item
    from smtpscope.console.logfile import LogFile
    from smtpscope.console.session import Heard, Outgoing
    from smtpscope.dialogue.step import Answer, Dialogue, Step
    from smtpscope.engine.request import Trouble
    from smtpscope.events import Event
    from smtpscope.protocol.sasl import Credentials, Mechanism

    T = TypeVar("T")

# Seconds that the server has to close the connection behind its 221, and after which half a line is shown.
FAREWELL, HALF_LINE = 3.0, 1.5


class Console:
    """One console, from its first line to ``quit``. ``events`` is everything that happened.

    ``command`` carries out a line that is meant for the client (console/commands.py).
    """

    def __init__(
        self,
        face: Face,
        screen: Screen,
        command: Callable[[Console, str], None],
        clock: Clock | None = None,
        timeouts: Mapping[Phase, float] = TIMEOUTS,
    ) -> None:
        self.face, self.screen, self.clock, self.timeouts = face, screen, clock or Clock(), timeouts
        self._command = command
        self.settings = Settings()
        self.session = Session(self.settings)
        self.target = Target()
        self.wire: Wire | None = None
        self.log: LogFile | None = None
        self.events: list[Event] = []
        self.queue: list[Item] = []
        self._dialogue: Dialogue | None = None
        self._secrets: tuple[bytes, ...] = ()
        self.escaped = self.paused = self.done = False
        self.failed = False  # a command of the client could not be carried out
        self.forsaken = False  # a connection could not be had, or broke
        self._leaving = False  # QUIT was answered
        self._asked_at = self._heard_at = 0.0
        self._shown_half = b""

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

    def drop_held(self) -> int:
        """Forget what was not sent yet. Returns how many lines that were."""
        count = len(self.queue)
        self.queue.clear()
        return count

    def _forsake(self) -> None:
        """The connection that the lines were meant for is not there: none of them is taken for something else."""
        self.forsaken = True
        count = self.drop_held()
        if count:
            self.face.show([self.screen.remark(_("{count} lines were not sent").format(count=count))])

    def pump(self) -> None:
        """Send, or carry out, every line whose turn has come."""
        while self.queue and not self.done and not self.paused:
            if self.in_session and not self.session.may_send():
                return
            item = self.queue.pop(0)
            if not self.in_session:
                self._execute(item if isinstance(item, str) else ESCAPE)
            elif item == ESCAPE:
                self.escaped = True
            else:
                self._send(item)

    def _drop_message(self) -> None:
        """DATA was refused: the lines that wait up to the lone dot were to be a message, and are no commands."""
        texts = [item.line if isinstance(item, Replayed) else item for item in self.queue]
        if "." in texts:
            count = texts.index(".") + 1
            del self.queue[:count]
            self.face.show([self.screen.remark(_("{count} lines of the message were not sent").format(count=count))])

    def _execute(self, line: str) -> None:
        if line == ESCAPE:
            return
        try:
            self._command(self, line)
        except (UsageError, LocalError) as error:
            self.failed = True
            self.face.show(self.screen.mistake(str(error)))

    def _send(self, item: Item) -> None:
        if isinstance(item, Message) and not self.session.state.content:
            self.say(_("The server did not ask for the message: it is not sent."))
        elif isinstance(item, Message):
            self._put(self.session.send_message(item.octets))
        elif isinstance(item, Octets):
            self._put(self.session.throw(item.octets))
        elif isinstance(item, Engage):
            self._dialogue = item.dialogue
            self._advance(None)
        elif isinstance(item, Replayed):
            self._put(self.session.say(item.line))
        else:
            self._put(self.session.say(item), typed=True)

    def throw(self, octets: bytes) -> None:
        """Send octets at once, whatever is awaited."""
        self._put(self.session.throw(octets))

    def _put(self, out: Outgoing, typed: bool = False) -> None:
        assert self.wire is not None
        if out.masked:  # a server may repeat what it does not understand
            for line, seen in zip(out.octets.split(b"\n"), out.shown.split(b"\n"), strict=False):
                self._secrets += secrets_in(line, challenged=seen.strip() == HIDDEN)
        broken = self.wire.write(out.octets)
        self._asked_at = self.clock.monotonic()
        shown = out.shown if out.body else out.shown.removesuffix(b"\n").removesuffix(b"\r")
        event = Sent(self.clock.now(), out.phase, shown, out.body, out.masked)
        self.emit(event, echo=not (typed and self.face.echoes))
        self._remark(self.session.take_message())
        if broken:
            self.receive()  # the server may have said why before it closed
            self.lose(broken)

    def _remark(self, message: bytes) -> None:
        """What is wrong or doubtful with a message that was sent: nobody may have typed it line by line."""
        if not message or not self.settings.hints:
            return
        from smtpscope.dialogue.lint import lint

        for found in lint(message, self.session.state.utf8):
            said = note_text("lint", {"line": str(found.line), "text": found.text})
            self.face.show([self.screen.remark(said)])

    def _advance(self, answer: Answer | None) -> None:
        """Take the next step of the dialogue that is engaged."""
        while self._dialogue is not None:
            try:
                step = self._dialogue.send(answer)  # type: ignore[arg-type]  # None begins a generator
            except StopIteration:
                self._dialogue = None
                return
            if isinstance(step, Note):
                self.emit(Noted(self.clock.now(), step.phase, step.topic, step.details))
                answer = Silence(0)
            elif isinstance(step, StartTls):
                answer = self._shake()
            elif isinstance(step, Send):
                self._secrets += step.secrets
                self._put(self.session.command(step.line, step.mask))
                return

    # The connection

    def open(self, host: str, port: int, tls: bool = False) -> None:
        """Connect, waiting; Ctrl-C gives up. ``tls``: encrypted from the first octet (RFC 8314 section 3.3)."""
        target = self.target.replace(host=host, port=port)
        connection = None
        try:
            with self.face.blocking():
                connection = self._follow(reach(target, host, port, self.timeouts, self.clock))
        except KeyboardInterrupt:
            self.emit(Interrupted(self.clock.now(), Phase.CONNECT))
        if connection is None:
            self.emit(Done(self.clock.now(), host))
            self._forsake()
            return
        self.target = target
        self.wire = Wire(connection)
        self._secrets, self._leaving = (), False
        self.session.begin()
        self.resume()
        self._asked_at = self._heard_at = self.clock.monotonic()
        if tls and isinstance(self._shake(anew=False), Secured):
            self.session.begin(secure=True)

    def _follow(self, work: Generator[Event, None, T]) -> T:
        """Show the events of ``work`` as they come. Returns what it returns."""
        while True:
            try:
                self.emit(next(work))
            except StopIteration as end:
                result: T = end.value
                return result

    @property
    def tls(self) -> Tls:
        """What a handshake is done with."""
        return Tls(ca=self.settings.ca)

    def _shake(self, anew: bool = True) -> Answer:
        """The TLS handshake; Ctrl-C breaks it off, and the connection with it. ``anew``: much was said before."""
        from smtpscope.engine.tls import event_of

        assert self.wire is not None
        name, limit = self.target.host, self.timeouts[Phase.TLS]
        try:
            with self.face.blocking():
                made = self.wire.shake(self.tls, self.settings.verify, name, limit, self.clock)
        except KeyboardInterrupt:
            self.emit(Interrupted(self.clock.now(), Phase.TLS))
            self.close()
            return Closed()
        event = event_of(made, name, self.clock.now())
        self.emit(event)
        if not isinstance(event, Secured):
            self.close()
            return Closed()
        self.session.secure()
        if anew and self.settings.hints:
            self.face.show([self.screen.hint(_("what was said before is forgotten: EHLO comes anew"))])
        return event

    def start_tls(self) -> None:
        """STARTTLS and the handshake, when their turn comes."""
        self.queue.insert(0, Engage(_ignoring(start_tls(self.tls, self.settings.verify))))

    def log_in(self, mechanism: Mechanism, login: Credentials) -> None:
        """AUTH and its exchange, when their turn comes."""
        from smtpscope.dialogue.login import authenticate

        self.queue.insert(0, Engage(_ignoring(authenticate(mechanism, login))))

    def receive(self) -> None:
        """Take what the wire has."""
        if self.wire is None:
            return
        octets, broken, closed = self.wire.read()
        if octets:
            self._heard_at = self.clock.monotonic()
        for heard in self.session.hear(octets):
            if self._hear(heard) or self.wire is None:
                break
        if closed:
            self.lose(broken)
        self.pump()

    def _hear(self, heard: Heard) -> bool:
        """Show a reply and do what follows from it. Returns whether a handshake made the rest worthless."""
        reply = hide_in_reply(heard.reply, self._secrets)
        self._tell(heard.replace(reply=reply))
        if self._dialogue is not None and not heard.unasked:
            self._advance(heard.reply)
            return self.session.state.secure and heard.phase is Phase.STARTTLS
        if heard.phase is Phase.DATA and reply.kind != 3:
            self._drop_message()
        if heard.phase is Phase.STARTTLS and reply.kind == 2 and self.settings.handshake:
            self._shake()
            return True
        return False

    def _tell(self, heard: Heard) -> None:
        now, waited = self.clock.now(), self.clock.monotonic() - self._asked_at
        if heard.unasked:
            self.emit(Unsolicited(now, heard.phase, heard.reply))
        else:
            self.emit(Received(now, heard.phase, heard.reply, heard.command, waited))
            self._leaving = heard.phase is Phase.QUIT and heard.reply.kind == 2
        if self.settings.hints:
            state, follow = self.session.state, not self.face.leads
            said = hints.explain_reply(heard.reply, heard.command, heard.phase, state, follow)
            self.face.show([self.screen.hint(line) for line in said])

    def lose(self, broken: Trouble | None = None) -> None:
        """The peer is gone."""
        if self.wire is None:
            return
        if broken:
            place = endpoint(self.target.host, self.target.port)
            self.emit(Failed(self.clock.now(), self.session.state.phase, broken.kind, place, broken.reason))
        self._end("peer")

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self.wire is not None:
            self._end("us")

    def _end(self, by: str) -> None:
        assert self.wire is not None
        self.wire.close()
        self.wire = None
        phase = Phase.QUIT if self.session.state.phase is Phase.CLOSED else self.session.state.phase
        self.emit(Disconnected(self.clock.now(), phase, by, hide(self.session.end(), self._secrets)))
        self.emit(Done(self.clock.now(), self.target.host))
        self._dialogue = None
        self.resume()
        if by == "peer" and not self._leaving:
            self._forsake()

    def tick(self) -> None:
        """Time goes by: half a line is shown, a server that does not close behind its 221 is left."""
        idle = self.clock.monotonic() - self._heard_at
        half = self.session.pending
        if half and half != self._shown_half and idle > HALF_LINE:
            self._shown_half = half
            said = _("half a line so far: {half}").format(half=cut(half.decode("utf-8", "surrogateescape")))
            self.face.show([self.screen.remark(said)])
        if self.wire is not None and self.session.state.phase is Phase.CLOSED and idle > FAREWELL:
            self.close()
            self.pump()

    def silence(self) -> float:
        """Seconds that the reply which is awaited has been awaited for; 0 when none is."""
        return self.clock.monotonic() - self._asked_at if self.wire is not None and self.session.state.waiting else 0.0

    def give_up(self, limit: float) -> None:
        """The reply that is awaited did not come within ``limit`` seconds: the end of the connection."""
        self.emit(TimedOut(self.clock.now(), self.session.awaited, limit, self.session.pending))
        self.close()

    # What is shown and kept

    def emit(self, event: Event, echo: bool = True) -> None:
        """Keep, log and show an event; without ``echo`` the terminal has shown already what was typed."""
        self.events.append(event)
        if self.log:
            self._write_log(event)
        self.face.show(self.screen.lines(event, echo and self.settings.localecho, self.settings.hints))

    def _write_log(self, event: Event) -> None:
        assert self.log is not None
        try:
            self.log.write(event)
        except OSError as error:  # the disk is full, for one: the session is worth more than its log
            self.log.close()
            self.log, self.settings.logfile = None, ""
            said = _("the log cannot be written any more: {reason}").format(reason=error.strerror)
            self.face.show([self.screen.remark(said)])

    def say(self, text: str, head: str = "") -> None:
        """A line for the user; ``head`` stands before it, in a column of its own."""
        self.face.show(self.screen.prose(text, self.face.columns(), head))


def _ignoring(talk: Generator[Step, Answer, Answer]) -> Dialogue:
    """``talk`` as a dialogue of its own: what it comes to is seen as it goes."""
    yield from talk
