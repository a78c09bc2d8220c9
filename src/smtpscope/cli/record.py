"""The files that a run leaves: records that grow with it, and files that are written whole at the end.

All of them are opened, or tried, before anything is sent.
"""

from __future__ import annotations

import os

from smtpscope.cli.output import Output, OutputFile, say_lost
from smtpscope.errors import LocalError
from smtpscope.language import _

# The files that are another name of a stream: they share its place in a file, which opening them anew would not.
_STREAMS = {
    **dict.fromkeys(("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"), 1),
    **dict.fromkeys(("/dev/stderr", "/dev/fd/2", "/proc/self/fd/2"), 2),
}

_BEGIN = {"append": os.O_APPEND, "anew": os.O_TRUNC}


def open_record(option: str, path: str, begin: str, first: str = "") -> Output:
    """A file to which lines are added, each in one write: it is complete up to the last one even if we are killed.

    ``begin``: append, or anew; ``first`` is written at once. Raises LocalError, about ``option``.
    """
    _find_folder(option, path)
    try:
        descriptor = _descriptor(path, _BEGIN[begin])
        _write_first(descriptor, first)
    except OSError as error:
        raise _unwritable(option, path, error) from error
    return Output(OutputFile(descriptor, option), "utf-8", "backslashreplace", lines=True)


def open_whole(option: str, path: str) -> WholeFile | Output:
    """What ``write``, called once, makes the content of the file. A device or FIFO is opened and written as it is.

    Raises LocalError, about ``option``, where that will not be possible.
    """
    if path in _STREAMS or (os.path.exists(path) and not os.path.isfile(path)):
        return open_record(option, path, "anew")
    _find_folder(option, path)
    file = WholeFile(option, path)
    try:
        file.try_out()
    except OSError as error:
        raise _unwritable(option, path, error) from error
    return file


class WholeFile:
    """A file that has its old content, or none, until it has all of the new one. ``fault``: it could not be written."""

    def __init__(self, option: str, path: str) -> None:
        self._option, self._path = option, os.path.realpath(path)
        self._draft = ""
        self.fault = False

    def try_out(self) -> None:
        """Find out whether it can be written. Raises OSError."""
        if os.path.exists(self._path):
            os.close(os.open(self._path, os.O_WRONLY))
        os.close(self._begin())
        self._give_up()

    def write(self, text: str) -> None:
        """Make ``text`` its content. Where that fails, it keeps the old one; that is told."""
        octets = text.encode("utf-8", "backslashreplace")
        try:
            with open(self._begin(), "wb") as file:
                file.write(octets)
            self._take_place(octets)
        except OSError as error:
            self.fault = True
            say_lost(self._option, error)
        finally:
            self._give_up()

    def close(self) -> None:
        """Nothing is held open."""

    def _begin(self) -> int:
        """A draft in the same folder, with the owner and the permissions of the file that it will replace."""
        folder, name = os.path.split(self._path)
        self._draft = os.path.join(folder, f".{name[:200]}.{os.urandom(4).hex()}")
        descriptor = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        if os.path.exists(self._path):
            self._inherit(descriptor, os.stat(self._path))
        return descriptor

    def _take_place(self, octets: bytes) -> None:
        """The draft becomes the file. A file that cannot be replaced (a mount point) is written over."""
        try:
            os.replace(self._draft, self._path)
            self._draft = ""
        except OSError:
            with open(self._path, "wb") as file:
                file.write(octets)

    def _inherit(self, descriptor: int, old: os.stat_result) -> None:
        from contextlib import suppress

        with suppress(OSError):  # only root may give a file away
            os.fchown(descriptor, old.st_uid, old.st_gid)
        with suppress(OSError):  # some file systems have no permissions
            os.fchmod(descriptor, old.st_mode & 0o7777)

    def _give_up(self) -> None:
        if self._draft:
            from contextlib import suppress

            with suppress(OSError):
                os.unlink(self._draft)
            self._draft = ""


def _find_folder(option: str, path: str) -> None:
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        text = _("directory {folder!r} does not exist; create it or choose another file")
        raise LocalError(text.format(folder=folder), option)


def _descriptor(path: str, begin: int) -> int:
    if path in _STREAMS:
        return os.dup(_STREAMS[path])
    return os.open(path, os.O_WRONLY | os.O_CREAT | begin, 0o666)


def _write_first(descriptor: int, text: str) -> None:
    """Write the beginning of a record; close it where that is not possible."""
    try:
        if text:
            os.write(descriptor, text.encode())
    except OSError:
        os.close(descriptor)
        raise


def _unwritable(option: str, path: str, error: OSError) -> LocalError:
    return LocalError(_("cannot write {path!r}: {reason}").format(path=path, reason=error.strerror), option)
