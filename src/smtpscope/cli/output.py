"""The outputs of a run: standard output, standard error, and files. A failed output never stops the run.

If an output cannot be written any more, nothing is raised in any command, and the rest of that output is dropped. A
closed pipe (``| head``) is not a problem. A full disk is one: it is reported once, and a run that succeeded otherwise
ends with exit code 3.
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
    """The file of an output, which drops what cannot be written.

    name   the name in an error message: an option, or STDOUT; empty: errors are not reported
    lost   whether it cannot be written any more
    fault  whether that is a problem of this machine, such as a full disk
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
        except KeyboardInterrupt:  # the second signal: the reader of the pipe hangs
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
                break
            if written is not None:
                return written
            from select import select

            select([], [self], [])  # another program has set the pipe to non-blocking: wait for room
        return len(octets)

    def _lose(self, error: OSError) -> None:
        """Stop writing to this output, and report the error unless the reader has closed it."""
        self.lost = True
        # EIO from a terminal: it was closed.
        self.fault = error.errno != errno.EPIPE and not (self._terminal and error.errno == errno.EIO)
        if self.fault and self.name:
            say_lost(self.name, error)


class Output(TextIOWrapper):
    """A text stream that writes to an OutputFile."""

    def __init__(self, outlet: OutputFile, encoding: str, errors: str, lines: bool) -> None:
        super().__init__(BufferedWriter(outlet), encoding, errors, line_buffering=lines)
        self.outlet = outlet

    @property
    def fault(self) -> bool:
        """Whether this machine could not write it."""
        return self.outlet.fault


def say_lost(name: str, error: OSError) -> None:
    """Report on standard error that the output ``name`` cannot be written any more."""
    text = _("{name}: cannot write: {reason}; continuing without it")
    sys.stderr.write(f"smtpscope: {text.format(name=_(name), reason=error.strerror or error)}\n")


def guard_streams() -> None:
    """Make standard output and standard error an Output each. Only for a program that owns its process.

    A stream that the caller has closed (``>&-``) becomes /dev/null: a socket could get its descriptor otherwise.
    """
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 - for the whole run
    sys.stdout = _guarded(sys.stdout, STDOUT)
    sys.stderr = _guarded(sys.stderr, "")


def _guarded(stream: TextIO | None, name: str) -> Output:
    """``stream`` as an Output. Characters that its encoding does not have are written as escapes."""
    if stream is None:
        return Output(OutputFile(os.open(os.devnull, os.O_WRONLY), name), "utf-8", "backslashreplace", lines=False)
    errors = stream.errors if stream.errors and stream.errors != "strict" else "backslashreplace"
    lines = not name or stream.isatty()
    return Output(OutputFile(stream.fileno(), name, owned=False), stream.encoding, errors, lines)


def is_read() -> bool:
    """Whether standard output can still be written. A command that only shows things can stop if not."""
    return not (isinstance(sys.stdout, Output) and sys.stdout.outlet.lost)


def has_failed() -> bool:
    """Whether this machine could not write standard output. Flushes it first."""
    sys.stdout.flush()
    return isinstance(sys.stdout, Output) and sys.stdout.fault


def write_lines(lines: Iterable[str]) -> None:
    """Write lines, given without line endings, until standard output is closed. Uses escapes where needed."""
    from smtpscope.render.visible import writable

    encoding = sys.stdout.encoding
    for line in lines:
        sys.stdout.write(writable(line + "\n", encoding))
        if not is_read():
            return
    sys.stdout.flush()
