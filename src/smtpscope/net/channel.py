"""Text over a connection that stands, with TLS or without: what the session says, as requests of the driver."""

from __future__ import annotations

from smtpscope.model.vocabulary import FailureKind
from smtpscope.net.request import Poll, Read, Trouble, Write
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.net.clock import Clock
    from smtpscope.net.request import Asking
    from smtpscope.tunnel import Tunnel

# Seconds for what is said without waiting for a reply, and for the reason that a server gives before it closes.
FAREWELL = 2.0


class Channel:
    """One connection. ``tunnel``: the TLS in which everything goes, once there is one."""

    def __init__(self, clock: Clock) -> None:
        self.tunnel: Tunnel | None = None
        self._clock = clock
        self._trouble: Trouble | None = None  # of the network, found when nobody read

    def write(self, data: bytes, limit: float) -> Asking:
        """Send ``data`` within ``limit`` seconds. None, or the Trouble in the way."""
        if self._trouble:  # it says more than what writing now would bring
            return self._trouble
        if self.tunnel:
            from smtpscope.net.tls import pass_through

            sealed = pass_through(self.tunnel.seal, data)
            return sealed if isinstance(sealed, Trouble) else (yield Write(sealed, limit))
        return (yield Write(data, limit))

    def read(self, end: float) -> Asking:
        """What comes until the time ``end``. TLS speaks for itself too, so several reads may be needed for a text."""
        if self._trouble:
            known, self._trouble = self._trouble, None
            return known
        outcome = yield from self._open_up(b"")
        while outcome is None:
            left = end - self._clock.monotonic()
            if left <= 0:  # who sends an octet now and then gets no more time than who is silent
                return Trouble(FailureKind.TIMEOUT, "")
            received = yield Read(left)
            if not received or not isinstance(received, bytes):
                return received
            outcome = yield from self._open_up(received)
        return outcome

    def poll(self) -> Asking:
        """What is there already; None where nothing is. A trouble that it finds is kept for the next read."""
        outcome = yield from self._open_up(b"")
        if outcome is None:
            outcome = yield Poll()
            if outcome and isinstance(outcome, bytes):
                outcome = yield from self._open_up(outcome)
        self._trouble = outcome if isinstance(outcome, Trouble) else None
        return outcome

    def _open_up(self, received: bytes) -> Asking:
        """The text in what was received; None where TLS needs more for one. Without TLS, it is the text itself."""
        if not self.tunnel:
            return received or None
        from smtpscope.net.tls import pass_through

        text = pass_through(self.tunnel.open, received)
        answer = self.tunnel.pending()
        if answer:
            yield Write(answer, FAREWELL)
        return text if text or self.tunnel.closed else None
