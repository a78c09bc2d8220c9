"""Delivery status notifications (RFC 3464, in a multipart/report of RFC 6522; UTF-8 forms of RFC 6533)."""

from __future__ import annotations

import re

from smtpscope.protocol.command import xtext_decode
from smtpscope.protocol.header import message_id
from smtpscope.reading.message import parse_message, parts_of
from smtpscope.reading.words import read_words, with_enhanced
from smtpscope.safetext import octets
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

    from smtpscope.model.conversation import Exchange
    from smtpscope.protocol.reply import Reply


class RecipientReport(Value):
    """The fields of a DSN about one recipient (RFC 3464 section 2.3). Absent fields are empty.

    action           failed, delayed, delivered, relayed, or expanded, in lower case
    status           the enhanced status code, such as ``5.1.1``
    comment          text after the status code: a comment in parentheses, or a violation of RFC 3464 section 2.3.4
    diagnostic_type  smtp, or another type of the text in ``diagnostic``
    """

    final_recipient: str = ""
    original_recipient: str = ""
    action: str = ""
    status: str = ""
    comment: str = ""
    diagnostic_type: str = ""
    diagnostic: str = ""
    remote_mta: str = ""
    last_attempt: str = ""
    final_log_id: str = ""
    will_retry_until: str = ""

    @property
    def exchange(self) -> Exchange:
        """The reply in Diagnostic-Code; if there is none, the comment after the status code, or the status code."""
        words = self.diagnostic or self.comment or self.status
        exchange = read_words(words, server=self.remote_mta, recipient=self.final_recipient)
        return with_enhanced(exchange, self.status)

    @property
    def reply(self) -> Reply:
        """The reply that the report is about."""
        return self.exchange.reply


class DeliveryReport(Value):
    """A DSN: the fields about the message (RFC 3464 section 2.2), and the fields of each recipient.

    text         the human-readable part
    message_id   Message-ID of the returned message, without brackets; empty if it was not returned
    header       the header of the returned message, as is
    """

    envelope_id: str = ""
    reporting_mta: str = ""
    received_from: str = ""
    arrival_date: str = ""
    recipients: tuple[RecipientReport, ...] = ()
    text: str = ""
    message_id: str = ""
    header: str = ""


def parse_dsn(data: bytes) -> DeliveryReport | None:
    """The DSN in the message ``data``; None if it is not a DSN. Never raises."""
    return report_of(parse_message(data))


def report_of(message: Message) -> DeliveryReport | None:
    """The DSN in a message that is parsed already; None if it is not a DSN."""
    parts = parts_of(message)
    status = next((part for part in parts if part.get_content_type() in _STATUS), None)
    if status is None:
        return None
    groups = [group for group in _groups(status_text(status)) if group]
    about = next((group for group in groups if group.keys() & {"reporting-mta", "original-envelope-id"}), {})
    recipients = tuple(_recipient(group) for group in groups if group.keys() & {"final-recipient", "action", "status"})
    returned = next((part for part in parts if part.get_content_type() in _RETURNED), None)
    copy = status_text(returned).lstrip("\r\n") if returned else ""
    header = re.split(r"\n\r?\n", copy, maxsplit=1)[0]  # some servers return the whole message as headers
    return DeliveryReport(
        xtext_decode(about.get("original-envelope-id", "")),
        _after_type(about.get("reporting-mta", "")),
        _after_type(about.get("received-from-mta", "")),
        about.get("arrival-date", ""),
        recipients,
        next((text_of(part) for part in parts if part.get_content_type() == "text/plain"), ""),
        message_id(octets(header)),
        header,
    )


_STATUS = ("message/delivery-status", "message/global-delivery-status")
_RETURNED = ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers")


