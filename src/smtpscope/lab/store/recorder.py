"""The transcript of a session: the same events as those of a client, from the client's point of view.

Every Sent and Received is made by ``model.recorder``, which assigns replies to commands and masks secrets. So views,
reports, and explanations read a session of the lab without any code for it. The recorder first only notes what is sent
and received. It makes the events (in order, with the replies parsed) when a portion of them is written, so that the
client does not wait for it. While there is a subscription (lab/subscription.py), it makes them immediately.
"""

from __future__ import annotations

import threading

from smtpscope.model.event import (
    Connected,
    Disconnected,
    Done,
    Event,
    Injected,
    LoggedIn,
    Noted,
    Received,
    Secured,
    Sent,
    Unsolicited,
)
from smtpscope.model.recorder import Recorder as EventMaker
from smtpscope.model.vocabulary import Party, Topic
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import ReplyReader
from smtpscope.protocol.secret import mask_octets
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from smtpscope.lab.subscription import Subscriptions
    from smtpscope.protocol.tracking import State

# Bytes held in memory before they are written.
HELD = 65536

# Bytes recorded of one reply that is repeated: at this size, a client must treat a reply without an end as a flood.
FLOOD = 262144

# Bytes recorded of what a client sends and the lab does not read: each line of it is an event.
UNREAD = 16384

# Replies to one command that are recorded as events; of the others, only the number is recorded.
UNASKED = 20


