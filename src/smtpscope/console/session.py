"""One connection of the console, without I/O: when a typed line may go out, and the events of what goes by.

What a reply answers, what is masked, and where the session stands is the recorder's to say (model/recorder.py). The
console's own are the lines typed ahead, the message that is being typed, and the limits on what a server may send.
"""

from __future__ import annotations

from smtpscope.console.draft import CHUNK, Draft
from smtpscope.model.event import Received, Unsolicited
from smtpscope.model.recorder import Recorder
from smtpscope.net.channel import AHEAD, UNASKED
from smtpscope.protocol.capability import NONE, Capabilities
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import ReplyReader
from smtpscope.protocol.tracking import MESSAGE, State
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smtpscope.console.settings import Settings
    from smtpscope.model.event import Event, Sent
    from smtpscope.protocol.reply import Reply

# Commands that need not be the last of a group (RFC 2920 section 3.1).
_GROUPED = ("MAIL", "RCPT", "RSET")

# Octets of what was received that are read at once: a handshake may follow, and then the rest is of no use.
_PIECE = 1024


class Snapshot(Value):
    """What the hints and the completion need to know of a session, at one moment.

    place       where it stands (protocol/tracking.py)
    phase       what it is about: the command that waits for its reply, else what comes next
    announced   what EHLO's reply advertised; None before one was accepted
    content     HEADER, BODY or CHUNK while what is typed belongs to a message, else empty
    recipients  how many were accepted
    waiting     replies that are still to come
    headed      names of the header fields typed so far, in lower case
    utf8        the sender was given with SMTPUTF8
    accepted    a message was accepted in this session
    """

    connected: bool = False
    place: State = State.CLOSED
    phase: Phase = Phase.CLOSED
    announced: Capabilities | None = None
    secure: bool = False
    logged_in: bool = False
    content: str = ""
    recipients: int = 0
    waiting: int = 0
    headed: tuple[str, ...] = ()
    utf8: bool = False
    accepted: bool = False

    @property
    def challenged(self) -> bool:
        """Whether what is typed now is the response to a challenge: a secret."""
        return self.place is State.CHALLENGE and not self.waiting

    @property
    def offers(self) -> Capabilities:
        """What was advertised; nothing where nothing was."""
        return self.announced or NONE


