"""Whether a message is a notification about the message that we sent, and what it says of each recipient."""

from __future__ import annotations

from smtpscope.reading.dsn import parse_dsn
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from smtpscope.reading.dsn import DeliveryReport, RecipientReport

# What ends the wait for a recipient; a delay does not.
FINAL = ("delivered", "relayed", "expanded", "failed")


class Awaited(Value):
    """The message that is waited for: its envelope id (RFC 3461 section 4.4), its Message-ID, its recipients."""

    envid: str
    message_id: str
    recipients: tuple[str, ...]


class Told(Value):
    """What a notification says of one of our recipients; ``reporter`` is the server that sent it."""

    recipient: str
    report: RecipientReport
    reporter: str


def read_notification(data: bytes, awaited: Awaited) -> tuple[Told, ...]:
    """What ``data`` tells of our recipients; nothing when it is about another message, or no notification."""
    report = parse_dsn(data)
    if report is None or not _is_ours(report, awaited):
        return ()
    found = ((_whom(said, awaited), said) for said in report.recipients)
    return tuple(Told(whom, said, report.reporting_mta) for whom, said in found if whom)


def _is_ours(report: DeliveryReport, awaited: Awaited) -> bool:
    """By the envelope id, which is ours alone; by the Message-ID where a server has dropped the id."""
    if report.envelope_id:
        return report.envelope_id == awaited.envid
    return bool(awaited.message_id) and report.message_id == awaited.message_id


def _whom(said: RecipientReport, awaited: Awaited) -> str:
    """Our recipient that is meant: the original one where it is named, for the final one may be an alias."""
    for address in (said.original_recipient, said.final_recipient):
        for recipient in awaited.recipients:
            if address and address.casefold() == recipient.casefold():
                return recipient
    return awaited.recipients[0] if len(awaited.recipients) == 1 else ""
