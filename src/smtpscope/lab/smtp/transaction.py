"""A mail transaction on the server's side (RFC 5321 section 3.3)."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.lab.mail import Recipient
    from smtpscope.lab.scenario.model import Rule
    from smtpscope.lab.smtp.content import Content


class Transaction:
    """What MAIL, RCPT and the message have given so far; whether one is open is the session's state to say.

    ``rules`` are those that the addresses ask for (lab/scenario/triggers.py).
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
