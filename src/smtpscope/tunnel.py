"""TLS without I/O: octets of the network in, text out, and back. The client and the lab share it."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

# Octets of the peer's first words that are kept, to say what came instead of TLS.
KEPT = 64


class Tunnel:
    """One TLS connection. ``heard`` is the beginning of what the peer sent; ``closed``: it said that it ends here.

    ``shake``, ``open`` and ``seal`` raise ssl.SSLError for what the peer does wrong.
    """

    def __init__(self, context: ssl.SSLContext, name: str = "", server_side: bool = False) -> None:
        from ssl import MemoryBIO

        self._incoming, self._outgoing = MemoryBIO(), MemoryBIO()
        self.session = context.wrap_bio(self._incoming, self._outgoing, server_side, None if server_side else name)
        self.heard = b""
        self.closed = False

    def shake(self, octets: bytes) -> bool:
        """Go on with the handshake, with what the peer sent. Returns whether it is complete."""
        from ssl import SSLWantReadError

        self.heard += octets[: KEPT - len(self.heard)]
        self._incoming.write(octets)
        try:
            self.session.do_handshake()
        except SSLWantReadError:
            return False
        return True

    def open(self, octets: bytes = b"") -> bytes:
        """The text in ``octets``, as far as it is complete."""
        from ssl import SSLError, SSLWantReadError, SSLZeroReturnError

        self._incoming.write(octets)
        text = b""
        try:
            while piece := self.session.read(65536):
                text += piece
            self.closed = True
        except SSLWantReadError:
            pass
        except SSLZeroReturnError:
            self.closed = True
        except SSLError:
            if not text:  # what came whole before it is given out first
                raise
        return text

    def seal(self, text: bytes) -> bytes:
        """``text`` as it goes out."""
        view = memoryview(text)
        while view:
            view = view[self.session.write(view) :]
        return self.pending()

    def pending(self) -> bytes:
        """What TLS itself wants to send: handshake, alerts, new keys."""
        return self._outgoing.read()

    def close(self) -> bytes:
        """The farewell of TLS, to be sent before the connection is closed (RFC 8446 section 6.1)."""
        from contextlib import suppress
        from ssl import SSLError

        with suppress(SSLError):  # the peer's farewell is not waited for
            self.session.unwrap()
        return self.pending()
