"""Sockets on loopback: what comes, what the system says, and the limits."""

from __future__ import annotations

import errno
import socket

import pytest

from scripted import scripted
from smtpscope.errors import LocalError
from smtpscope.net.connection import Connection, connect, family_of, trouble
from smtpscope.net.request import Trouble


def connected(port: int, source: str = "") -> Connection:
    made = connect("127.0.0.1", port, source, 5.0)
    assert isinstance(made, Connection)
    return made


def test_octets_go_both_ways_until_the_peer_closes() -> None:
    with scripted(b"220 hi\r\n", "line", b"250 ok\r\n") as server:
        connection = connected(server.port)
        assert connection.local.startswith("127.0.0.1:")
        assert connection.fileno() > 0
        assert connection.read(5.0) == b"220 hi\r\n"
        assert connection.write(b"NOOP\r\n", 5.0) is None
        assert connection.read(5.0) == b"250 ok\r\n"
        assert connection.read(5.0) == b""
        connection.close()
    assert server.heard == b"NOOP\r\n"


def test_our_end_can_be_chosen() -> None:
    with scripted(20.0) as server:
        connection = connected(server.port, "127.0.0.9")
        assert connection.local.startswith("127.0.0.9:")
        connection.close()


def test_an_address_that_is_not_ours_is_the_callers_mistake() -> None:
    with pytest.raises(LocalError, match=r"Target\.source"):
        connect("127.0.0.1", 25, "192.0.2.7", 1.0)


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert connect("127.0.0.1", port, "", 5.0) == Trouble("refused", "Connection refused")


def test_silence_is_a_time_out() -> None:
    with scripted(20.0) as server:
        connection = connected(server.port)
        silence = connection.read(0.05)
        assert isinstance(silence, Trouble)
        assert silence.kind == "timeout"
        connection.close()


def test_a_peer_that_does_not_read_is_a_time_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection = connected(listener.getsockname()[1])
        stuck = connection.write(bytes(20_000_000), 0.2)
        assert isinstance(stuck, Trouble)
        assert stuck.kind == "timeout"
        connection.close()


def test_a_reset_is_named() -> None:
    with scripted(b"220 hi\r\n", "line", "reset") as server:
        connection = connected(server.port)
        connection.read(5.0)
        connection.write(b"EHLO a.test\r\n", 5.0)
        cut = connection.read(5.0)
        assert isinstance(cut, Trouble)
        assert cut.kind == "reset"
        connection.close()


def test_a_connection_that_is_reset_at_once_was_established(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the reset comes before connect(2) returns is a matter of time: the result must not be."""

    class Late(socket.socket):
        def connect(self, address: object) -> None:
            super().connect(address)  # type: ignore[arg-type]
            raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")

    monkeypatch.setattr("smtpscope.net.connection.new_socket", lambda family: Late(family))
    with scripted(b"220 hi\r\n") as server:
        connection = connected(server.port)
        assert connection.local.startswith("127.0.0.1:")
        reset = Trouble("reset", "Connection reset by peer")
        assert connection.read(5.0) == connection.poll() == connection.write(b"NOOP\r\n", 5.0) == reset
        connection.close()


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ECONNREFUSED, "refused"),
        (errno.ENETUNREACH, "unreachable"),
        (errno.EHOSTUNREACH, "unreachable"),
        (errno.EPERM, "denied"),
        (errno.EPIPE, "reset"),
        (errno.ETIMEDOUT, "timeout"),
        (errno.EIO, "other"),
    ],
)
def test_what_the_system_says_has_a_kind(number: int, kind: str) -> None:
    assert trouble(OSError(number, "words")) == Trouble(kind, "words")


def test_the_family_of_an_address() -> None:
    assert family_of("::1") == socket.AF_INET6
    assert family_of("fe80::1%eth0") == socket.AF_INET6
    assert family_of("192.0.2.1") == socket.AF_INET


def test_a_family_that_the_machine_has_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> object:
        raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")

    monkeypatch.setattr("_socket.socket", refuse)
    assert connect("::1", 25, "", 1.0) == Trouble("unreachable", "Address family not supported by protocol")
