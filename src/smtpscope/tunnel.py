"""TLS without I/O: bytes of the network in, text out, and back. The client and the lab share it."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    import ssl

# Bytes that are kept of what the peer sent first, to report what came instead of TLS.
KEPT = 64


class Passage(Value):
    """What comes of one step of TLS.

    text    what the peer sent, decrypted
    octets  what has to be sent to the peer: handshake, encrypted text, alerts, new keys
    error   what the peer did wrong; TLS cannot continue
    """

    text: bytes = b""
    octets: bytes = b""
    error: ssl.SSLError | None = None


class Tunnel:
    """One TLS connection.

    established  the handshake is complete
    closed       nothing more will come: the peer sent close_notify, or TLS failed
    heard        the beginning of what the peer sent
    """

    def __init__(self, context: ssl.SSLContext, name: str = "", server_side: bool = False) -> None:
        from ssl import MemoryBIO

        self._incoming, self._outgoing = MemoryBIO(), MemoryBIO()
        self.session = context.wrap_bio(self._incoming, self._outgoing, server_side, None if server_side else name)
        self.heard = b""
        self.established = self.closed = False

    def shake(self, octets: bytes = b"") -> Passage:
        """Continue the handshake with what the peer sent; nothing yet: begin it.

        Where it fails, an alert has to be sent too, so that the peer's log has the reason.
        """
        from ssl import SSLError, SSLWantReadError

        self.heard += octets[: KEPT - len(self.heard)]
        self._incoming.write(octets)
        error = None
        try:
            self.session.do_handshake()
            self.established = True
        except SSLWantReadError:
            pass
        except SSLError as failure:
            error = failure
        return Passage(b"", self._outgoing.read(), error)

    def open(self, octets: bytes = b"") -> Passage:
        """The text in ``octets``, as far as it is complete. What came before an error is returned first."""
        from ssl import SSLError, SSLWantReadError, SSLZeroReturnError

        self._incoming.write(octets)
        text, error = b"", None
        try:
            while piece := self.session.read(65536):
                text += piece
            self.closed = True
        except SSLWantReadError:
            pass
        except SSLZeroReturnError:
            self.closed = True
        except SSLError as failure:
            error = None if text else failure
            self.closed = not text
        return Passage(text, self._outgoing.read(), error)

    def seal(self, text: bytes) -> Passage:
        """``text``, encrypted."""
        from ssl import SSLError

        view, error = memoryview(text), None
        try:
            while view:
                view = view[self.session.write(view) :]
        except SSLError as failure:
            error = failure
        return Passage(b"", self._outgoing.read(), error)

    def close(self) -> bytes:
        """close_notify, which has to be sent before the connection is closed (RFC 8446 section 6.1)."""
        from contextlib import suppress
        from ssl import SSLError

        with suppress(SSLError):  # the peer's own close_notify is not awaited
            self.session.unwrap()
        return self._outgoing.read()


def describe(error: ssl.SSLError) -> str:
    """OpenSSL's reason in its own words, ``wrong version number``."""
    return (error.reason or "").replace("_", " ").lower() or str(error)
