"""The connection of the console: read when something is there, never waiting; encrypted once a handshake is done."""

from __future__ import annotations

from smtpscope.net.request import Read, Trouble, Write
from smtpscope.net.signals import INTERRUPTIBLE
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.dialogue.plan import Tls
    from smtpscope.model.event import Event
    from smtpscope.net.clock import Clock
    from smtpscope.net.connection import Connection
    from smtpscope.net.request import Outcome
    from smtpscope.net.tls import Broken, Established
    from smtpscope.tunnel import Tunnel

# Seconds that a line may wait until the server's machine takes it, and a farewell.
WRITE_LIMIT, FAREWELL = 60.0, 2.0

# Octets that are taken in one go, so that a flood leaves room for the keyboard.
GULP = 1 << 16


class Wire:
    """A connection that stands. What the network says is a value, never an exception."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tunnel: Tunnel | None = None
        self.descriptor = connection.fileno()

    def fileno(self) -> int:
        """For select."""
        return self.descriptor

    def read(self) -> tuple[bytes, Trouble | None, bool]:
        """What is there now: the octets, what broke, and whether the peer has closed."""
        octets, broken, closed = self._drain()
        if not self._tunnel or not octets:
            return octets, broken, closed
        from smtpscope.net.tls import pass_through

        text = pass_through(self._tunnel.open, octets)
        answer = self._tunnel.pending()
        if answer:
            self._connection.write(answer, FAREWELL)
        if isinstance(text, Trouble):
            return b"", text, True
        return text, broken, closed or self._tunnel.closed

    def _drain(self) -> tuple[bytes, Trouble | None, bool]:
        octets = b""
        while len(octets) < GULP:
            piece = self._connection.poll()
            if isinstance(piece, Trouble):
                return octets, piece, True
            if not piece:
                return octets, None, piece is not None
            octets += piece
        return octets, None, False

    def write(self, octets: bytes) -> Trouble | None:
        """Send all of ``octets``."""
        sealed: bytes | Trouble = octets
        if self._tunnel:
            from smtpscope.net.tls import pass_through

            sealed = pass_through(self._tunnel.seal, octets)
        if isinstance(sealed, Trouble):
            return sealed
        with INTERRUPTIBLE:
            outcome = self._connection.write(sealed, WRITE_LIMIT)
        return outcome if isinstance(outcome, Trouble) else None

    def shake(self, tls: Tls, enforced: bool, name: str, limit: float, clock: Clock) -> Event:
        """Do the TLS handshake, waiting; from then on everything goes through it. Returns what came of it."""
        from smtpscope.net.tls import Established, event_of, shake

        work = shake(tls, enforced, name, limit, clock)
        outcome: Outcome = None
        try:
            while True:
                request = work.send(outcome)
                with INTERRUPTIBLE:
                    if isinstance(request, Write):
                        outcome = self._connection.write(request.data, request.limit)
                    elif isinstance(request, Read):
                        outcome = self._connection.read(request.limit)
        except StopIteration as end:
            made: Established | Broken = end.value
        if isinstance(made, Established):
            self._tunnel = made.tunnel
        return event_of(made, name, clock.now())

    def close(self) -> None:
        """Close it; TLS says goodbye."""
        if self._tunnel:
            self._connection.write(self._tunnel.close(), FAREWELL)
        self._connection.close()
