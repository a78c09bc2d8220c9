"""LMTP at the lab (RFC 2033): LHLO instead of EHLO, and a reply for each recipient after the message."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smtpscope.lab.mail import Mail
    from smtpscope.lab.smtp.output import Output
    from smtpscope.lab.smtp.session import Session
    from smtpscope.protocol.command import Command


def reject_ehlo(session: Session, command: Command) -> Output:
    """EHLO and HELO: always 500 (RFC 2033 section 4.1), so that clients do not use this port for SMTP."""
    return session.reject("lhlo-only")


def reply_to_each(session: Session, mail: Mail, fault: str) -> Iterator[Output]:
    """The reply for each recipient, in the order of RCPT (RFC 2033 section 4.2), up to one that ends the connection.

    ``fault`` is the reply that rejects the message for all of them; empty if there is none.
    """
    for recipient in mail.recipients:
        address = recipient.address
        output = (
            session.usual_reply(fault)
            if fault
            else session.reply_at("end-of-data", "queued", argument=address, id=mail.id)
        )
        yield output
        if output.end:
            return
