"""SIGINT, SIGTERM, and SIGHUP. While a session runs, they take effect where it waits, so that no event is lost.

Each ends the run as Ctrl-C does: ``Stop`` is a KeyboardInterrupt that holds its signal.
"""

from __future__ import annotations

import time

from smtpscope.model.vocabulary import Signal
from smtpscope.net.system import signal, thread_id
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

NAMES: dict[int, Signal] = {signal.SIGINT: Signal.INT, signal.SIGTERM: Signal.TERM, signal.SIGHUP: Signal.HUP}

# Seconds within which signals count as one: at the end of a terminal session both the kernel and the shell send SIGHUP,
# and a program that passes Ctrl-C on to its children sends it a second time.
SAME = 0.3

# A signal that arrives just before a system call waits, or in another thread, is not seen by the interpreter until the
# call returns, which may take minutes. So a timer interrupts all waits once in this many seconds.
BEAT = 1.0

# Seconds after which a signal that came in a write is raised.
SOON = 0.01


class Stop(KeyboardInterrupt):
    """The end of the run, requested by a signal. ``name``: INT, TERM, or HUP; ``again``: it is not the first."""

    def __init__(self, name: Signal = Signal.INT, again: bool = False) -> None:
        super().__init__()
        self.name, self.again = name, again


def signal_name(error: KeyboardInterrupt) -> Signal:
    """The signal that raised ``error``: INT, TERM, or HUP."""
    return error.name if isinstance(error, Stop) else Signal.INT


class Interruptible:
    """``with INTERRUPTIBLE:`` is around everything that waits for the network or a clock.

    ``patient``: the first signal is kept until the next wait. Otherwise it is raised at once, but not
    between ``hold`` and ``release``, which enclose a write, and the times before and after the program proper. A second
    signal is always raised at once: something hangs. Signals come to the main thread only, so the waits of
    other threads (the probes') do not count.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._thread = thread_id()
        self.patient = False
        self._inside = False
        self._held = 0
        self._kept: Signal | None = None
        self._last = 0.0
        self._count = 0

    def __enter__(self) -> None:
        if thread_id() != self._thread:
            return
        self._inside = True
        if self._kept:
            self._raise(self._kept)

    def __exit__(self, *_: object) -> None:
        if thread_id() == self._thread:
            self._inside = False

    def begin(self) -> None:
        """From here on, a session runs: keep signals until a wait."""
        self._thread, self.patient = thread_id(), True

    def hold(self) -> None:
        """Something begins that the first signal must not interrupt."""
        self._held += 1

    def release(self) -> None:
        """It has ended. What was kept is raised soon, by ``look``: here, a write would seem to have failed."""
        self._held = max(self._held - 1, 0)
        if self._kept and not self.patient and not self._held:
            signal.setitimer(signal.ITIMER_REAL, SOON, BEAT)

    def take(self, number: int, frame: FrameType | None) -> None:
        """The handler of the signals."""
        now = self._monotonic()
        if self._count and now - self._last < SAME:
            return
        self._last = now
        self._count += 1
        if self._inside or self._count > 1 or not (self.patient or self._held):
            self._raise(NAMES[number])
        self._kept = NAMES[number]

    def look(self, number: int, frame: FrameType | None) -> None:
        """The handler of the timer."""
        if self._kept and not (self.patient or self._held):
            self._raise(self._kept)

    def _raise(self, name: Signal) -> None:
        self._inside, self._kept = False, None
        raise Stop(name, again=self._count > 1)


INTERRUPTIBLE = Interruptible()


def catch_signals() -> None:
    """Let SIGINT, SIGTERM, and SIGHUP end the run. For a program; a library leaves the handlers alone.

    They are kept until ``INTERRUPTIBLE.release``, where what is raised can be handled. SIGTERM and
    SIGHUP stay ignored where the caller ignores them, as nohup does.
    """
    INTERRUPTIBLE.hold()
    for number in NAMES:
        if number == signal.SIGINT or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, INTERRUPTIBLE.take)
    signal.signal(signal.SIGALRM, INTERRUPTIBLE.look)
    signal.setitimer(signal.ITIMER_REAL, BEAT, BEAT)


def leave_signals() -> None:
    """At the end of the program: a signal ends it at once, and nothing is reported any more."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number in NAMES:
        if signal.getsignal(number) == INTERRUPTIBLE.take:
            signal.signal(number, signal.SIG_DFL)


def keep_interrupts() -> None:
    """From now on a session runs: the first signal takes effect in waits only."""
    INTERRUPTIBLE.begin()