class Recorder:
    """Collects the events of one session and passes them to ``write`` in portions.

    ``text_limit`` is the number of message bytes recorded. ``subscriptions`` get each event with the id ``session``.
    One thread records; any other thread can read ``unwritten()`` at the same time.
    """

    def __init__(
        self,
        now: Callable[[], float],
        write: Callable[[list[Event]], None],
        text_limit: int = 1048576,
        subscriptions: Subscriptions | None = None,
    ) -> None:
        self.session = ""
        self._now, self._write, self._left = now, write, text_limit
        self._subscriptions = subscriptions
        self._lock = threading.RLock()
        self._maker = EventMaker()
        self._reader = ReplyReader()
        self._noted: list[tuple[Callable[..., Iterable[Event]], tuple[object, ...]]] = []
        self._events: list[Event] = []
        self._latest: Event | None = None
        self._held = self._cut = self._written = 0
        self._unread = UNREAD
        self._asked = now()
        self._host = ""

    # --------------------------------------------------------------------------------------------- what is recorded

    def connected(self, host: str, address: str, port: int, client: str) -> None:
        """A client connected; ``client`` is its ``address:port``."""
        self._host = host
        self.add(Connected(self._now(), host, address, port, client))

    def proxy_header(self, header: bytes) -> None:
        """The PROXY header, which comes before everything else."""
        self.add(Sent(self._now(), Phase.PROXY, header.removesuffix(b"\r\n"), verb="PROXY"), len(header))

    def command(self, line: bytes, ending: bytes = b"\r\n") -> None:
        """The client sent a command line, or its response to a challenge."""
        self._asked = self._now()
        self._note(len(line), self._make_command, self._asked, line, ending)

    def unread(self, octets: bytes) -> None:
        """The client sent bytes that the lab does not read as commands or as a message."""
        kept = octets[: self._unread]
        self._unread -= len(kept)
        self._cut += len(octets) - len(kept)
        if kept:
            self._note(len(kept), self._maker.octets, self._now(), kept)

    def content(self, octets: bytes, final: bool) -> None:
        """The client sent a block of a message; bytes beyond the limit are only counted."""
        self._asked = self._now()
        kept = octets[: self._left]
        self._left -= len(kept)
        self._cut += len(octets) - len(kept)
        if kept or final:
            self._note(len(kept), self._make_content, self._asked, kept, final)

    def replied(self, data: bytes, before_tls: bool = False) -> None:
        """The lab sent ``data``; ``before_tls``: a TLS handshake follows it."""
        now = self._now()
        self._note(len(data), self._make_replies, now, data, now - self._asked, before_tls)

    def logged_in(self, mechanism: str, user: str) -> None:
        """The lab sent the reply that completes a login."""
        self.add(LoggedIn(self._now(), Phase.AUTH, mechanism, user))

    def injected(self, octets: bytes) -> None:
        """The client sent bytes unencrypted after STARTTLS. They are not used."""
        self.add(Injected(self._now(), Phase.STARTTLS, mask_octets(octets)), len(octets))

    def secured(self, version: str, cipher: str, bits: int) -> None:
        """The TLS handshake is complete."""
        self._note(0, self._make_secured, Secured(self._now(), Phase.TLS, version, cipher, bits, "", False))

    def add(self, event: Event, octets: int = 0) -> None:
        """Any other event; ``octets`` is its size in bytes."""
        self._note(octets, _just, event)

    def ended(self, by: Party) -> None:
        """The connection was closed by us (the client) or peer (the lab). Writes all events."""
        with self._lock:
            self._follow()
            if self._maker.tracker.half_line:  # a line without its line ending is recorded as a line
                self._note(0, self._maker.octets, self._now(), b"\r\n")
            if self._cut:
                self.add(Noted(self._now(), Phase.END_OF_DATA, Topic.TEXT_CUT, (("octets", str(self._cut)),)))
            self._follow()
            pending = self._maker.hide_octets(self._reader.pending)
            self.add(Disconnected(self._now(), self._maker.tracker.phase, by, pending))
            self.add(Done(self._now(), self._host))
            self.flush()

    # -------------------------------------------------------------------------------------------------- the events

    @property
    def state(self) -> State:
        """The state of the session from the client's point of view."""
        with self._lock:
            self._follow()
            return self._maker.tracker.state

    def latest(self) -> Event | None:
        """The last event so far."""
        with self._lock:
            self._follow()
            return self._latest

    def unwritten(self) -> tuple[int, list[Event]]:
        """The number of events that were written so far, and the events that were not."""
        with self._lock:
            self._follow()
            return self._written, list(self._events)

    def flush(self) -> None:
        """Write the events so far."""
        with self._lock:
            self._follow()
            self._write(self._events)
            self._written += len(self._events)
            self._events, self._held = [], 0

    def _note(self, octets: int, make: Callable[..., Iterable[Event]], *what: object) -> None:
        with self._lock:
            if self._subscriptions:
                self._follow()  # what happened before the subscription is not published
                self._noted.append((make, what))
                number, events = self._follow()
                self._subscriptions.publish(self.session, number, events)
            else:
                self._noted.append((make, what))
            self._held += octets + 200  # an event is larger than its bytes
            if self._held > HELD:
                self.flush()

    def _follow(self) -> tuple[int, list[Event]]:
        """Make the events of what was noted. Returns the number of the first one in the session, and the events."""
        number = self._written + len(self._events) + 1
        noted, self._noted = self._noted, []
        events = [event for make, what in noted for event in make(*what)]
        self._events += events
        self._latest = events[-1] if events else self._latest
        return number, events

    def _make_command(self, at: float, line: bytes, ending: bytes) -> Iterator[Event]:
        sent = self._maker.command(at, line)
        yield sent if ending == b"\r\n" else sent.replace(data=sent.data + ending)  # a bare LF is shown

    def _make_content(self, at: float, octets: bytes, final: bool) -> Iterator[Event]:
        yield self._maker.content(at, octets, final)

    def _make_replies(self, at: float, data: bytes, elapsed: float, before_tls: bool) -> Iterator[Event]:
        replies = self._reader.feed(data)
        if before_tls:  # unencrypted bytes after the reply are not a reply: the client starts again with TLS
            early = b"".join(reply.raw for reply in replies[1:]) + self._reader.pending
            replies, self._reader = replies[:1], ReplyReader()
        for reply in replies[:UNASKED]:
            yield self._maker.reply(at, reply, elapsed)
        if len(replies) > UNASKED:
            count = str(len(replies) - UNASKED)
            yield Noted(at, self._maker.tracker.phase, Topic.UNASKED, (("count", count),))
        if before_tls and early:
            yield Injected(at, Phase.STARTTLS, early)

    def _make_secured(self, event: Secured) -> Iterator[Event]:
        self._maker.tracker.secured()
        yield event


def _just(event: Event) -> tuple[Event]:
    return (event,)


def command_of(event: Received | Unsolicited) -> str:
    """The command of a reply, with secrets masked; the phase if there is no command."""
    if isinstance(event, Received) and event.command:
        about = f" <{event.recipient}>" if event.last and event.recipient else ""
        return event.command + about
    return event.phase.value