class Session:
    """Tell it what is typed, what was sent and what comes; it says what may go out, and makes the events.

    surplus    replies that nobody asked for and that are not shown any more: the first of a flood are enough
    flooded    whether it is a flood
    mechanism  of the last AUTH that was typed
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._connected = False
        self._begin()
        self._recorder.tracker.close()

    def _begin(self) -> None:
        self._recorder = Recorder()
        self._reader = ReplyReader()
        self._held, self._place = b"", 0
        self._draft: Draft | None = None
        self._draft_of = 0
        self._unasked = self.surplus = 0
        self._accepted, self.mechanism = False, ""

    def begin(self) -> None:
        """A connection stands: the banner is awaited."""
        self._begin()
        self._connected = True

    def secured(self) -> None:
        """The handshake succeeded."""
        self._recorder.tracker.secured()

    def end(self) -> bytes:
        """The connection is gone. Returns what was received of an unfinished reply."""
        pending = self.pending
        self._recorder.tracker.close()
        self._reader, self._held, self._place = ReplyReader(), b"", 0
        self._draft, self._connected = None, False
        return pending

    @property
    def phase(self) -> Phase:
        """What the session is about: the command that waits for its reply, else what comes next."""
        return self._recorder.tracker.phase

    @property
    def ending(self) -> Phase:
        """What the session is about where the connection ends: CLOSED where nothing was asked for."""
        tracker = self._recorder.tracker
        idle = not tracker.awaited and not tracker.in_content and tracker.state is not State.CLOSED
        return Phase.CLOSED if idle else tracker.phase

    @property
    def place(self) -> State:
        """Where the session stands."""
        return self._recorder.tracker.state

    @property
    def pending(self) -> bytes:
        """What was received of a reply that is not complete, secrets hidden."""
        return self._recorder.hide_octets(self._reader.pending)

    @property
    def flooded(self) -> bool:
        """Whether more replies came without a command than any server needs."""
        return self._unasked > AHEAD

    @property
    def snapshot(self) -> Snapshot:
        """What is known of the session now."""
        tracker = self._recorder.tracker
        draft = self._draft or Draft()
        content = (draft.part if tracker.state is State.MESSAGE else CHUNK) if tracker.in_content else ""
        return Snapshot(
            connected=self._connected,
            place=tracker.state,
            phase=tracker.phase if self._connected else Phase.CLOSED,
            announced=tracker.announced,
            secure=tracker.secure,
            logged_in=tracker.logged_in,
            content=content,
            recipients=len(tracker.recipients),
            waiting=len(tracker.awaited),
            headed=draft.headed if content else (),
            utf8="SMTPUTF8" in tracker.sender.upper().split(),
            accepted=self._accepted,
        )

    # What goes out

    def may_send(self) -> bool:
        """Whether the next line may go out now, or must wait for replies.

        Once the server has ended the session nothing goes out (RFC 5321 section 3.8): its end is awaited.
        """
        tracker = self._recorder.tracker
        if tracker.state is State.CLOSED:
            return False
        if not self._settings.wait or tracker.in_content:
            return True
        if self._settings.pipelining:
            return all(command.verb in _GROUPED for command in tracker.awaited)
        return not tracker.awaited

    def encode(self, line: str) -> bytes:
        """A typed line as it goes out: exactly as it was typed, and its line end."""
        return line.encode("utf-8", "surrogateescape") + self._settings.line_end

    def is_secret(self, line: str) -> bool:
        """Whether ``line``, sent now, would carry a secret."""
        octets = line.encode("utf-8", "surrogateescape")
        return self._connected and self._recorder.tracker.shown(octets) != octets

    def takes_message(self) -> bool:
        """Whether what is sent now is read as a message. Sent at once behind DATA, it will be, if 354 comes."""
        tracker = self._recorder.tracker
        return (tracker.in_content and tracker.state is State.MESSAGE) or (
            bool(tracker.awaited) and tracker.awaited[-1].verb == "DATA"
        )

    def sent(self, at: float, octets: bytes) -> list[Sent]:
        """Octets were sent: the events, one for each line and each block of a message."""
        events = list(self._recorder.octets(at, octets))
        for event in events:
            if event.body and event.verb == MESSAGE:
                self._write_draft(event)
            elif event.verb == "AUTH":
                self.mechanism = event.data[5:].decode("utf-8", "replace").partition(" ")[0].upper()
        return events

    def sent_command(self, at: float, line: bytes, shown: bytes, secrets: tuple[bytes, ...]) -> list[Sent]:
        """A command of a dialogue was sent; ``shown`` and ``secrets`` as in dialogue.step.Send."""
        return [self._recorder.command(at, line, shown, secrets)]

    def _write_draft(self, event: Sent) -> None:
        if self._draft is None or self._draft_of != event.exchange:
            self._draft, self._draft_of = Draft(), event.exchange
        self._draft.add(event.data)

    def take_message(self) -> bytes:
        """The message that was just sent to its end, as the server has it; empty where none was."""
        tracker = self._recorder.tracker
        if self._draft is None or self.takes_message() or not tracker.awaited or tracker.awaited[-1].verb != MESSAGE:
            return b""
        message, self._draft = self._draft.content(), None
        return message

    # What comes in

    def hear(self, octets: bytes, at: float, elapsed: float) -> Iterator[tuple[Received | Unsolicited, Reply]]:
        """The events that ``octets`` complete, secrets hidden, each with its reply as it came.

        The session has moved on when each is given out. ``take_rest`` in between takes away what follows.
        """
        self._held, self._place = self._held[self._place :] + octets, 0
        while self._place < len(self._held):
            start = self._place
            self._place = self._held.find(b"\n", start, start + _PIECE) + 1 or min(start + _PIECE, len(self._held))
            for reply in self._reader.feed(self._held[start : self._place]):
                event = self._recorder.reply(at, reply, elapsed)
                self._accepted |= isinstance(event, Received) and event.last and reply.code == 250
                yield event, reply

    def is_shown(self, event: Received | Unsolicited) -> bool:
        """Whether ``event`` is shown, or only counted: of a flood of replies that nobody asked for, the first are."""
        if not isinstance(event, Unsolicited):
            self._unasked = 0
            return True
        self._unasked += 1
        if self._unasked <= UNASKED or event.reply.code == 421:
            return True
        self.surplus += 1
        return False

    def take_surplus(self) -> int:
        """How many replies were counted and not shown since this was asked last."""
        surplus, self.surplus = self.surplus, 0
        return surplus

    def take_rest(self) -> bytes:
        """What was received and not given out yet; it is forgotten."""
        rest = self._reader.pending + self._held[self._place :]
        self._reader, self._held, self._place = ReplyReader(), b"", 0
        return rest

    def stamp(self, at: float, event: Event) -> Event:
        """An event that a dialogue tells, with its time, secrets hidden."""
        return self._recorder.stamp(at, event)
