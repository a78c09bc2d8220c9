"""The clock, as an object that a test can replace."""

from __future__ import annotations

import time

from smtpscope.net.system import sleep


class Clock:
    """The system's clock."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never go back, for limits and durations."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        sleep(seconds)


class StoppedClock(Clock):
    """A clock that stays where it was set; ``advance`` moves it."""

    def __init__(self, now: float = 0.0) -> None:
        self._now = now

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        self._now += seconds
