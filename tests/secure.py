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

    ``heard``: what the client sent. ``end``: how it ended, once ``serve`` is over: ``close_notify``, or ``cut`` where
    the connection was closed without it.
    """

    def __init__(self, folder: Path, *acts: Act, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> None:
        authority = Authority(str(folder), ("localhost", "127.0.0.1"), time.time())
        self.ca_file = authority.ca_file
        self._context = authority.context()
        self._context.maximum_version = version
        self._acts = acts
        self.heard, self.end = b"", ""
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def serve(self) -> None:
        """Serve one client, up to the end of the connection."""
        with contextlib.suppress(OSError):
            connection, _address = self.listener.accept()
            connection.settimeout(20)
            with self._context.wrap_socket(connection, server_side=True, suppress_ragged_eofs=False) as secure:
                self._play(secure)

    def _play(self, secure: ssl.SSLSocket) -> None:
        for act in self._acts:
            if isinstance(act, bytes):
                secure.sendall(act)
            else:
                self._hear(secure, b"\n")
        try:
            while octets := secure.recv(4096):
                self.heard += octets
            self.end = "close_notify"
        except ssl.SSLEOFError:
            self.end = "cut"

    def _hear(self, secure: ssl.SSLSocket, end: bytes) -> None:
        heard = b""
        while not heard.endswith(end):
            heard += secure.recv(1) or end
        self.heard += heard


@contextlib.contextmanager
def secure_server(folder: Path, *acts: Act, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> Iterator[SecureServer]:
    """A TLS server in a thread; when the block ends, its client has been served to the end."""
    server = SecureServer(folder, *acts, version=version)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        thread.join(20)
        server.listener.close()
