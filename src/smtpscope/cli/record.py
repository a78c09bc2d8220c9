"""The files that a run writes: records that grow line by line, and files that are written at the end.

All of them are opened, or tested for writing, before anything is sent.
"""

from __future__ import annotations

import os

from smtpscope.cli.output import Output, OutputFile, say_lost
from smtpscope.errors import LocalError
from smtpscope.language import _

# Other names of the standard streams. They are duplicated: a file opened again would have its own position.
_STREAMS = {
    **dict.fromkeys(("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"), 1),
    **dict.fromkeys(("/dev/stderr", "/dev/fd/2", "/proc/self/fd/2"), 2),
}

_MODES = {"append": os.O_APPEND, "replace": os.O_TRUNC}


def open_record(option: str, path: str, mode: str, first: str = "") -> Output:
    """A file to which lines are added, each in one write: if the process is killed, all lines before that are there.

    ``mode``: append or replace. ``first`` is written immediately. Raises LocalError about ``option``.
    """
    _check_directory(option, path)
    try:
        if path in _STREAMS:
            descriptor = os.dup(_STREAMS[path])
        else:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | _MODES[mode], 0o666)
        try:
            if first:
                os.write(descriptor, first.encode())
        except OSError:
            os.close(descriptor)
            raise
    except OSError as error:
        raise _not_writable(option, path, error) from error
    return Output(OutputFile(descriptor, option), "utf-8", "backslashreplace", lines=True)


def open_whole(option: str, path: str) -> WholeFile | Output:
    """A file whose ``write``, called once, replaces its content. A device or FIFO is opened and written directly.

    Raises LocalError about ``option`` if it cannot be written.
    """
    if path in _STREAMS or (os.path.exists(path) and not os.path.isfile(path)):
        return open_record(option, path, "replace")
    _check_directory(option, path)
    file = WholeFile(option, path)
    try:
        file.try_out()
    except OSError as error:
        raise _not_writable(option, path, error) from error
    return file


class WholeFile:
    """A file that keeps its old content until the new content is complete. ``fault``: it could not be written."""

    def __init__(self, option: str, path: str) -> None:
        self._option, self._path = option, os.path.realpath(path)
        self._draft = ""
        self.fault = False

    def try_out(self) -> None:
        """Test whether the file can be written. Raises OSError if not."""
        if os.path.exists(self._path):
            os.close(os.open(self._path, os.O_WRONLY))
        os.close(self._open_draft())
        self._remove_draft()

    def write(self, text: str) -> None:
        """Replace the content with ``text``. If that fails, the old content stays, and the error is reported."""
        data = text.encode("utf-8", "backslashreplace")
        try:
            with open(self._open_draft(), "wb") as file:
                file.write(data)
            self._replace(data)
        except OSError as error:
            self.fault = True
            say_lost(self._option, error)
        finally:
            self._remove_draft()

    def close(self) -> None:
        """Nothing: no file is open between two calls."""

    def _open_draft(self) -> int:
        """The descriptor of a new file in the same directory, with the owner and permissions of the old file."""
        from contextlib import suppress

        directory, name = os.path.split(self._path)
        self._draft = os.path.join(directory, f".{name[:200]}.{os.urandom(4).hex()}")
        descriptor = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        if os.path.exists(self._path):
            old = os.stat(self._path)
            with suppress(OSError):  # only root can change the owner
                os.fchown(descriptor, old.st_uid, old.st_gid)
            with suppress(OSError):  # some file systems have no permissions
                os.fchmod(descriptor, old.st_mode & 0o7777)
        return descriptor

    def _replace(self, data: bytes) -> None:
        """Rename the draft to the file. A file that cannot be replaced (a mount point) is overwritten with ``data``."""
        try:
            os.replace(self._draft, self._path)
            self._draft = ""
        except OSError:
            with open(self._path, "wb") as file:
                file.write(data)

    def _remove_draft(self) -> None:
        if self._draft:
            from contextlib import suppress

            with suppress(OSError):
                os.unlink(self._draft)
            self._draft = ""


def _check_directory(option: str, path: str) -> None:
    """Raises LocalError if the directory of ``path`` does not exist."""
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        text = _("directory {folder!r} does not exist; create it or choose another file")
        raise LocalError(text.format(folder=folder), option)


def _not_writable(option: str, path: str, error: OSError) -> LocalError:
    return LocalError(_("cannot write {path!r}: {reason}").format(path=path, reason=error.strerror), option)
