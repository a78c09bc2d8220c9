"""A whole session: its events, live or read from a text, folded into exchanges.

An exchange is the result of one command: a reply, or what happened instead of one. It is the same whether the events
were recorded from a connection or read from pasted text.
"""

from __future__ import annotations

from smtpscope.model.event import (
    Connected,
    Connecting,
    Disconnected,
    Done,
    Event,
    Failed,
    GaveUp,
    Noted,
    Planned,
    Received,
    Secured,
    Sent,
    Stopped,
    TimedOut,
    Unsecured,
    Unsolicited,
)
from smtpscope.model.vocabulary import FailureKind, Party, Reason, Topic
from smtpscope.protocol.capability import NONE, Capabilities, parse_capabilities
from smtpscope.protocol.endpoint import Endpoint
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import Reply
from smtpscope.protocol.secret import hide_in_reply, mask
from smtpscope.safetext import octets
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from smtpscope.model.claim import Claim

# Bytes of a message that are kept: enough for its header.
MESSAGE_LIMIT = 65536

# Decisions that follow from a reply or from the end of the connection, which have an exchange of their own.
_NO_NEWS = (Reason.SERVER_CLOSES, Reason.REPLY_FLOOD, Reason.LINES_UNSENT)

NO_REPLY = Reply(0)
"""The reply of an exchange without a reply."""


class Exchange(Value):
    """One reply, or what happened instead of one, and its place in the session as far as it is known.

    reply      the reply; code 0 for a text without a code; NO_REPLY if there was none: then see ``event``
    stage      a Phase value such as ``rcpt``; empty if it is not known
    command    the command line that it answers, without CRLF, with secrets masked
    server     the name (or address) of the server
    recipient  the address concerned
    announced  the extensions advertised before it; None if the reply to EHLO was not seen
    line       the line of a text in which it begins, counted from 1
    message    the bytes of the message that it answers, at most MESSAGE_LIMIT
    event      Received, Unsolicited, or a failure; None for text from a log or a bounce
    port       the port of the server; 0 if it is not known
    index      the number of the command in its connection; 0 is the banner
    seconds    time until the reply
    words      the description of a failure by the system, or by the program whose output was pasted
    """

    reply: Reply
    stage: str = ""
    command: str = ""
    server: str = ""
    recipient: str = ""
    announced: Capabilities | None = None
    line: int = 1
    message: bytes = b""
    event: Event | None = None
    port: int = 0
    index: int = 0
    seconds: float = 0.0
    words: str = ""

    if not TYPE_CHECKING:  # secrets are hidden here, so that no reader can forget it

        def __init__(self, *args: object, **kwargs: object) -> None:
            super().__init__(*args, **kwargs)
            object.__setattr__(self, "reply", hide_in_reply(self.reply))
            if self.command:
                shown = mask(octets(self.command)).decode("utf-8", "surrogateescape")
                object.__setattr__(self, "command", shown)

    @property
    def target(self) -> str:
        """The server in the form for ``smtpscope test``; empty if it is not known."""
        return str(Endpoint(self.server, None if self.port in (0, 25) or not self.server else self.port))

    @property
    def unasked(self) -> bool:
        """Whether it is a reply that answers no command."""
        return isinstance(self.event, Unsolicited)

    @property
    def failure(self) -> str:
        """What happened instead of a reply: a FailureKind, ``closed``, a Reason, or a Topic; empty for a reply."""
        match self.event:
            case TimedOut():
                return FailureKind.TIMEOUT
            case Disconnected():
                return "closed"
            case Failed(kind=kind):
                return kind
            case Unsecured() | Secured():
                return FailureKind.TLS
            case GaveUp(why=why):
                return why
            case Noted(topic=topic):
                return topic
        return ""


