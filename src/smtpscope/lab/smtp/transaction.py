"""A mail transaction on the server side (RFC 5321 section 3.3)."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.lab.mail import Recipient
    from smtpscope.lab.scenario.model import Rule
    from smtpscope.lab.smtp.content import Content


class Transaction:
    """The data of MAIL, RCPT, and the message so far. Whether a transaction is open is decided by the session's state.

    ``rules`` are those of trigger addresses (lab/scenario/triggers.py).
    """

    def __init__(self) -> None:
        self.sender = ""
        self.parameters: tuple[tuple[str, str], ...] = ()
        self.recipients: list[Recipient] = []
        self.rules: tuple[Rule, ...] = ()
        self.content: Content | None = None
        self.chunked = False

    def discard(self) -> None:
        """Discard what was received of the message."""
        if self.content:
            self.content.spool.discard()
            self.content = None
