"""A message that the lab has received: its envelope, its recipients, and the file with its content."""

from __future__ import annotations

from pathlib import Path

from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from typing import Protocol

    class Spool(Protocol):
        """Takes the bytes of one message; a full disk is reported when the message is stored (lab/store/maildir.py)."""

        def write(self, octets: bytes) -> None: ...
        def discard(self) -> None: ...


class Recipient(Value):
    """A recipient with its parameters (NOTIFY, ORCPT)."""

    address: str
    parameters: tuple[tuple[str, str], ...] = ()


class Mail(Value):
    """A received message with its envelope. Its content is in the file ``path``, without dot-stuffing.

    octets   the size of the message in bytes
    at       seconds since the epoch
    session  the id of the session, and of its transcript
    about    of a DSN: the id of the message that it reports on; empty for what a client sent
    claimed  what XCLIENT or a PROXY header reported of the client, by the names of XCLIENT's attributes
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
        """The message, read from the mailbox. Raises OSError if it is no longer there."""
        return Path(self.path).read_bytes()