class Conversation(Value):
    """The session with one server.

    host       the host as given by the user
    events     all events, without Done
    exchanges  the replies in order, and what happened instead of a reply
    unasked    the replies that answer no command
    claims     what had to be proven; None if the plan of the session is not known
    """

    host: str
    events: tuple[Event, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    unasked: tuple[Exchange, ...] = ()
    claims: tuple[Claim, ...] | None = None


def fold(events: Iterable[Event]) -> tuple[Conversation, ...]:
    """The conversations in ``events``. Done ends each of them; events after the last Done are another one."""
    found: list[Conversation] = []
    folder = Fold()
    for event in events:
        folder.take(event)
        if isinstance(event, Done):
            found.append(folder.finish(event.host))
    if folder.begun:
        found.append(folder.finish())
    return tuple(found)


class Fold:
    """Takes events in order, and returns an exchange for each reply and each failure."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._events: list[Event] = []
        self._exchanges: list[Exchange] = []
        self._connect("", 0)

    def _connect(self, server: str, port: int) -> None:
        self.server, self._port = server, port
        self._announced: Capabilities | None = None
        self._message = bytearray()
        self._end_expected = False

    @property
    def begun(self) -> bool:
        """Whether there are events after the last Done."""
        return bool(self._events)

    def finish(self, host: str = "") -> Conversation:
        """The conversation made of the events so far. The next event begins another one."""
        planned = next((event for event in reversed(self._events) if isinstance(event, Planned)), None)
        asked = tuple(item for item in self._exchanges if not item.unasked)
        unasked = tuple(item for item in self._exchanges if item.unasked)
        host = host or (planned.host if planned else self.server)
        whole = Conversation(host, tuple(self._events), asked, unasked, planned.claims if planned else None)
        self._begin()
        return whole

    def take(self, event: Event, line: int = 1) -> Exchange | None:
        """The exchange that ``event`` completes, or None. ``line``: its line in a text, counted from 1."""
        if isinstance(event, Done):
            self._connect("", 0)
            return None
        self._events.append(event)
        found = self._take(event, line)
        if found:
            self._exchanges.append(found)
        # After a rejection or a failure, or a planned end of the test, the end of the connection is not an exchange.
        if isinstance(event, Stopped | GaveUp) or (found and not isinstance(event, Noted)):
            self._end_expected = found is None or found.reply.kind not in (2, 3) or found.reply.code == 221
        return found

    def _take(self, event: Event, line: int) -> Exchange | None:
        if getattr(event, "phase", None) is Phase.QUIT and isinstance(event, Failed | TimedOut | Disconnected):
            return None  # the session was over; how the connection ends does not matter
        match event:
            case Connecting(host=host, port=port) | Connected(host=host, port=port):
                self._connect(host, port)
            case Sent(data=data, body=True):
                self._message += data[: max(MESSAGE_LIMIT - len(self._message), 0)]
            case Sent(verb="MAIL" | "DATA"):
                self._message.clear()
            case Received():
                return self._received(event, line)
            case Unsolicited(phase=phase, reply=reply):
                return self._exchange(event, phase, line, reply=reply)
            case Secured(phase=phase, problem=problem):
                self._announced = None  # extensions advertised before TLS no longer count (RFC 3207 section 4.2)
                return self._exchange(event, phase, line, words=problem) if problem else None
            case Failed(phase=phase, reason=reason) | Unsecured(phase=phase, reason=reason):
                return self._exchange(event, phase, line, words=reason)
            case Disconnected(phase=phase, by=Party.PEER) if not self._end_expected:
                return self._exchange(event, phase, line)
            case GaveUp(phase=phase, why=why) if why not in _NO_NEWS:
                return self._exchange(event, phase, line)
            case TimedOut(phase=phase):
                return self._exchange(event, phase, line)
            case Noted(phase=phase, topic=Topic.UNREAD, details=details):
                return self._exchange(event, phase, line, words=dict(details).get("text", ""))
        return None

    def _received(self, event: Received, line: int) -> Exchange:
        reply, known = event.reply, event.phase is not Phase.OTHER or bool(event.verb or event.command)
        message = b""
        if event.phase is Phase.END_OF_DATA:
            message = bytes(self._message)
            message = message if event.verb == "BDAT" else message.removesuffix(b".\r\n")
        found = self._exchange(
            event,
            event.phase,
            line,
            reply=reply,
            stage=event.phase.value if known else "",
            command=event.command,
            recipient=event.recipient,
            message=message,
            index=event.exchange,
            seconds=event.elapsed,
        )
        if event.phase is Phase.EHLO and reply.kind == 2:
            self._announced = NONE if event.verb == "HELO" else parse_capabilities(reply)
            name = reply.lines[0].partition(" ")[0]
            self.server = self.server or (name if "." in name else "")
        return found

    def _exchange(self, event: Event, phase: Phase, line: int, **known: Any) -> Exchange:
        place = {"server": self.server, "announced": self._announced, "port": self._port}
        return Exchange(**{"reply": NO_REPLY, "stage": phase.value, "event": event, "line": line, **place, **known})
