"""A TLS server of few words for the tests, which tells whether the client ended TLS as RFC 8446 wants it."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from scripted import Act
from smtpscope.lab.net.tls import Authority


class SecureServer:
    """One client is served: TLS from the first byte, then the acts (octets to send; ``"line"``: a line is read).

    ``heard``: what the client sent. ``end``: how it ended: ``close_notify``, or ``cut`` where the connection was closed
    without it. ``at_once``: sent in one piece with the end of the handshake.
    """

    def __init__(self, folder: Path, acts: tuple[Act, ...], version: ssl.TLSVersion, at_once: bytes) -> None:
        authority = Authority(str(folder), ("localhost", "127.0.0.1"), time.time())
        self.ca_file = authority.ca_file
        self._acts, self._at_once = acts, at_once
        context = authority.context()
        context.maximum_version = version
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self.heard, self.end = b"", ""
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def serve(self) -> None:
        """Serve one client, up to the end of the connection."""
        with contextlib.suppress(OSError):
            self.connection, _address = self.listener.accept()
            self.connection.settimeout(20)
            with self.connection:
                self._play()

    def _play(self) -> None:
        while not self._shaken():
            self._incoming.write(self.connection.recv(65536))
        if self._at_once:
            self._say(self._at_once)
        for act in self._acts:
            if isinstance(act, bytes):
                self._say(act)
            else:
                self._hear_line()
        while octets := self._read():
            self.heard += octets

    def _shaken(self) -> bool:
        """Whether the handshake is complete; what ends it goes out later, with the text that follows."""
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self.connection.sendall(self._outgoing.read())
            return False
        return True

    def _say(self, text: bytes) -> None:
        self._tls.write(text)
        self.connection.sendall(self._outgoing.read())

    def _hear_line(self) -> None:
        heard = b""
        while not heard.endswith(b"\n"):
            heard += self._read() or b"\n"
        self.heard += heard

    def _read(self) -> bytes:
        """Text of the client; none at the end of the connection, and then ``end`` is known."""
        if pending := self._outgoing.read():
            self.connection.sendall(pending)
        while True:
            try:
                text = self._tls.read(65536)
            except ssl.SSLWantReadError:
                octets = self.connection.recv(65536)
                if not octets:
                    self.end = self.end or "cut"
                    return b""
                self._incoming.write(octets)
                continue
            except ssl.SSLZeroReturnError:
                text = b""
            self.end = "" if text else "close_notify"
            return text


@contextlib.contextmanager
def secure_server(
    folder: Path, *acts: Act, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3, at_once: bytes = b""
) -> Iterator[SecureServer]:
    """A TLS server in a thread; when the block ends, its client has been served to the end."""
    server = SecureServer(folder, acts, version, at_once)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        thread.join(20)
        server.listener.close()
