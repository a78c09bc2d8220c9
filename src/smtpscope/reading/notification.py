"""Finds out whether a message is a DSN about the message that was sent, and what it reports for each recipient."""

from __future__ import annotations

from smtpscope.protocol.command import xtext_decode
from smtpscope.protocol.header import field, message_id
from smtpscope.reading.dsn import report_of
from smtpscope.reading.message import parse_message
from smtpscope.reading.qsbmf import parse_qsbmf
from smtpscope.safetext import octets
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from smtpscope.reading.dsn import DeliveryReport, RecipientReport

# Actions that end the wait for a recipient; a delay does not.
FINAL = ("delivered", "relayed", "expanded", "failed")

# How a DSN was recognized as one about the sent message, the most reliable first.
ENVELOPE_ID, MESSAGE_ID, RUN_ID, RECIPIENT = "envelope-id", "message-id", "run-id", "recipient"

RUN_FIELD = "X-Smtpscope-Run"

# Seconds that a server's clock may be slow.
CLOCK_ERROR = 3600.0


class Awaited(Value):
    """The sent message whose DSNs are awaited.

    envid       its envelope ID (RFC 3461 section 4.4)
    message_id  its Message-ID as sent, without brackets; empty if it has none
    recipients  the recipients for which a server accepted it
    since       the time before it was sent, in seconds since the epoch; 0: not known
    run_id      the value of its X-Smtpscope-Run; empty if it has none
    """

    envid: str
    message_id: str
    recipients: tuple[str, ...]
    since: float = 0.0
    run_id: str = ""


class RecipientStatus(Value):
    """What a DSN reports for one of the recipients.

    reporter  the server that sent the DSN
    by        how the DSN was recognized: envelope-id, message-id, run-id, or recipient
    """

    recipient: str
    report: RecipientReport
    reporter: str
    by: str


def awaited_message(message: bytes, envid: str, recipients: tuple[str, ...], since: float) -> Awaited:
    """The values of ``message`` (or of its header), as sent, that a DSN may return."""
    return Awaited(envid, message_id(message), recipients, since, field(message, RUN_FIELD))


def read_notification(data: bytes, awaited: Awaited) -> tuple[RecipientStatus, ...]:
    """What ``data`` reports for the recipients; empty if it is about another message, or is not a DSN."""
    message = parse_message(data)
    report = report_of(message) or parse_qsbmf(message)
    by = _recognize(report, awaited) if report else ""
    if report is None or not by:
        return ()
    found = ((_recipient_of(item, awaited, by), item) for item in report.recipients)
    return tuple(RecipientStatus(name, item, report.reporting_mta, by) for name, item in found if name)


def _recognize(report: DeliveryReport, awaited: Awaited) -> str:
    """How the report was recognized as one about the awaited message; empty if it is about another message.

    The most reliable value that was returned decides. Only the sender of a message knows its envelope ID (RFC 3464
    section 2.2.1). A server may have replaced the Message-ID, but does not change X-Smtpscope-Run. If no value can be
    compared, the recipients decide, unless the message of the report arrived before this one was sent.
    """
    if report.envelope_id:  # some servers return it encoded, some decoded (RFC 3464 section 2.2.1)
        return ENVELOPE_ID if report.envelope_id in (awaited.envid, xtext_decode(awaited.envid)) else ""
    returned = field(octets(report.header), RUN_FIELD) if report.message_id != awaited.message_id else ""
    marks = ((returned, awaited.run_id, RUN_ID), (report.message_id, awaited.message_id, MESSAGE_ID))
    for theirs, ours, by in marks:
        if theirs and ours:
            return by if theirs == ours else ""
    return RECIPIENT if not _is_earlier(report, awaited.since) else ""


def _is_earlier(report: DeliveryReport, since: float) -> bool:
    """Whether the message arrived at the reporting server (RFC 3464 section 2.2.5) before the awaited one was sent."""
    from email.utils import mktime_tz, parsedate_tz

    date = parsedate_tz(report.arrival_date) if since else None
    try:
        return date is not None and mktime_tz(date) < since - CLOCK_ERROR
    except (ValueError, OverflowError):  # not a valid date
        return False


def _recipient_of(item: RecipientReport, awaited: Awaited, by: str) -> str:
    """The awaited recipient of a report; empty if it is none of them.

    The original recipient takes precedence, because the final one may be the target of an alias.
    """
    for address in (item.original_recipient, item.final_recipient):
        for recipient in awaited.recipients:
            if address and address.casefold() == recipient.casefold():
                return recipient
    only = len(awaited.recipients) == 1 and by != RECIPIENT  # the report is about this message, with one recipient
    return awaited.recipients[0] if only else ""
