"""``set logfile``: each line with its time, written to the file before the next line is sent."""

from __future__ import annotations

import contextlib
import os

from smtpscope.errors import LocalError
from smtpscope.language import N_, fill
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.model.event import Event


class LogFile:
    """A log file, opened to append. A relative name is in the working directory; a missing file is created.

    Raises LocalError if the directory does not exist or the file cannot be written.
    """

    def __init__(self, name: str) -> None:
        self.path = os.path.abspath(os.path.expanduser(name))
        folder = os.path.dirname(self.path)
        if not os.path.isdir(folder):
            text = N_("logfile: the folder {folder!r} does not exist; make it, or name another file")
            raise LocalError(fill(text, folder=folder))
        try:
            # Line buffering: each line is in the file even if the process is killed right after it.
            self._file = open(self.path, "a", encoding="utf-8", errors="backslashreplace", buffering=1)  # noqa: SIM115
        except OSError as error:
            text = N_("logfile: cannot write {path!r}: {reason}")
            raise LocalError(fill(text, path=self.path, reason=error.strerror)) from error

    def write(self, event: Event) -> None:
        """Add the lines of one event. Raises OSError."""
        from smtpscope.render.log import log_lines

        for line in log_lines(event):
            self._file.write(line + "\n")

    def close(self) -> None:
        """Close the file."""
        with contextlib.suppress(OSError):  # a write that failed before fails again here
            self._file.close()
