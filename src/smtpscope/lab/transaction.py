"""A mail transaction on the server's side (RFC 5321 section 3.3), and the message that comes of it."""

from __future__ import annotations

from pathlib import Path

from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from smtpscope.lab.content import Content
    from smtpscope.lab.scenario import Rule


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


class Transaction:
    """What MAIL, RCPT and the message have given so far; whether one is open is the session's state to say.

    ``rules`` are those that the addresses ask for (lab/wishes.py).
    """

    def __init__(self) -> None:
        self.sender = ""
        self.parameters: tuple[tuple[str, str], ...] = ()
        self.recipients: list[Recipient] = []
        self.rules: tuple[Rule, ...] = ()
        self.content: Content | None = None
        self.chunked = False

    def discard(self) -> None:
        """Throw away what came of the message."""
        if self.content:
            self.content.spool.discard()
            self.content = None
