"""Sockets, threads, signals, and waits of the operating system. Nothing else on the client's side imports them.

The default is the C modules that ``socket``, ``threading``, and ``signal`` wrap: they load at once
(docs/decisions/0003-socket.md). Where gevent has patched the standard modules, the patched functions are used. That is
decided at each call, so gevent may patch before or after smtpscope is imported.
"""

from __future__ import annotations

import _thread
import sys
import time
from _socket import AF_INET, AF_INET6, IPPROTO_TCP, SOCK_STREAM, TCP_NODELAY

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Sequence
    from socket import socket
    from typing import Any
else:
    import _signal as signal

__all__ = ["AF_INET", "AF_INET6", "IPPROTO_TCP", "SOCK_STREAM", "TCP_NODELAY", "signal"]


def _sockets() -> Any:
    """The module that sockets come from."""
    monkey = sys.modules.get("gevent.monkey")
    if monkey and monkey.is_module_patched("socket"):
        import socket

        return socket
    import _socket

    return _socket


def new_socket(family: int) -> socket:
    """A TCP socket of ``family``. Raises OSError."""
    made: socket = _sockets().socket(family, SOCK_STREAM)
    return made


def look_up_addresses(host: bytes, port: int, family: int) -> list[str]:
    """The addresses of ``host`` from the system's resolver, each once; ``family`` 0: all. No time limit.

    Raises OSError and UnicodeError.
    """
    entries = _sockets().getaddrinfo(host, port, family, SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in entries))


def host_name() -> str:
    """The name of this machine."""
    name: str = _sockets().gethostname()
    return name


# gevent patches _thread, time, and select in place: what is looked up at the call is right.


def thread_id() -> int:
    """The number of the current thread."""
    return _thread.get_ident()


def run_within(work: Callable[[], None], limit: float) -> bool:
    """Run ``work`` in a thread and wait ``limit`` seconds for its end. Returns whether it has ended.

    Otherwise the thread is abandoned; it does not keep the process alive.
    """
    done = _thread.allocate_lock()
    done.acquire()

    def run() -> None:
        try:
            work()
        finally:
            done.release()

    start_thread(run)
    return done.acquire(timeout=limit)


def start_thread(work: Callable[[], None]) -> None:
    """Run ``work`` in a thread that does not keep the process alive."""
    _thread.start_new_thread(work, ())


def sleep(seconds: float) -> None:
    """Wait."""
    time.sleep(seconds)


def wait_readable(sources: Sequence[Any], limit: float) -> list[Any]:
    """Those of ``sources`` (descriptors, or objects with fileno) that can be read, after ``limit`` seconds at most."""
    import select

    return select.select(sources, [], [], limit)[0]
