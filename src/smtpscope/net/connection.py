"""A blocking TCP connection. What the network says is a value.

This is the only module that imports ``_socket`` (docs/decisions/0003-socket.md).
"""

from __future__ import annotations

import _socket
import errno
import sys

from smtpscope.errors import LocalError
from smtpscope.model.vocabulary import FailureKind
from smtpscope.net.request import Trouble
from smtpscope.protocol.address import ip_version
from smtpscope.protocol.endpoint import format_endpoint
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    import types

    from smtpscope.net.request import Outcome

_KINDS = {
    errno.ECONNREFUSED: FailureKind.REFUSED,
    errno.ETIMEDOUT: FailureKind.TIMEOUT,
    errno.ENETUNREACH: FailureKind.UNREACHABLE,
    errno.EHOSTUNREACH: FailureKind.UNREACHABLE,
    errno.EINVAL: FailureKind.UNREACHABLE,  # connect(2) to an address that a blackhole route swallows
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

# Largest piece received at once, in octets.
PIECE = 65536


def sockets() -> types.ModuleType:
    """The module with ``socket`` and ``getaddrinfo``: ``_socket``, or ``socket`` where gevent has replaced its parts.

    It is asked for at each connection, so it does not matter whether gevent patches before or after the import of this.
    """
    monkey = sys.modules.get("gevent.monkey")
    if monkey is None or not monkey.is_module_patched("socket"):
        return _socket
    import socket

    return socket


def trouble(error: OSError) -> Trouble:
    """The kind and the system's words of a network error; no words where this client ended its wait."""
    if isinstance(error, TimeoutError) and error.errno is None:
        return Trouble(FailureKind.TIMEOUT, "")
    return Trouble(_KINDS.get(error.errno or 0, FailureKind.OTHER), error.strerror or str(error))


class Connection:
    """A connection that stands. ``local`` is our end, ``address:port``."""

    def __init__(self, socket: _socket.socket) -> None:
        self._socket = socket
        self.local = format_endpoint(*socket.getsockname()[:2])

    def write(self, data: bytes, limit: float) -> Outcome:
        """Send all of ``data`` within ``limit`` seconds."""
        try:
            self._socket.settimeout(limit)
            self._socket.sendall(data)
        except OSError as error:
            return trouble(error)
        return None

    def read(self, limit: float) -> Outcome:
        """What comes first within ``limit`` seconds; no octets when the peer has closed."""
        try:
            self._socket.settimeout(max(limit, 0.001))  # 0 would mean: do not wait at all
            return self._socket.recv(PIECE)
        except OSError as error:
            return trouble(error)

    def poll(self) -> Outcome:
        """What is there already, without waiting; None where nothing is, no octets when the peer has closed."""
        try:
            self._socket.settimeout(0)
            return self._socket.recv(PIECE)
        except BlockingIOError:
            return None
        except OSError as error:
            return trouble(error)

    def fileno(self) -> int:
        """The file descriptor, for select and event loops."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close it, without waiting."""
        self._socket.close()


def connect(address: str, port: int, source: str, limit: float) -> Connection | Trouble:
    """Open a connection to a numeric ``address``, from ``source`` where given, within ``limit`` seconds.

    Raises LocalError when ``source`` is no address of this machine.
    """
    try:
        socket = sockets().socket(family_of(address), _socket.SOCK_STREAM)
    except OSError as error:
        return trouble(error)
    try:
        _bind(socket, source)
        # Commands are written whole and each waits for its reply: Nagle's delay would only add to it.
        socket.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
        socket.settimeout(limit)
        socket.connect((address, port))
        return Connection(socket)
    except OSError as error:
        socket.close()
        return trouble(error)
    except BaseException:
        socket.close()
        raise


def _bind(socket: _socket.socket, source: str) -> None:
    try:
        if source:
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
    return _socket.AF_INET6 if ip_version(address) == 6 else _socket.AF_INET
