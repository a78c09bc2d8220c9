"""Bounces of qmail and servers derived from it: the qmail-send bounce message format.

Source: https://cr.yp.to/proto/qsbmf.txt
"""

from __future__ import annotations

import re

from smtpscope.protocol.header import message_id
from smtpscope.reading.dsn import DeliveryReport, RecipientReport, text_of
from smtpscope.reading.maillog import read_qmail
from smtpscope.reading.message import parts_of
from smtpscope.safetext import octets
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from email.message import Message

_OPENING = re.compile(r"\s*Hi\. This is the (?:\S+ program at )?(\S*[^\s.])?")
_EMPTY_LINES = re.compile(r"\r?\n(?:[ \t]*\r?\n)+")


def parse_qsbmf(message: Message) -> DeliveryReport | None:
    """The bounce in a message that is parsed already; None if it has another format.

    It has an introduction with fixed first words, a paragraph for each recipient, and, after a line that begins with a
    hyphen, the returned message. The paragraph of a recipient begins with its address in angle brackets and a colon.
    It reports only failures, and has no envelope ID.
    """
    parts = [part for part in parts_of(message) if part.get_content_type() == "text/plain"]
    text = text_of(parts[0]) if parts else ""
    opening = _OPENING.match(text)
    if opening is None:
        return None
    own, *rest = re.split(r"\n[ \t\r]*\n-", text, maxsplit=1)
    _hyphens, _end, copy = "".join(rest).partition("\n")
    header = re.split(r"\n\r?\n", copy.lstrip("\r\n"), maxsplit=1)[0]
    recipients = tuple(_recipient(paragraph) for paragraph in _EMPTY_LINES.split(own) if paragraph.startswith("<"))
    mta = opening[1] or ""
    return DeliveryReport(
        reporting_mta=mta, recipients=recipients, text=own, message_id=message_id(octets(header)), header=header
    )


def _recipient(paragraph: str) -> RecipientReport:
    """The report in the paragraph of one recipient."""
    address, _end, words = paragraph.partition(">:")
    exchange = read_qmail(words.strip())
    reply = exchange.reply
    return RecipientReport(
        final_recipient=address.strip("<> "),
        action="failed",
        status=str(reply.enhanced or ""),
        diagnostic=f"{reply.code} {reply.text}" if reply.code else " ".join(words.split()),
        remote_mta=exchange.server,
    )