def status_text(part: Message) -> str:
    """The text of a part, also of a message/* part, which the email package has divided into messages."""
    payload = part.get_payload()
    if not isinstance(payload, list):
        return text_of(part)
    text = "\n\n".join(_whole_text(group) for group in payload)
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    if encoding not in ("base64", "quoted-printable"):  # RFC 6533 section 6.2 lets the UTF-8 forms be encoded
        return text
    from email.message import Message

    encoded = Message()
    encoded["Content-Transfer-Encoding"] = encoding
    encoded.set_payload(text.strip())
    return text_of(encoded)


def _whole_text(part: object) -> str:
    """The original text of a part: its header, then what the email package treats as its body."""
    from email.message import Message

    if not isinstance(part, Message):
        return str(part)
    fields = "\n".join(f"{name}: {value}" for name, value in part.raw_items())
    # Without text_of, the email package would replace 8-bit bytes (which RFC 6533 allows) by U+FFFD.
    text = fields if part.is_multipart() else f"{fields}\n\n{text_of(part)}"
    return octets(text).decode("utf-8", "surrogateescape")


def _groups(text: str) -> Iterator[dict[str, str]]:
    """Each group of fields: names in lower case, values unfolded. The first one of a repeated field is used."""
    for block in re.split(r"\r?\n[ \t]*\r?\n", text):
        fields: dict[str, str] = {}
        for line in re.sub(r"\r?\n[ \t]+", " ", block.strip("\r\n")).splitlines():
            name, colon, value = line.partition(":")
            if colon:
                fields.setdefault(name.strip().lower(), value.strip())
        yield fields


def fields_report(text: str) -> tuple[RecipientReport, ...]:
    """The recipients in status fields that were pasted without the message."""
    return tuple(
        _recipient(group) for group in _groups(text) if "diagnostic-code" in group or "final-recipient" in group
    )


def _recipient(group: dict[str, str]) -> RecipientReport:
    """The report in a group of fields about one recipient."""
    kind, _, diagnostic = group.get("diagnostic-code", "").partition(";")
    if not re.fullmatch(r"[\w-]+", kind.strip()):  # no type before it, against RFC 3464 section 2.3.6
        kind, diagnostic = "", group.get("diagnostic-code", "")
    status = re.match(r"[245]\.\d{1,3}\.\d{1,3}", group.get("status", ""))
    return RecipientReport(
        _address(group.get("final-recipient", "")),
        _address(group.get("original-recipient", "")),
        group.get("action", "").partition(" ")[0].lower(),
        status[0] if status else "",
        group.get("status", "")[status.end() if status else 0 :].lstrip(" \t\r\n(").rstrip(" \t\r\n)"),
        kind.strip().lower(),
        diagnostic.strip(),
        _after_type(group.get("remote-mta", "")),
        group.get("last-attempt-date", ""),
        group.get("final-log-id", ""),
        group.get("will-retry-until", ""),
    )


def _after_type(text: str) -> str:
    """``dns; mx.example.net`` -> ``mx.example.net``."""
    kind, semicolon, value = text.partition(";")
    return (value if semicolon else kind).strip()


def _address(text: str) -> str:
    """``rfc822;kate@example.net`` or ``utf-8;\\x{...}@example.net`` -> the address (RFC 6533 section 3)."""
    kind, _, value = text.rpartition(";")
    address = value.strip().strip("<>")
    if kind.strip().lower() == "utf-8":
        return re.sub(r"\\x\{([0-9A-Fa-f]{2,6})\}", _unescape, address)
    return xtext_decode(address) if kind.strip().lower() == "rfc822" else address


def _unescape(match: re.Match[str]) -> str:
    """The character of ``\\x{...}``; as is if there is no such character."""
    number = int(match[1], 16)
    return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else match[0]


def text_of(part: Message) -> str:
    """The text of a part, decoded. Bytes that are not valid in its charset become surrogates. Never raises."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return str(part.get_payload())
    try:
        return payload.decode(part.get_content_charset() or "utf-8", "surrogateescape")
    except (LookupError, ValueError):  # an unknown charset, or one whose decoder has no error handler
        return payload.decode("utf-8", "surrogateescape")
