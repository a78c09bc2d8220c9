"""One session of the console, without I/O: when a typed line can be sent, and the events for what is sent and received.

The recorder (model/recorder.py) assigns replies to commands, masks secrets, and tracks the state of the session. This
module adds the lines typed ahead, the message that is being typed, and limits on unsolicited replies.
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

# Bytes that are parsed at a time. A TLS handshake may follow a reply; the rest is then not parsed.
_PIECE = 1024


class Snapshot(Value):
    """The state of a session, for hints and completion.

    place       the state of the session (protocol/tracking.py)
    phase       the phase of the command that waits for its reply, else the next phase
    announced   the extensions that the EHLO reply advertises; None before the first one
    content     HEADER, BODY, or CHUNK while the user types a message, else empty
    recipients  the number of accepted recipients
    waiting     the number of replies that are still to come
    headed      the names of the header fields typed so far, in lower case
    utf8        whether MAIL has the parameter SMTPUTF8
    accepted    whether a message was accepted in this session
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
        """Whether the next line is the response to a challenge: a secret."""
        return self.place is State.CHALLENGE and not self.waiting

    @property
    def offers(self) -> Capabilities:
        """The advertised extensions; none before the first EHLO reply."""
        return self.announced or NONE


class Session:
    """Takes what was sent and received, and makes the events. ``may_send`` decides when the next line can be sent.

    surplus    the number of unsolicited replies that were not shown: only the first ones are
    flooded    whether there are too many unsolicited replies
    mechanism  the mechanism of the last AUTH command
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._connected = False
        self._reset()
        self._recorder.tracker.close()

    def _reset(self) -> None:
        self._recorder = Recorder()
        self._reader = ReplyReader()
        self._unparsed, self._position = b"", 0
        self._draft: Draft | None = None
        self._draft_exchange = 0
        self._unsolicited = self.surplus = 0
        self._accepted, self.mechanism = False, ""

    def begin(self) -> None:
        """The connection is established, and the banner comes next."""
        self._reset()
        self._connected = True

    def secured(self) -> None:
        """The TLS handshake succeeded: the state of the session is reset."""
        self._recorder.tracker.secured()

    def end(self) -> bytes:
        """The connection is closed. Returns what was received of an incomplete reply."""
        pending = self.pending
        self._recorder.tracker.close()
        self._reader, self._unparsed, self._position = ReplyReader(), b"", 0
        self._draft, self._connected = None, False
        return pending

    @property
    def phase(self) -> Phase:
        """The phase of the command that waits for its reply, else the next phase."""
        return self._recorder.tracker.phase

    @property
    def ending(self) -> Phase:
        """The phase in which the connection ends: CLOSED if no reply is awaited."""
        tracker = self._recorder.tracker
        idle = not tracker.awaited and not tracker.in_content and tracker.state is not State.CLOSED
        return Phase.CLOSED if idle else tracker.phase

    @property
    def place(self) -> State:
        """The state of the session."""
        return self._recorder.tracker.state

    @property
    def pending(self) -> bytes:
        """What was received of an incomplete reply, with secrets masked."""
        return self._recorder.hide_octets(self._reader.pending)

    @property
    def flooded(self) -> bool:
        """Whether the server sent more unsolicited replies than any server needs."""
        return self._unsolicited > AHEAD

    @property
    def snapshot(self) -> Snapshot:
        """The current state, for hints and completion."""
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

    # Sending

    def may_send(self) -> bool:
        """Whether the next line can be sent now, or must wait for replies.

        After a 221 or 421 reply, nothing is sent (RFC 5321 section 3.8): the server closes the connection.
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
        """The bytes to send for a typed line: the line as is, and the line ending of the settings."""
        return line.encode("utf-8", "surrogateescape") + (b"\r\n" if self._settings.crlf else b"\n")

    def is_secret(self, line: str) -> bool:
        """Whether ``line``, sent now, would contain a secret."""
        octets = line.encode("utf-8", "surrogateescape")
        return self._connected and self._recorder.tracker.shown(octets) != octets

    def takes_message(self) -> bool:
        """Whether the server reads what is sent now as a message; also right after DATA, before its 354 reply."""
        tracker = self._recorder.tracker
        return (tracker.in_content and tracker.state is State.MESSAGE) or (
            bool(tracker.awaited) and tracker.awaited[-1].verb == "DATA"
        )

    def sent(self, at: float, octets: bytes) -> list[Sent]:
        """The events for bytes that were sent at ``at`` (seconds): one for each line or block of a message."""
        events = list(self._recorder.octets(at, octets))
        for event in events:
            if event.body and event.verb == MESSAGE:
                if self._draft is None or self._draft_exchange != event.exchange:
                    self._draft, self._draft_exchange = Draft(), event.exchange
                self._draft.add(event.data)
            elif event.verb == "AUTH":
                self.mechanism = event.data[5:].decode("utf-8", "replace").partition(" ")[0].upper()
        return events

    def sent_command(self, at: float, line: bytes, shown: bytes, secrets: tuple[bytes, ...]) -> list[Sent]:
        """The event for a command of a dialogue; ``shown`` and ``secrets`` as in dialogue.step.Send."""
        return [self._recorder.command(at, line, shown, secrets)]

    def take_message(self) -> bytes:
        """The message whose end was just sent, as the server stores it; empty if none was."""
        tracker = self._recorder.tracker
        if self._draft is None or self.takes_message() or not tracker.awaited or tracker.awaited[-1].verb != MESSAGE:
            return b""
        message, self._draft = self._draft.content(), None
        return message

    # Receiving

    def hear(self, octets: bytes, at: float, elapsed: float) -> Iterator[tuple[Received | Unsolicited, Reply]]:
        """Yield the event for each reply that ``octets`` complete, with secrets masked, and the original reply.

        ``at``: seconds since the epoch; ``elapsed``: seconds since the command. The state is updated before each event.
        The caller can call ``take_rest`` between two events, to remove what was received after the first.
        """
        self._unparsed, self._position = self._unparsed[self._position :] + octets, 0
        while self._position < len(self._unparsed):
            start, limit = self._position, min(self._position + _PIECE, len(self._unparsed))
            self._position = self._unparsed.find(b"\n", start, limit) + 1 or limit
            for reply in self._reader.feed(self._unparsed[start : self._position]):
                event = self._recorder.reply(at, reply, elapsed)
                self._accepted |= isinstance(event, Received) and event.last and reply.code == 250
                yield event, reply

    def is_shown(self, event: Received | Unsolicited) -> bool:
        """Whether to show ``event``. After the first unsolicited replies, further ones are only counted."""
        if not isinstance(event, Unsolicited):
            self._unsolicited = 0
            return True
        self._unsolicited += 1
        if self._unsolicited <= UNASKED or event.reply.code == 421:
            return True
        self.surplus += 1
        return False

    def take_surplus(self) -> int:
        """How many replies were not shown since the last call."""
        surplus, self.surplus = self.surplus, 0
        return surplus

    def take_rest(self) -> bytes:
        """Remove and return what was received but is not part of an event yet."""
        rest = self._reader.pending + self._unparsed[self._position :]
        self._reader, self._unparsed, self._position = ReplyReader(), b"", 0
        return rest

    def stamp(self, at: float, event: Event) -> Event:
        """An event of a dialogue with its time, and with secrets masked."""
        return self._recorder.stamp(at, event)
