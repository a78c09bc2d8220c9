"""An established connection, with TLS or without, as requests to a driver; and the replies that arrive by it."""

from __future__ import annotations

from smtpscope.model.vocabulary import FailureKind
from smtpscope.net.request import Close, Poll, Read, Trouble, Write
from smtpscope.protocol.reply import ReplyReader
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

    from smtpscope.dialogue.plan import Tls
    from smtpscope.model.event import Secured, Unsecured
    from smtpscope.net.clock import Clock
    from smtpscope.net.request import Asking, Outcome, Request
    from smtpscope.protocol.reply import Reply
    from smtpscope.tunnel import Tunnel

# Seconds for what is sent without waiting for a reply, and for the reason that a server gives before it closes.
FAREWELL = 2.0

# Replies that are kept before they are asked for (a pipelined group has far fewer), and shown where none was asked for.
AHEAD, UNASKED = 1000, 20


class Channel:
    """One connection: what is written and read goes through TLS once the handshake is done."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tunnel: Tunnel | None = None
        self._trouble: Trouble | None = None  # of the network, found while nothing was awaited
        self._writable = True

    def start_tls(
        self, tls: Tls, enforced: bool, name: str, limit: float
    ) -> Generator[Request, Outcome, Secured | Unsecured]:
        """Do the TLS handshake with a server that has to be ``name``, within ``limit`` seconds; returns its event.

        Everything goes through TLS from then on. A handshake that failed leaves the connection of no use.
        """
        from smtpscope.net.tls import Established, event_of, shake

        made = yield from shake(tls, enforced, name, limit, self._clock)
        if isinstance(made, Established):
            self._tunnel = made.tunnel
        return event_of(made, name, self._clock.now())

    def write(self, data: bytes, limit: float) -> Asking:
        """Send ``data`` within ``limit`` seconds. Returns None, or the Trouble that prevented it."""
        if self._trouble:  # it has more information than the error of a write
            return self._trouble
        if self._tunnel:
            passed = self._tunnel.seal(data)
            if passed.error:
                return _broken_tls(passed.error)
            data = passed.octets
        return (yield from self._send(data, limit))

    def _send(self, octets: bytes, limit: float) -> Asking:
        self._writable = False  # until all of it is out: after half of a TLS record, nothing more is understood
        outcome = yield Write(octets, limit)
        self._writable = outcome is None
        return outcome if isinstance(outcome, Trouble) else None

    def read(self, end: float) -> Asking:
        """What arrives until the time ``end``. TLS has messages of its own, so a text may need several reads."""
        if self._trouble:
            known, self._trouble = self._trouble, None
            return known
        text = yield from self._open(b"")
        while text is None:
            left = end - self._clock.monotonic()
            if left <= 0:  # a server that sends a byte now and then gets no more time than a silent one
                return Trouble(FailureKind.TIMEOUT, "")
            text = yield from self._received((yield Read(left)))
        return text

    def poll(self) -> Asking:
        """What has arrived; None where nothing has. A trouble that it finds is kept for the next read."""
        text = yield from self._open(b"")
        if text is None:
            text = yield from self._received((yield Poll()))
        self._trouble = text if isinstance(text, Trouble) else None
        return text

    def _received(self, outcome: Outcome) -> Asking:
        """The text in the outcome of a Read or Poll; None where nothing came, or TLS needs more."""
        if isinstance(outcome, Trouble):
            return outcome
        if not outcome or not isinstance(outcome, bytes):
            return b"" if outcome == b"" else None
        return (yield from self._open(outcome))

    def _open(self, octets: bytes) -> Asking:
        """The text in ``octets``; None where TLS needs more for one. Without TLS, the octets are the text."""
        if not self._tunnel:
            return octets or None
        passed = self._tunnel.open(octets)
        if passed.octets:
            yield from self._send(passed.octets, FAREWELL)
        if passed.error:
            return _broken_tls(passed.error)
        return passed.text if passed.text or self._tunnel.closed else None

    def close(self) -> Generator[Request, Outcome, None]:
        """Close the connection, with close_notify before where there is TLS (RFC 8446 section 6.1)."""
        if self._tunnel and self._writable:
            yield Write(self._tunnel.close(), FAREWELL)
        yield Close()


def _broken_tls(error: Exception) -> Trouble:
    from ssl import SSLError

    from smtpscope.tunnel import describe

    assert isinstance(error, SSLError)
    return Trouble(FailureKind.TLS, describe(error))


class ReplyQueue:
    """The replies that have arrived and were not asked for yet.

    ``surplus``: how many more came than are kept or shown. A server that floods is not allowed to fill the memory.
    """

    def __init__(self) -> None:
        self.surplus = 0
        self._replies: list[Reply] = []
        self._reader = ReplyReader()

    def __bool__(self) -> bool:
        return bool(self._replies)

    @property
    def flooded(self) -> bool:
        """Whether more replies came than any server needs."""
        return self.surplus > AHEAD

    @property
    def pending(self) -> bytes:
        """What has arrived of a reply that is not complete."""
        return self._reader.pending

    def feed(self, octets: bytes) -> None:
        """Read replies from ``octets``. Of a flood of short ones, those beyond AHEAD are only counted."""
        for start in range(0, len(octets), 1024):
            replies = self._reader.feed(octets[start : start + 1024])
            room = AHEAD - len(self._replies)
            self._replies += replies[:room]
            self.surplus += len(replies[room:])

    def read(self, channel: Channel, end: float) -> Generator[Request, Outcome, bool]:
        """Read from ``channel`` once, until the time ``end`` at the latest. Returns whether anything came."""
        outcome = yield from channel.read(end)
        if not outcome or isinstance(outcome, Trouble):
            return False
        self.feed(outcome)
        return True

    def poll(self, channel: Channel) -> Generator[Request, Outcome, None]:
        """Read what has arrived at ``channel``, without waiting."""
        outcome = yield from channel.poll()
        if outcome and not isinstance(outcome, Trouble):
            self.feed(outcome)

    def next(self) -> Reply:
        """The oldest reply."""
        return self._replies.pop(0)

    def take(self, most: int = AHEAD) -> list[Reply]:
        """The ``most`` oldest replies."""
        taken, self._replies = self._replies[:most], self._replies[most:]
        return taken

    def discard(self) -> bytes:
        """Forget everything. Returns it, as far as it was kept."""
        rest = b"".join(reply.raw for reply in self._replies) + self._reader.pending
        self._replies, self._reader = [], ReplyReader()
        return rest
