"""The connection of the console: the channel of a session, read when something has arrived and never waiting for it."""

from __future__ import annotations

from smtpscope.net.channel import Channel
from smtpscope.net.request import Trouble
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import TypeVar

    from smtpscope.dialogue.plan import Tls
    from smtpscope.model.event import Secured, Unsecured
    from smtpscope.net.blocking import Driver
    from smtpscope.net.clock import Clock
    from smtpscope.net.request import Outcome, Request

    T = TypeVar("T")

# Seconds until the server must have accepted what is written.
WRITE_LIMIT = 60.0

# Bytes that are read at once, so that a flood leaves room for the keyboard.
GULP = 1 << 16


class Wire:
    """An established connection, that of ``driver``. What the network reports is a value, never an exception."""

    def __init__(self, driver: Driver, clock: Clock) -> None:
        self._driver, self._channel = driver, Channel(clock)
        # Text may have arrived together with the end of the handshake; then select has nothing more to report.
        self.unread = False
        self.descriptor = driver.fileno()

    def fileno(self) -> int:
        """For select."""
        return self.descriptor

    def read(self) -> tuple[bytes, Trouble | None, bool]:
        """What has arrived: the bytes, what broke, and whether the peer has closed."""
        octets, self.unread = b"", False
        while len(octets) < GULP:
            piece = self._carry_out(self._channel.poll())
            if isinstance(piece, Trouble):
                return octets, piece, True
            if not piece:
                return octets, None, piece is not None
            octets += piece
        return octets, None, False

    def write(self, octets: bytes) -> Trouble | None:
        """Send all of ``octets``."""
        outcome = self._carry_out(self._channel.write(octets, WRITE_LIMIT))
        return outcome if isinstance(outcome, Trouble) else None

    def shake(self, tls: Tls, enforced: bool, name: str, limit: float) -> Secured | Unsecured:
        """Do the TLS handshake, waiting; everything goes through TLS from then on. Returns the event of it."""
        event = self._carry_out(self._channel.start_tls(tls, enforced, name, limit))
        self.unread = True
        return event

    def close(self) -> None:
        """Close it; with TLS, close_notify is sent before."""
        self._carry_out(self._channel.close())

    def _carry_out(self, asking: Generator[Request, Outcome, T]) -> T:
        work = self._driver.run(asking)
        try:
            next(work)
        except StopIteration as end:
            result: T = end.value
            return result
        raise AssertionError("a channel makes no events")
