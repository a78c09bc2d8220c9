"""A server of few words for the tests: it says what a script says, octet for octet, and keeps what it hears."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

Act = bytes | float | str | Callable[[socket.socket], None]


class Scripted:
    """A listening server on loopback. Each connection goes through the same acts:

    octets     are sent; ``"line"``: a line is awaited; a number: seconds of silence; ``"message"``: octets are read up
    to the lone dot; ``"reset"``: the connection is reset; a function is called with the socket. Then it closes.
    """

    def __init__(self, *acts: Act) -> None:
        self.acts = acts
        self.heard = bytearray()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.ended = threading.Event()

    def serve(self) -> None:
        """Take connections, one after the other, until the listener is closed."""
        while True:
            try:
                connection, _address = self.listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.settimeout(20)
                self._play(connection)

    def _play(self, connection: socket.socket) -> None:
        for act in self.acts:
            match act:
                case bytes():
                    connection.sendall(act)
                case "line":
                    self._hear(connection, b"\n")
                case "message":
                    self._hear(connection, b"\r\n.\r\n")
                case "reset":
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
                case float() | int():
                    self.ended.wait(act)
                case _:
                    act(connection)  # type: ignore[operator]

    def _hear(self, connection: socket.socket, end: bytes) -> None:
        heard = b""
        while not heard.endswith(end):
            octets = connection.recv(1)
            if not octets:
                raise OSError("closed")
            heard += octets
        self.heard += heard


@contextlib.contextmanager
def scripted(*acts: Act) -> Iterator[Scripted]:
    """A scripted server in a thread, for as long as the block runs."""
    server = Scripted(*acts)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        server.listener.shutdown(socket.SHUT_RDWR)
        server.listener.close()
        thread.join(10)


def trickle(octets: bytes, every: float) -> Callable[[socket.socket], None]:
    """Send ``octets`` one at a time, ``every`` seconds one, as long as the client bears it."""

    def send(connection: socket.socket) -> None:
        for octet in octets:
            connection.sendall(bytes([octet]))
            time.sleep(every)

    return send


def drain(connection: socket.socket) -> None:
    """Read everything until the client goes away."""
    while connection.recv(65536):
        pass


GREETING = b"220 mail1.fabrikam.com ESMTP\r\n"
HELLO = b"250-mail1.fabrikam.com\r\n250-PIPELINING\r\n250 SIZE 1000000\r\n"
OK = b"250 2.0.0 OK\r\n"
GO = b"354 go on\r\n"
BYE = b"221 2.0.0 bye\r\n"


def replies(*acts: Act) -> tuple[Act, ...]:
    """The first act at once, each further one behind a line; behind 354, behind the message."""
    turns: list[Act] = []
    for act in acts:
        turns += [act, "message" if act == GO else "line"]
    return tuple(turns[:-1])
