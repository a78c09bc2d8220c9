"""The mailbox of the lab: messages in a Maildir, envelopes as JSON, sessions as transcripts.

FOLDER/new/ID             a received message
FOLDER/envelopes/ID.json  its envelope
FOLDER/sessions/ID.jsonl  every session, rejected ones too, as the events that ``smtpscope explain`` reads
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from pathlib import Path

from smtpscope.errors import LocalError
from smtpscope.lab.mail import Mail, Recipient
from smtpscope.model.event import SCHEMA
from smtpscope.model.transcript import header_line, write_line
from smtpscope.safetext import dump
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import IO

    from smtpscope.lab.mail import Spool
    from smtpscope.model.event import Event

# Bytes of a message held in memory; a larger one is written while it is received.
IN_MEMORY = 131072


class FileSpool:
    """Takes the bytes of one message. An error of the disk is held in ``failure`` until the message is stored."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.failure: OSError | None = None
        self._head = bytearray()
        self._file: IO[bytes] | None = None

    def write(self, octets: bytes) -> None:
        """Add bytes; never raises."""
        self._head += octets
        if len(self._head) > IN_MEMORY:
            self._spill()

    def finish(self, durable: bool) -> None:
        """Complete the file ``path``; ``durable``: and write it to the disk. Raises OSError."""
        self._spill()
        if self.failure:
            raise self.failure
        assert self._file is not None
        self._file.flush()
        if durable:
            os.fsync(self._file.fileno())
        self._file.close()

    def discard(self) -> None:
        """Remove the message; never raises."""
        self._head.clear()
        if self._file:
            with contextlib.suppress(OSError):  # close() writes what is buffered: it fails again
                self._file.close()
            self.path.unlink(missing_ok=True)

    def _spill(self) -> None:
        try:
            if self._file is None:
                self._file = self.path.open("wb")
            if not self.failure:
                self._file.write(self._head)
        except OSError as error:
            self.failure = error
        self._head.clear()


class NoSpool:
    """Discards all bytes."""

    def write(self, octets: bytes) -> None:
        """Nothing is stored."""

    def discard(self) -> None:
        """Nothing was stored."""


class NoMailbox:
    """Stores nothing: for load tests that must not fill a disk, or wait for one."""

    durable = False

    def spool(self, name: str) -> Spool:
        """A spool that discards all bytes."""
        return NoSpool()

    def store(self, mail: Mail, spool: Spool) -> Mail:
        """Nothing is stored; the envelope is returned."""
        return mail

    def append_session(self, name: str, events: Sequence[Event]) -> None:
        """Nothing is stored."""


class MailboxFullError(OSError):
    """The mailbox has the maximum number of messages."""


class Mailbox:
    """A mailbox in ``folder`` (created if missing), of at most ``limit`` messages (0: no limit).

    ``durable``: ``store`` returns when the message is on the disk. Raises LocalError.
    """

    def __init__(self, folder: str, limit: int = 0, durable: bool = False) -> None:
        self.folder = Path(folder)
        self.durable = durable
        self._limit = limit
        try:
            for name in ("tmp", "new", "cur", "envelopes", "sessions"):
                (self.folder / name).mkdir(parents=True, exist_ok=True)
            self._count = sum(1 for _ in os.scandir(self.folder / "new"))
        except OSError as error:
            raise LocalError(
                "cannot create {folder!r}: {reason}", "maildir", folder=folder, reason=error.strerror
            ) from error

    def spool(self, name: str) -> Spool:
        """A spool for a message that is being received."""
        return FileSpool(self.folder / "tmp" / name)

    def store(self, mail: Mail, spool: Spool) -> Mail:
        """Store ``mail``, whose content is in ``spool``; returns it with its path. Raises OSError."""
        assert isinstance(spool, FileSpool)
        if self._limit and self._count >= self._limit:
            raise MailboxFullError(errno.EDQUOT, os.strerror(errno.EDQUOT))
        spool.finish(self.durable)
        kept = mail.replace(path=str(self.folder / "new" / mail.id))
        try:
            self._write(self.folder / "envelopes" / f"{mail.id}.json", envelope_json(kept))
            spool.path.rename(kept.path)
        except OSError:
            spool.path.unlink(missing_ok=True)
            raise
        if self.durable:
            for name in ("envelopes", "new"):
                _sync_folder(self.folder / name)
        self._count += 1
        return kept

    def store_notice(self, about: Mail, name: str, host: str, octets: bytes) -> Mail:
        """Store a DSN from ``host`` to the sender of ``about``. Raises OSError."""
        spool = self.spool(name)
        spool.write(octets)
        recipients = (Recipient(about.sender),)
        mail = Mail(name, host, "", "", (), recipients, len(octets), time.time(), about=about.id)
        return self.store(mail, spool)

    def append_session(self, name: str, events: Sequence[Event]) -> None:
        """Add ``events`` to the transcript of session ``name``. Raises OSError."""
        path = self.folder / "sessions" / f"{name}.jsonl"
        lines = [write_line(event) + "\n" for event in events]
        with path.open("a", encoding="utf-8") as file:
            if not file.tell():
                lines.insert(0, header_line() + "\n")
            file.write("".join(lines))

    def _write(self, path: Path, text: str) -> None:
        with path.open("w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
            if self.durable:
                file.flush()
                os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Write a directory to the disk: without it, the name of a new file can be lost."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def envelope_json(mail: Mail) -> str:
    """The envelope of ``mail`` as JSON."""
    return dump({**envelope(mail), "schema": SCHEMA}, indent=1) + "\n"


def envelope(mail: Mail) -> dict[str, object]:
    """The envelope of ``mail`` as a mapping for JSON."""
    return {
        "id": mail.id,
        "at": mail.at,
        "session": mail.session,
        "helo": mail.helo,
        "peer": mail.peer,
        "login": mail.login,
        "tls": mail.tls,
        "sender": mail.sender,
        "parameters": dict(mail.parameters),
        "recipients": [{"address": item.address, "parameters": dict(item.parameters)} for item in mail.recipients],
        "octets": mail.octets,
        "about": mail.about,
        "claimed": dict(mail.claimed),
    }
