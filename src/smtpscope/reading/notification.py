"""Whether a message is a notification about the message that we sent, and what it says of each recipient."""

from __future__ import annotations

from smtpscope.protocol.command import xtext_decode
from smtpscope.protocol.header import field, message_id
from smtpscope.reading.dsn import report_of
from smtpscope.reading.message import parse_message
from smtpscope.reading.qsbmf import parse_qsbmf
from smtpscope.safetext import octets
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smtpscope.reading.dsn import DeliveryReport, RecipientReport

# What ends the wait for a recipient; a delay does not.
FINAL = ("delivered", "relayed", "expanded", "failed")

# By what a notification was recognised as ours, the surest first.
ENVELOPE_ID, MESSAGE_ID, RUN_ID, RECIPIENT = "envelope-id", "message-id", "run-id", "recipient"

RUN_FIELD = "X-Smtpscope-Run"

# Seconds that a server's clock may be behind ours.
CLOCK_ERROR = 3600.0


class Awaited(Value):
    """The message that is waited for.

    envid       its envelope id (RFC 3461 section 4.4)
    message_id  the Message-ID that it really has, without brackets; empty where it has none
    recipients  those that a server took charge of
    since       when we began to send it, seconds since the epoch; 0: not known
    run_id      what its X-Smtpscope-Run says; empty where it has none
    """

    envid: str
    message_id: str
    recipients: tuple[str, ...]
    since: float = 0.0
    run_id: str = ""


class RecipientStatus(Value):
    """What a notification says of one of our recipients.

    reporter  the server that sent it
    by        what it was recognised by: envelope-id, message-id, run-id or recipient
    """

    recipient: str
    report: RecipientReport
    reporter: str
    by: str


def awaited_message(message: bytes, envid: str, recipients: tuple[str, ...], since: float) -> Awaited:
    """``message``, or its header, as it was sent, with the marks that a notification may give back."""
    return Awaited(envid, message_id(message), recipients, since, field(message, RUN_FIELD))


def read_notification(data: bytes, awaited: Awaited) -> tuple[RecipientStatus, ...]:
    """What ``data`` tells of our recipients; nothing when it is about another message, or no notification."""
    message = parse_message(data)
    report = report_of(message) or parse_qsbmf(message)
    by = _recognised(report, awaited) if report else ""
    if report is None or not by:
        return ()
    found = ((_whom(said, awaited, by), said) for said in report.recipients)
    return tuple(RecipientStatus(whom, said, report.reporting_mta, by) for whom, said in found if whom)


def _recognised(report: DeliveryReport, awaited: Awaited) -> str:
    """By what the report is ours; empty when it is about another message.

    A mark that came back decides, the surest first: only the sender of a message knows its envelope id (RFC 3464
    section 2.2.1); a server may have put a Message-ID of its own in the place of ours, and leaves other fields alone.
    Where no mark came back that we could compare, the recipients tell, for what arrived before is not looked at.
    """
    if report.envelope_id:  # some servers give it back as it was encoded, some decoded (RFC 3464 section 2.2.1)
        return ENVELOPE_ID if report.envelope_id in (awaited.envid, xtext_decode(awaited.envid)) else ""
    for theirs, ours, by in _marks(report, awaited):
        if theirs and ours:
            return by if theirs == ours else ""
    return RECIPIENT if not _is_earlier(report, awaited.since) else ""


def _marks(report: DeliveryReport, awaited: Awaited) -> Iterator[tuple[str, str, str]]:
    """What the message itself carries: each mark as it came back, as we sent it, and its name."""
    if report.message_id != awaited.message_id:
        yield field(octets(report.header), RUN_FIELD), awaited.run_id, RUN_ID
    yield report.message_id, awaited.message_id, MESSAGE_ID


def _is_earlier(report: DeliveryReport, since: float) -> bool:
    """Whether the message arrived at the server that reports (RFC 3464 section 2.2.5) before ours was sent."""
    from email.utils import mktime_tz, parsedate_tz

    date = parsedate_tz(report.arrival_date) if since else None
    try:
        return date is not None and mktime_tz(date) < since - CLOCK_ERROR
    except (ValueError, OverflowError):  # no day of any calendar
        return False


def _whom(said: RecipientReport, awaited: Awaited, by: str) -> str:
    """Our recipient that is meant: the original one where it is named, for the final one may be an alias."""
    for address in (said.original_recipient, said.final_recipient):
        for recipient in awaited.recipients:
            if address and address.casefold() == recipient.casefold():
                return recipient
    alone = len(awaited.recipients) == 1 and by != RECIPIENT  # the message is ours: who else can be meant?
    return awaited.recipients[0] if alone else ""
