"""A message that the lab has received: its envelope, its recipients, and the file that its octets go to."""

from __future__ import annotations

from pathlib import Path

from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from typing import Protocol

    class Spool(Protocol):
        """Takes the octets of one message; a full disk shows when the message is stored (lab/store/maildir.py)."""

        def write(self, octets: bytes) -> None: ...
        def discard(self) -> None: ...


class Recipient(Value):
    """A recipient with its parameters (NOTIFY, ORCPT)."""

    address: str
    parameters: tuple[tuple[str, str], ...] = ()


class Mail(Value):
    """A message that was taken, with its envelope. Its octets are in the file ``path``, dot-stuffing undone.

    ``at`` is seconds since the epoch; ``session`` the id of the transcript that it came in; ``about`` the id of the
    message that it is a notification about, empty for what a client sent; ``claimed`` what XCLIENT or a PROXY header
    said of the client, by the names of XCLIENT's attributes.
    """

    id: str
    helo: str
    peer: str
    sender: str
    parameters: tuple[tuple[str, str], ...]
    recipients: tuple[Recipient, ...]
    octets: int
    at: float = 0.0
    session: str = ""
    login: str = ""
    tls: str = ""
    path: str = ""
    about: str = ""
    claimed: tuple[tuple[str, str], ...] = ()

    @property
    def content(self) -> bytes:
        """The message, read from the mailbox. Raises OSError when it is no longer there."""
        return Path(self.path).read_bytes()
