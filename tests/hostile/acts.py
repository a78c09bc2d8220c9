"""What a peer can do at one place of the conversation."""

from __future__ import annotations

import contextlib
import socket
import struct
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from hostile.certificate import server_context
from smtpscope.protocol.sasl import Outcome, Verifier, decode, find_mechanism

if TYPE_CHECKING:
    from hostile.peer import Talk

# A text is sent as lines (the last CRLF is added), octets are sent as they are, a function gets the conversation; a
# tuple is one after the other.
Act: TypeAlias = "str | bytes | Callable[[Talk], None] | tuple[Act, ...]"
Plays: TypeAlias = Mapping[str, Act]

# Seconds after which a peer gives up on a client that does not go away; longer than any run may take.
PATIENCE = 40.0

USER, PASSWORD = "kate", "Practice-5ecret"

NAME = "mx.fabrikam.com"


class ClosedError(Exception):
    """The peer has closed the connection."""


def close(talk: Talk) -> None:
    """Close the connection in good order: what was said still arrives."""
    with contextlib.suppress(OSError):
        talk.socket.shutdown(socket.SHUT_WR)
        silence(talk)
    raise ClosedError


def reset(talk: Talk) -> None:
    """Reset the connection (RST)."""
    talk.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise ClosedError


def silence(talk: Talk) -> None:
    """Say nothing any more, and read until the client leaves."""
    while talk.socket.recv(65536):
        pass
    raise ClosedError


def stop_reading(talk: Talk) -> None:
    """Neither read nor say anything, until the client leaves or the test ends."""
    talk.ended.wait(PATIENCE)
    raise ClosedError


def start_tls(talk: Talk) -> None:
    """The TLS handshake."""
    talk.socket = server_context(NAME).wrap_socket(talk.socket, server_side=True)
    talk.encrypted = True


def take_message(talk: Talk) -> None:
    """Read the message up to the lone dot; then the play of ``.`` follows. ``message`` is played as it begins."""
    talk.play("message")
    text = b"\r\n"
    while not text.endswith(b"\r\n.\r\n"):
        text = text[-2:] + talk.read_line()
    talk.play(".")


def tell(talk: Talk) -> None:
    """Let the test know that the conversation has come this far."""
    talk.reached.release()


def take_message_to_bare_dot(talk: Talk) -> None:
    """End the message where a line feed, a dot and a line feed stand, as some servers do against RFC 5321."""
    line = b""
    while line not in (b".\n", b".\r\n"):
        line = talk.read_line()
    talk.play(".")


def wait(seconds: float) -> Act:
    """Do nothing for ``seconds``."""

    def act(talk: Talk) -> None:
        talk.ended.wait(seconds)

    return act


def after(count: int) -> Act:
    """Read ``count`` octets, of the message for example."""

    def act(talk: Talk) -> None:
        talk.read(count)

    return act


def flood(octets: bytes) -> Act:
    """Send ``octets`` again and again until the client leaves."""

    def act(talk: Talk) -> None:
        block = octets * (65536 // len(octets) + 1)
        while True:
            talk.socket.sendall(block)

    return act


def trickle(octets: bytes, every: float) -> Act:
    """Send ``octets`` one at a time, ``every`` seconds one."""

    def act(talk: Talk) -> None:
        for octet in octets:
            talk.socket.sendall(bytes([octet]))
            talk.ended.wait(every)

    return act


def pieces(*parts: bytes) -> Act:
    """Send ``parts`` in segments of their own."""

    def act(talk: Talk) -> None:
        for part in parts:
            talk.socket.sendall(part)
            talk.ended.wait(0.05)

    return act


def below_tls(octets: bytes) -> Act:
    """Write ``octets`` into the TCP connection that carries TLS."""

    def act(talk: Talk) -> None:
        talk.tcp.sendall(octets)

    return act


def skip_chunk(talk: Talk) -> None:
    """Be a server that does not know BDAT: the octets of the chunk are read as commands."""
    talk.skips = True


def accept(talk: Talk) -> None:
    """The answers to the message: one with SMTP, one for each accepted recipient with LMTP (RFC 2033 section 4.2)."""
    for _ in range(talk.accepted if talk.lmtp else 1):
        talk.say("250 2.0.0 queued as 4711")


def log_in(talk: Talk) -> None:
    """A login that is held as RFC 4954 says, with the password that the test knows."""
    talk.say("235 2.7.0 logged in" if _hold_login(talk) else "535 5.7.8 wrong name or password")


def log_in_and_say(text: str) -> Act:
    """A login that is held well up to its last reply, which is ``text``."""

    def act(talk: Talk) -> None:
        _hold_login(talk)
        talk.say(text)

    return act


def _hold_login(talk: Talk) -> bool:
    _auth, name, *initial = talk.line.decode().split()
    mechanism = find_mechanism(name)
    assert mechanism
    exchange = mechanism.server(Verifier({USER: PASSWORD}, NAME, "0123456789abcdef"))
    challenge = next(exchange)
    responses = [b"" if initial[0] == "=" else decode(initial[0].encode())] if initial else []
    try:
        while True:
            response = responses.pop() if responses else talk.challenge(challenge)
            challenge = exchange.send(response or b"")
    except StopIteration as end:
        outcome: Outcome = end.value
    return outcome.accepted


def challenge(text: str) -> Act:
    """334 with ``text`` in base64; ``{nonce}`` is the one that the client of SCRAM has sent."""

    def act(talk: Talk) -> None:
        first = (decode(talk.line.split()[-1]) or b"").decode("latin-1")
        talk.say("334 " + b64encode(text.replace("{nonce}", first.rpartition("r=")[2]).encode()).decode())

    return act


def take_proxy_header(talk: Talk) -> None:
    """The header of the PROXY protocol, version 1 or 2, taken as it should be."""
    start = talk.read(12)
    if start == b"\r\n\r\n\0\r\nQUIT\n":
        talk.read(int.from_bytes(talk.read(4)[2:]))
    else:
        talk.read_line()
