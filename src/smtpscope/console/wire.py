"""The connection of the console: read when something is there, never waiting; encrypted once a handshake is done."""

from __future__ import annotations

from smtpscope.engine.exchange import Read, Trouble, Write, hide
from smtpscope.events import Secured, Unsecured
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import Reply, parse_reply
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from smtpscope.dialogue.plan import Tls
    from smtpscope.engine.clock import Clock
    from smtpscope.engine.exchange import Outcome
    from smtpscope.engine.tls import Broken, Established
    from smtpscope.engine.transport import Connection
    from smtpscope.tunnel import Tunnel

# Seconds that a line may wait until the server's machine takes it, and a farewell.
WRITE_LIMIT, FAREWELL = 60.0, 2.0

# Octets that are taken in one go, so that a flood leaves room for the keyboard.
GULP = 1 << 20


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
        text = self._pass(self._tunnel.open, octets)
        answer = self._tunnel.pending()
        if answer:
            self._connection.write(answer, FAREWELL)
        if isinstance(text, Trouble):
            return b"", text, True
        return text, broken, closed or self._tunnel.closed

    def _drain(self) -> tuple[bytes, Trouble | None, bool]:
        octets = b""
        while len(octets) < GULP:
            piece = self._connection.read(0.0)
            if isinstance(piece, Trouble):
                broken = None if piece.kind == "timeout" else piece
                return octets, broken, broken is not None
            if not piece:
                return octets, None, True
            octets += piece
        return octets, None, False

    def write(self, octets: bytes) -> Trouble | None:
        """Send all of ``octets``."""
        sealed = self._pass(self._tunnel.seal, octets) if self._tunnel else octets
        outcome = sealed if isinstance(sealed, Trouble) else self._connection.write(sealed, WRITE_LIMIT)
        return outcome if isinstance(outcome, Trouble) else None

    def shake(self, tls: Tls, enforced: bool, name: str, limit: float, clock: Clock) -> Established | Broken:
        """Do the TLS handshake, waiting; from then on everything goes through it."""
        from smtpscope.engine.tls import Established, shake

        work = shake(tls, enforced, name, limit, clock)
        outcome: Outcome = None
        try:
            while True:
                request = work.send(outcome)
                if isinstance(request, Write):
                    outcome = self._connection.write(request.data, request.limit)
                elif isinstance(request, Read):
                    outcome = self._connection.read(request.limit)
        except StopIteration as end:
            made: Established | Broken = end.value
        if isinstance(made, Established):
            self._tunnel = made.tunnel
        return made

    def close(self) -> None:
        """Close it; TLS says goodbye."""
        if self._tunnel:
            self._connection.write(self._tunnel.close(), FAREWELL)
        self._connection.close()

    def _pass(self, way: Callable[[bytes], bytes], octets: bytes) -> bytes | Trouble:
        """``octets`` through the tunnel, one way or the other."""
        from ssl import SSLError

        from smtpscope.engine.tls import describe

        try:
            return way(octets)
        except SSLError as error:
            return Trouble("tls", describe(error))


def describe_handshake(made: Established | Broken, name: str, now: float) -> Secured | Unsecured:
    """The event that a handshake becomes."""
    from smtpscope.engine.tls import Established

    if not isinstance(made, Established):
        return Unsecured(now, Phase.TLS, name, made.kind, made.reason, made.code, made.heard, made.certificates)
    facts = (made.version, made.cipher, made.bits, name, not made.code, made.problem, made.code, made.certificates)
    return Secured(now, Phase.TLS, *facts)


def hide_in_reply(reply: Reply, secrets: tuple[bytes, ...]) -> Reply:
    """``reply`` with every secret that we sent masked: some servers repeat what they do not understand."""
    raw = hide(reply.raw, secrets)
    return reply if raw == reply.raw else reply.replace(raw=raw, lines=parse_reply(raw).lines)
