"""Ctrl-C, taken where a conversation waits. Elsewhere it is kept until the next wait, so that no event is lost.

``_signal`` for the reason that docs/decisions/0003-socket.md gives: ``signal`` turns its constants into enums.
"""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    import signal
    from types import FrameType
else:
    import _signal as signal


class Waits:
    """``with WAITS:`` stands around everything that waits for the network or a clock."""

    def __init__(self) -> None:
        self._inside = False
        self._wanted = False

    def __enter__(self) -> None:
        self._inside = True
        if self._wanted:
            self._inside = self._wanted = False
            raise KeyboardInterrupt

    def __exit__(self, *_: object) -> None:
        self._inside = False

    def take(self, number: int, frame: FrameType | None) -> None:
        """The signal handler. A second Ctrl-C before the next wait is taken at once: something hangs."""
        if self._inside or self._wanted:
            self._inside = self._wanted = False
            raise KeyboardInterrupt
        self._wanted = True


WAITS = Waits()


def keep_interrupts() -> None:
    """From now on, Ctrl-C is taken in waits only. For a command line; a library leaves the handler as it is."""
    try:
        signal.signal(signal.SIGINT, WAITS.take)
    except ValueError:  # not the main thread: no signal ever comes here
        return
