"""LMTP at the lab (RFC 2033): LHLO in place of EHLO, and an answer for each recipient behind the message."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smtpscope.lab.mail import Mail
    from smtpscope.lab.smtp.output import Output
    from smtpscope.lab.smtp.session import Session
    from smtpscope.protocol.command import Command


def refuse_greeting(session: Session, command: Command) -> Output:
    """EHLO and HELO: always 500 (RFC 2033 section 4.1), so that nobody takes this for an SMTP server."""
    return session.complain("lhlo-only")


def answer_each(session: Session, mail: Mail, fault: str) -> Iterator[Output]:
    """The answer for each recipient, in the order of RCPT (RFC 2033 section 4.2), up to one that ends the connection.

    ``fault``: the word to refuse the message with, for all of them; empty when there is none.
    """
    for recipient in mail.recipients:
        address = recipient.address
        output = (
            session.speak(fault) if fault else session.answer("end-of-data", "queued", argument=address, id=mail.id)
        )
        yield output
        if output.end:
            return
