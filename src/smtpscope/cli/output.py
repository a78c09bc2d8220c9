"""What a run writes: standard output, standard error, and records. What is shown never decides what is done.

Where an output cannot be written any more, the run goes on, in whatever command: nothing is raised, and what is left is
dropped. A reader that has left, as ``| head`` does, is no fault. A full disk is one: it is reported once, and a run
that went well otherwise ends with exit code 3.
"""

from __future__ import annotations

import errno
import os
import sys
from io import BufferedWriter, FileIO, TextIOWrapper

from smtpscope.language import N_, _
from smtpscope.net.signals import INTERRUPTIBLE
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, TextIO

STDOUT = N_("standard output")


class OutputFile(FileIO):
    """The way out of an output.

    name   what a message calls it: an option, or STDOUT; empty: nothing is told
    lost   whether it cannot be written any more
    fault  whether that is a fault of this machine
    """

    def __init__(self, descriptor: int, name: str, owned: bool = True) -> None:
        super().__init__(descriptor, "wb", closefd=owned)
        self.name = name
        self.lost = self.fault = False
        self._terminal = self.isatty()

    def write(self, octets: Any) -> int:
        """Write, or drop what cannot be written. Never raises OSError."""
        INTERRUPTIBLE.hold()
        try:
            return self._write(octets)
        except KeyboardInterrupt:  # the second signal: nobody reads, and the write would wait for ever
            self.lost = True
            raise
        finally:
            INTERRUPTIBLE.release()

    def _write(self, octets: Any) -> int:
        while not self.lost:
            try:
                written = super().write(octets)
            except OSError as error:
                self._lose(error)
            else:
                if written is not None:
                    return written
                self._wait()
        return len(octets)

    def _lose(self, error: OSError) -> None:
        self.lost = True
        # EIO from a terminal: it was closed.
        self.fault = error.errno != errno.EPIPE and not (self._terminal and error.errno == errno.EIO)
        if self.fault and self.name:
            say_lost(self.name, error)

    def _wait(self) -> None:
        """Until there is room, where another program has set the pipe to not blocking."""
        from select import select

        select([], [self], [])


class Output(TextIOWrapper):
    """Text on its way to an Outlet."""

    def __init__(self, outlet: OutputFile, encoding: str, errors: str, lines: bool) -> None:
        super().__init__(BufferedWriter(outlet), encoding, errors, line_buffering=lines)
        self.outlet = outlet

    @property
    def fault(self) -> bool:
        """Whether this machine could not write it."""
        return self.outlet.fault


def say_lost(name: str, error: OSError) -> None:
    """Tell that the output ``name`` cannot be written any more."""
    text = _("{name}: cannot write: {reason}; continuing without it")
    sys.stderr.write(f"smtpscope: {text.format(name=_(name), reason=error.strerror or error)}\n")


def guard_streams() -> None:
    """Make standard output and standard error an Output each. For a program that owns its process.

    A stream that the caller has closed (``>&-``) gets a place to go, before a socket takes its number.
    """
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 - for the whole run
    sys.stdout = _guarded(sys.stdout, STDOUT)
    sys.stderr = _guarded(sys.stderr, "")


def _guarded(stream: TextIO | None, name: str) -> Output:
    """``stream`` with a new way out. Characters that its encoding does not have are shown as escapes."""
    if stream is None:
        return Output(OutputFile(os.open(os.devnull, os.O_WRONLY), name), "utf-8", "backslashreplace", lines=False)
    errors = stream.errors if stream.errors and stream.errors != "strict" else "backslashreplace"
    lines = not name or stream.isatty()
    return Output(OutputFile(stream.fileno(), name, owned=False), stream.encoding, errors, lines)


def is_read() -> bool:
    """Whether standard output still goes somewhere: who does nothing but show things may stop when it does not."""
    return not (isinstance(sys.stdout, Output) and sys.stdout.outlet.lost)


def has_failed() -> bool:
    """Whether this machine could not write standard output. What waits in the buffer is written first."""
    sys.stdout.flush()
    return isinstance(sys.stdout, Output) and sys.stdout.fault


def write_lines(lines: Iterable[str]) -> None:
    """Write lines, each without its line end, as long as somebody reads them; what cannot be encoded as escapes."""
    from smtpscope.render.visible import writable

    encoding = sys.stdout.encoding
    for line in lines:
        sys.stdout.write(writable(line + "\n", encoding))
        if not is_read():
            return
    sys.stdout.flush()
