"""``set logfile``: every line with its time, on the disk before the next one is sent."""

from __future__ import annotations

import contextlib
import os

from smtpscope.errors import LocalError
from smtpscope.language import N_, fill
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import IO

    from smtpscope.model.event import Event


class LogFile:
    """A log that is appended to. A bare name lies in the working directory; a missing file is created.

    Raises LocalError when the folder does not exist or the file cannot be written.
    """

    def __init__(self, name: str) -> None:
        self.path = os.path.abspath(os.path.expanduser(name))
        folder = os.path.dirname(self.path)
        if not os.path.isdir(folder):
            text = N_("logfile: the folder {folder!r} does not exist; make it, or name another file")
            raise LocalError(fill(text, folder=folder))
        try:
            # One write a line: what was said is in the file, even when the process is killed in the next moment.
            self._file = self._open()
        except OSError as error:
            text = N_("logfile: cannot write {path!r}: {reason}")
            raise LocalError(fill(text, path=self.path, reason=error.strerror)) from error

    def _open(self) -> IO[str]:
        return open(self.path, "a", encoding="utf-8", errors="backslashreplace", buffering=1)

    def write(self, event: Event) -> None:
        """Add the lines of one event."""
        from smtpscope.render.log import log_lines

        for line in log_lines(event):
            self._file.write(line + "\n")

    def close(self) -> None:
        """Close it."""
        with contextlib.suppress(OSError):  # what could not be written before cannot be written now
            self._file.close()
