"""Where the lab keeps what it takes: a Maildir, byte for byte, and each envelope beside it as JSON."""

from __future__ import annotations

import json
import os
from pathlib import Path

from smtpscope.errors import LocalError
from smtpscope.lab.session import Mail
from smtpscope.language import _


class Mailbox:
    """A Maildir at ``folder`` (made where it is missing), with ``envelopes/ID.json``. Raises LocalError."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        try:
            for name in ("tmp", "new", "cur", "envelopes"):
                (self.folder / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LocalError(
                _("--maildir: cannot make {folder!r}: {strerror}").format(folder=folder, strerror=error.strerror)
            ) from error

    def store(self, mail: Mail) -> None:
        """Keep ``mail``: the content is on disk before this returns. Raises OSError."""
        temporary = self.folder / "tmp" / mail.id
        with temporary.open("wb") as file:
            file.write(mail.content)
            file.flush()
            os.fsync(file.fileno())
        envelope = self.folder / "envelopes" / f"{mail.id}.json"
        envelope.write_text(
            json.dumps(_envelope(mail), ensure_ascii=False, indent=1) + "\n", "utf-8", "backslashreplace"
        )
        temporary.rename(self.folder / "new" / mail.id)


def _envelope(mail: Mail) -> dict[str, object]:
    return {
        "id": mail.id,
        "helo": mail.helo,
        "peer": mail.peer,
        "sender": mail.sender,
        "parameters": dict(mail.parameters),
        "recipients": [{"address": item.address, "parameters": dict(item.parameters)} for item in mail.recipients],
        "octets": len(mail.content),
    }
