"""A mail server that behaves well, except where a row of the tables says otherwise.

A *play* is what the peer does at one place of the conversation: ``{"DATA": "334 go on"}``. Everywhere else it does what
a good server does, so a client that goes on where it should not finds every door open.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from hostile.acts import NAME, PATIENCE, Act, ClosedError, Plays, accept, close, log_in, start_tls, take_message
from smtpscope.protocol.sasl import decode

GOOD: Plays = {
    "connect": (),
    "banner": f"220 {NAME} ESMTP",
    "EHLO": lambda talk: talk.say_hello(),
    "LHLO": lambda talk: talk.say_hello(),
    "HELO": f"250 {NAME}",
    "STARTTLS": ("220 2.0.0 go ahead", start_tls),
    "AUTH": log_in,
    "response": "235 2.7.0 logged in",
    "*": "501 5.7.0 login given up",
    "XCLIENT": f"220 {NAME} ESMTP",
    "MAIL": "250 2.1.0 sender ok",
    "RCPT": "250 2.1.5 recipient ok",
    "DATA": ("354 go on, end with a dot", take_message),
    "message": (),
    ".": accept,
    "chunk": (),
    "BDAT": "250 2.0.0 chunk taken",
    "LAST": accept,
    "RSET": "250 2.0.0 reset",
    "NOOP": "250 2.0.0 ok",
    "QUIT": ("221 2.0.0 bye", close),
    "unknown": "500 5.5.1 command not recognized",
}


class Talk:
    """One connection of a client, with what was heard on it.

    heard     each line that came, without its line end; the lines of the message too
    accepted  recipients that were answered with 2xx
    played    the places whose play was reached
    """

    def __init__(self, peer: Peer, connection: socket.socket) -> None:
        self.tcp = self.socket = connection
        self.plays, self.offers, self.folder = peer.plays, peer.offers, peer.folder
        self.ended, self.reached = peer.ended, peer.reached
        self.heard: list[bytes] = []
        self.played = peer.played
        self.line = b""
        self.accepted = 0
        self.encrypted = self.lmtp = self.skips = False
        self._buffer = bytearray()
        self._taken = 0  # octets of a chunk that its play has read
        self._said = ""  # the last reply, by which the peer goes on
        self._replies: list[str] = []  # of this play
        self._count: Counter[str] = Counter()

    def hold(self) -> None:
        """The whole conversation, until either side ends it."""
        with contextlib.suppress(OSError, ClosedError, ValueError):
            self.play("connect")
            self.play("banner")
            while True:
                self.line = self.read_line().rstrip(b"\r\n")
                self._answer(self.line.decode("latin-1"))
        with contextlib.suppress(OSError):
            self.socket.close()

    def play(self, place: str) -> None:
        """Do what the row says for this place: ``RCPT 2`` is the second RCPT, ``RCPT`` any; ``?`` marks a trap."""
        self._count[place] += 1
        self._replies = []
        for key in (f"{place} {self._count[place]}", place):
            for name in (key, f"?{key}"):
                if name in self.plays:
                    self.played.add(name)
                    self.act(self.plays[name])
                    return
        self.act(GOOD[place])

    def act(self, act: Act) -> None:
        """Carry out one act."""
        if isinstance(act, tuple):
            for part in act:
                self.act(part)
        elif isinstance(act, str):
            self.say(act)
        elif isinstance(act, bytes):
            self._note(act.decode("latin-1"))
            self.socket.sendall(act)
        else:
            act(self)

    def say(self, text: str) -> None:
        """Send a reply; its last line decides how the peer goes on."""
        for line in text.split("\n"):
            self._note(line)
        self.socket.sendall(text.replace("\n", "\r\n").encode() + b"\r\n")

    def _note(self, reply: str) -> None:
        self._said = reply
        self._replies.append(reply)

    def say_hello(self) -> None:
        """The answer to EHLO, with what the row offers."""
        offers = [offer for offer in self.offers if not (self.encrypted and offer == "STARTTLS")]
        lines = [NAME, *offers]
        self.say("\n".join(f"250{' ' if line is lines[-1] else '-'}{line}" for line in lines))

    def challenge(self, octets: bytes) -> bytes | None:
        """Ask a client that logs in for a response."""
        self.say("334 " + b64encode(octets).decode())
        return decode(self.read_line().rstrip(b"\r\n"))

    def read(self, count: int) -> bytes:
        """Exactly ``count`` octets."""
        while len(self._buffer) < count:
            self._receive()
        self._taken += count
        return self._cut(count)

    def read_line(self) -> bytes:
        """A line with its line end."""
        while (end := self._buffer.find(b"\n")) < 0:
            self._receive()
        line = self._cut(end + 1)
        self.heard.append(line.rstrip(b"\r\n"))
        return line

    def _cut(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _receive(self) -> None:
        octets = self.socket.recv(65536)
        if not octets:
            raise ClosedError
        self._buffer += octets

    def _answer(self, line: str) -> None:
        if self._said.startswith("334") and self._count["AUTH"]:
            self.play("*" if line == "*" else "response")
            return
        verb = line.partition(" ")[0].upper()
        self.lmtp = self.lmtp or verb == "LHLO"
        if verb == "BDAT":
            self._take_chunk(line)
        else:
            self.play(verb if verb in GOOD and verb != "BDAT" and verb.isupper() else "unknown")
        self.accepted += verb == "RCPT" and self._replies[:1] != [] and self._replies[0].startswith("2")

    def _take_chunk(self, line: str) -> None:
        _bdat, size, *last = line.split()
        self._taken = 0
        self.play("chunk")
        if not self.skips:
            self.read(int(size) - self._taken)
        self.play("LAST" if last else "BDAT")


class Peer:
    """A listening peer. ``talks`` are the connections so far, ``played`` the places of the row that were reached."""

    def __init__(
        self, plays: Plays, offers: tuple[str, ...] = (), folder: Path = Path(), host: str = "127.0.0.1"
    ) -> None:
        unknown = {key.lstrip("?").partition(" ")[0] for key in plays} - GOOD.keys()
        assert not unknown, f"no place of a conversation: {unknown}"
        self.plays, self.offers, self.folder = plays, offers, folder
        self.talks: list[Talk] = []
        self.played: set[str] = set()
        self.ended = threading.Event()
        self.reached = threading.Semaphore(0)  # counts the connections that came to the act ``tell``
        self.host = host

    def listen(self, port: int = 0) -> None:
        """Listen, and take every client in a thread of its own. A small window: a long message meets it soon."""
        # With full-sized segments, the system lets a client write 2 MB that nobody has read; with these, 70 KB.
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1448)
        self.listener.bind((self.host, port))
        self.listener.listen(64)
        self.port: int = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self.listener.accept()
            except OSError:
                return
            connection.settimeout(PATIENCE)
            talk = Talk(self, connection)
            self.talks.append(talk)
            threading.Thread(target=talk.hold, daemon=True).start()

    def end(self) -> None:
        """Stop listening and let go of every client."""
        self.ended.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    @property
    def heard(self) -> list[bytes]:
        """Every line that came on any connection."""
        return [line for talk in self.talks for line in talk.heard]


@contextlib.contextmanager
def peer(plays: Plays, offers: tuple[str, ...] = (), folder: Path = Path()) -> Iterator[Peer]:
    """A peer on loopback for as long as the block runs."""
    made = Peer(plays, offers, folder)
    made.listen()
    try:
        yield made
    finally:
        made.end()
