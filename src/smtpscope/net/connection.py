"""A TCP connection, as both drivers use it. What the network reports is a value, not an exception."""

from __future__ import annotations

import errno

from smtpscope.errors import LocalError
from smtpscope.model.vocabulary import FailureKind
from smtpscope.net.request import Trouble
from smtpscope.net.system import AF_INET, AF_INET6, IPPROTO_TCP, TCP_NODELAY, new_socket
from smtpscope.protocol.address import ip_version
from smtpscope.protocol.endpoint import format_endpoint
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

_KINDS = {
    errno.ECONNREFUSED: FailureKind.REFUSED,
    errno.ETIMEDOUT: FailureKind.TIMEOUT,
    errno.ENETUNREACH: FailureKind.UNREACHABLE,
    errno.EHOSTUNREACH: FailureKind.UNREACHABLE,
    errno.EINVAL: FailureKind.UNREACHABLE,  # connect(2) to an address with a blackhole route
    errno.ENETDOWN: FailureKind.UNREACHABLE,
    errno.EHOSTDOWN: FailureKind.UNREACHABLE,
    errno.EAFNOSUPPORT: FailureKind.UNREACHABLE,
    errno.EADDRNOTAVAIL: FailureKind.UNREACHABLE,
    errno.ECONNRESET: FailureKind.RESET,
    errno.ECONNABORTED: FailureKind.RESET,
    errno.EPIPE: FailureKind.RESET,
    errno.EPERM: FailureKind.DENIED,
    errno.EACCES: FailureKind.DENIED,
}

# Bytes received at once at the most.
PIECE = 65536


def trouble(error: OSError) -> Trouble:
    """The kind of a network error and the system's words for it; no words where this client stopped waiting."""
    if isinstance(error, TimeoutError) and error.errno is None:
        return Trouble(FailureKind.TIMEOUT, "")
    return Trouble(_KINDS.get(error.errno or 0, FailureKind.OTHER), error.strerror or str(error))


class Connection:
    """An established connection.

    local  the local address, ``address:port``
    reset  the error of a server that reset the connection as soon as it was established, before connect(2) returned
    """

    def __init__(self, socket: socket.socket, reset: Trouble | None = None) -> None:
        self.socket, self.reset = socket, reset
        self.local = format_endpoint(*socket.getsockname()[:2])

    def write(self, data: bytes, limit: float) -> Trouble | None:
        """Send all of ``data`` within ``limit`` seconds."""
        if self.reset:
            return self.reset
        try:
            self.socket.settimeout(limit)
            self.socket.sendall(data)
        except OSError as error:
            return trouble(error)
        return None

    def read(self, limit: float) -> bytes | Trouble:
        """The first bytes that arrive within ``limit`` seconds; none when the peer has closed."""
        if self.reset:
            return self.reset
        try:
            self.socket.settimeout(max(limit, 0.001))  # 0 would mean: do not wait at all
            return self.socket.recv(PIECE)
        except OSError as error:
            return trouble(error)

    def poll(self) -> bytes | Trouble | None:
        """The bytes that have arrived, without waiting: None where there are none; no bytes when the peer closed."""
        if self.reset:
            return self.reset
        try:
            self.socket.settimeout(0)
            return self.socket.recv(PIECE)
        except BlockingIOError:
            return None
        except OSError as error:
            return trouble(error)

    def fileno(self) -> int:
        """The file descriptor, for select and event loops."""
        return self.socket.fileno()

    def close(self) -> None:
        """Close it, without waiting."""
        self.socket.close()


def connect(address: str, port: int, source: str, limit: float) -> Connection | Trouble:
    """Open a connection to a numeric ``address``, from ``source`` where given, within ``limit`` seconds; blocks.

    Raises LocalError when ``source`` is no address of this machine.
    """
    try:
        socket = open_socket(address, source)
    except OSError as error:
        return trouble(error)
    try:
        socket.settimeout(limit)
        return Connection(socket, _establish(socket, (address, port)))
    except OSError as error:
        socket.close()
        return trouble(error)
    except BaseException:
        socket.close()
        raise


def _establish(socket: socket.socket, place: tuple[str, int]) -> Trouble | None:
    """Connect. Returns the reset of a connection that was established and reset at once. Raises OSError."""
    try:
        socket.connect(place)
    except ConnectionResetError as error:  # a connection that is not established is refused, not reset
        return trouble(error)
    return None


def open_socket(address: str, source: str) -> socket.socket:
    """A socket that can connect to ``address``, bound to ``source`` where given. Raises OSError, LocalError."""
    socket = new_socket(family_of(address))
    try:
        # Commands are written whole, and each waits for its reply: Nagle's algorithm would only delay them.
        socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        if source:
            _bind(socket, source)
    except BaseException:
        socket.close()
        raise
    return socket


def _bind(socket: socket.socket, source: str) -> None:
    try:
        socket.bind((source, 0))
    except OSError as error:
        raise LocalError(
            "cannot connect from {source!r}: {reason}",
            "Target.source",
            source=source,
            reason=error.strerror or str(error),
        ) from error


def family_of(address: str) -> int:
    """The address family of a numeric address."""
    return AF_INET6 if ip_version(address) == 6 else AF_INET
