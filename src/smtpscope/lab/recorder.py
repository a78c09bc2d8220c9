"""The transcript of a session: the same events as a client's, seen from the client, octet for octet.

So the views, the verdict and the explanations read what happened at the lab without code of their own.
"""

from __future__ import annotations

from smtpscope.model.event import Connected, Disconnected, Done, Event, Noted, Received, Sent
from smtpscope.model.vocabulary import Party, Topic
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import parse_reply
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# Octets held in memory before they are handed on to be written.
HELD = 65536


class Recorder:
    """Collects the events of one session and hands them to ``write`` in portions.

    ``text_limit``: octets of messages kept.
    """

    def __init__(
        self, now: Callable[[], float], write: Callable[[list[Event]], None], text_limit: int = 1048576
    ) -> None:
        self._now, self._write, self._left = now, write, text_limit
        self._raw: list[Event | tuple[float, Phase, bytes, str, float]] = []
        self._held = self._cut = 0
        self._asked = now()
        self._host = ""

    def connected(self, host: str, address: str, port: int, client: str) -> None:
        """A client came; ``client`` is its ``address:port``."""
        self._host = host
        self.add(Connected(self._now(), host, address, port, client))

    def sent(self, phase: Phase, data: bytes, masked: bool = False) -> None:
        """The client sent a command line."""
        self._asked = self._now()
        self.add(Sent(self._asked, phase, data, False, masked), len(data))

    def sent_text(self, phase: Phase, data: bytes) -> None:
        """The client sent octets of a message; beyond the limit they are counted only."""
        self._asked = self._now()
        kept = data[: self._left]
        self._left -= len(kept)
        self._cut += len(data) - len(kept)
        if kept:
            self.add(Sent(self._asked, phase, kept, True), len(kept))

    def received(self, phase: Phase, data: bytes, command: str) -> None:
        """The client was sent a reply; it is read (for its defects) when the events are handed on."""
        now = self._now()
        self._raw.append((now, phase, data, command, now - self._asked))
        self._hold(len(data))

    def add(self, event: Event, octets: int = 0) -> None:
        """Anything else that happened."""
        self._raw.append(event)
        self._hold(octets)

    def ended(self, by: Party, phase: Phase = Phase.QUIT) -> None:
        """The connection is over, by us (the client) or peer (the lab). Hands on everything."""
        if self._cut:
            self.add(Noted(self._now(), Phase.END_OF_DATA, Topic.TEXT_CUT, (("octets", str(self._cut)),)))
        self.add(Disconnected(self._now(), phase, by))
        self.add(Done(self._now(), self._host))
        self.flush()

    def flush(self) -> None:
        """Hand on what was collected."""
        events = [item if isinstance(item, Event) else _received(*item) for item in self._raw]
        self._raw, self._held = [], 0
        self._write(events)

    def _hold(self, octets: int) -> None:
        self._held += octets + 200  # an event weighs more than its octets
        if self._held > HELD:
            self.flush()


def _received(at: float, phase: Phase, data: bytes, command: str, elapsed: float) -> Event:
    return Received(at, phase, parse_reply(data), command, elapsed)
