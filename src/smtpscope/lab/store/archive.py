"""Read the maildir of a lab (lab/store/maildir.py), while it runs or afterwards."""

from __future__ import annotations

import json
from pathlib import Path

from smtpscope.errors import LocalError, UsageError
from smtpscope.lab.mail import Mail, Recipient
from smtpscope.lab.store.attempts import TAKEN, Attempt, attempts
from smtpscope.model.transcript import read_lines
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from smtpscope.model.event import Event


class Entry(Value):
    """One line of the list: a received message (``mail``), or an attempt without one. ``id`` is for ``find``."""

    id: str
    attempt: Attempt
    mail: Mail | None = None


class Archive:
    """The maildir of a lab. Raises LocalError if ``folder`` is not one."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        if not (self.folder / "envelopes").is_dir():
            raise LocalError("{folder!r} is not a lab directory; give the maildir of a lab", "folder", folder=folder)

    def mails(self) -> Iterator[Mail]:
        """The messages, oldest first."""
        found = (self._mail(path) for path in (self.folder / "envelopes").glob("*.json"))
        return iter(sorted((mail for mail in found if mail), key=lambda mail: mail.at))

    def entries(self) -> list[Entry]:
        """The messages, and the attempts that were rejected or aborted, oldest first."""
        entries = [Entry(mail.id, _attempt(mail), mail) for mail in self.mails()]
        for path in (self.folder / "sessions").glob("*.jsonl"):
            tried = (attempt for attempt in attempts(self.events(path.stem)) if attempt.outcome != TAKEN)
            entries += [Entry(path.stem, attempt) for attempt in tried]
        return sorted(entries, key=lambda entry: entry.attempt.at)

    def find(self, beginning: str) -> Mail | str:
        """The message, or the id of the session, whose id begins with ``beginning``. Raises UsageError."""
        mails = {path.stem: path for path in (self.folder / "envelopes").glob("*.json")}
        sessions = {path.stem for path in (self.folder / "sessions").glob("*.jsonl")}
        found = [name for name in (*mails, *sessions) if beginning and name.startswith(beginning)]
        if len(found) != 1:
            text = {"count": len(found), "beginning": beginning}
            raise UsageError("id", "{count} messages and sessions start with {beginning!r}", **text)
        mail = self._mail(mails[found[0]]) if found[0] in mails else None
        return mail or found[0]

    def events(self, session: str) -> tuple[Event, ...]:
        """The transcript of a session, as far as it is written; empty if there is none."""
        return read_transcript(str(self.folder), session)

    def content(self, mail: Mail) -> bytes:
        """The message as received. Raises LocalError if it was removed from the directory."""
        for name in ("new", "cur"):
            for path in (self.folder / name).glob(f"{mail.id}*"):  # a mail reader adds flags to the name
                return path.read_bytes()
        raise LocalError("the message {id} is no longer in {folder}", "folder", id=mail.id, folder=str(self.folder))

    def _mail(self, path: Path) -> Mail | None:
        try:
            record = json.loads(path.read_text("utf-8"))
            return mail_from_json(record).replace(path=str(self.folder / "new" / path.stem))
        except (OSError, ValueError, KeyError, TypeError):  # it is being written, or it is not from a lab
            return None


def read_transcript(folder: str, session: str, count: int | None = None) -> tuple[Event, ...]:
    """The events of a session, at most the first ``count``, that are written in the maildir ``folder``.

    Empty where there is no transcript. A lab may be adding to it: a last line that is not complete is left out.
    """
    try:
        octets = (Path(folder) / "sessions" / f"{session}.jsonl").read_bytes()
    except OSError:
        return ()
    lines = octets[: octets.rfind(b"\n") + 1].decode("utf-8").splitlines()
    return read_lines(lines if count is None else lines[: count + 1])  # the first line is the header


_KEPT = ("id", "helo", "peer", "sender", "octets", "at", "session", "login", "tls", "about")


def mail_from_json(record: Mapping[str, Any]) -> Mail:
    """The message whose envelope was written (lab/store/maildir.py). Raises KeyError, TypeError for anything else."""
    recipients = tuple(Recipient(item["address"], tuple(item["parameters"].items())) for item in record["recipients"])
    parameters = tuple(record["parameters"].items())
    claimed = tuple(record.get("claimed", {}).items())
    kept = {name: record[name] for name in _KEPT}
    return Mail(**{**kept, "parameters": parameters, "recipients": recipients, "claimed": claimed})


def _attempt(mail: Mail) -> Attempt:
    named = tuple(recipient.address for recipient in mail.recipients)
    return Attempt(mail.at, mail.peer, mail.helo, mail.sender, named, TAKEN)
