"""Bounces: a DSN (RFC 3464), or a message in which a server reports the failure in free text."""

from __future__ import annotations

import re

from smtpscope.model.conversation import Exchange
from smtpscope.reading.dsn import DeliveryReport, fields_report, report_of, text_of
from smtpscope.reading.freetext import read_free_text, without_tags
from smtpscope.reading.message import parse_message, parts_of
from smtpscope.reading.words import read_words, with_enhanced
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from email.message import Message

    from smtpscope.protocol.reply import Reply
    from smtpscope.reading.dsn import RecipientReport

_FIELD = re.compile(r"[!-9;-~]+:(?: |\t|$)")
_TELLING_FIELD = re.compile(r"(?im)^(?:Received|Return-Path|Content-Type|From|Message-ID|Reporting-MTA|MIME-Version):")
_BOUNCE = re.compile(
    r"^<>|mailer-daemon|postmaster|undeliver|non-?deliver|returned mail|fail|delivery|rejected|auto-replied"
    r"|退信|退回|投递失败",
    re.IGNORECASE,
)


def read_bounce(data: bytes, lines: Sequence[str]) -> tuple[Exchange, ...]:
    """The replies in a message; empty if the text is not a message, or reports no failure."""
    if not is_message(lines):
        return ()
    message = parse_message(data)
    report = report_of(message)
    if report and report.recipients:
        return tuple(_of_report(report, lines))
    return _free_text(message, lines)


def read_fields(lines: Sequence[str]) -> tuple[Exchange, ...]:
    """The replies in status fields that were pasted alone (``Final-Recipient: ...``, ``Diagnostic-Code: ...``)."""
    if not any(line.lower().startswith(("diagnostic-code:", "final-recipient:")) for line in lines):
        return ()
    places = _places(lines)
    return tuple(
        report.exchange.replace(line=place)
        for report, place in zip(fields_report("\n".join(lines)), places, strict=False)
    )


def is_message(lines: Sequence[str]) -> bool:
    """Whether the text begins with the header of a message."""
    head: list[str] = []
    for line in lines[:400]:
        if not line.strip():
            if head:
                break
            continue
        head.append(line)
    fields = [line for line in head if _FIELD.match(line)]
    return bool(fields) and head[0].startswith(("From ", fields[0])) and bool(_TELLING_FIELD.search("\n".join(fields)))


def _of_report(report: DeliveryReport, lines: Sequence[str]) -> Iterator[Exchange]:
    """One exchange for each recipient, in order. The human-readable part often has the stage, which no field has."""
    texts = read_free_text(report.text, bounced=True)
    by_recipient = {exchange.recipient: exchange for exchange in reversed(texts)}  # the first of each
    stages = {exchange.reply.lines[-1]: exchange.stage for exchange in texts if exchange.stage}
    places = _places(lines)
    for number, recipient in enumerate(report.recipients):
        exchange = _about(recipient, by_recipient)
        stage = exchange.stage or stages.get(exchange.reply.lines[-1], "")
        if not stage and len(stages) == 1 == len(report.recipients):
            stage = next(iter(stages.values()))
        yield exchange.replace(stage=stage, line=places[number] if number < len(places) else 1)


def _about(recipient: RecipientReport, texts: Mapping[str, Exchange]) -> Exchange:
    """The exchange about a recipient: of its fields; without Diagnostic-Code, a success or the human-readable part."""
    name, text = recipient.final_recipient, texts.get(recipient.final_recipient)
    if recipient.diagnostic:
        return recipient.exchange
    if recipient.action in ("delivered", "relayed", "expanded"):
        return read_words(f"250 {recipient.status} {recipient.action}", recipient=name, stage="end-of-data")
    return with_enhanced(text, recipient.status) if text else recipient.exchange


def _places(lines: Sequence[str]) -> list[int]:
    """The numbers of the lines in which each recipient's fields begin."""
    return [number for number, line in enumerate(lines, 1) if line.lower().startswith("final-recipient:")] or [
        number for number, line in enumerate(lines, 1) if line.lower().startswith("diagnostic-code:")
    ]


def _free_text(message: Message, lines: Sequence[str]) -> tuple[Exchange, ...]:
    """The replies in the text of qmail, Exim, Exchange, and others: in plain text, else in HTML.

    It is a bounce if it has the null sender, or if From or Subject are those of a bounce.
    """
    marks = " ".join(str(message.get(name, "")) for name in ("Return-Path", "From", "Subject", "Auto-Submitted"))
    bounced = _BOUNCE.search(marks) is not None or message.get_content_type() == "multipart/report"
    for kind in ("text/plain", "text/html", "text/"):
        texts = [text_of(part) for part in parts_of(message) if part.get_content_type().startswith(kind)]
        found = read_free_text("\n".join(without_tags(text) for text in texts), bounced)
        if found:
            return tuple(_placed(found, lines))
    return ()


# Failed searches for a reply in the whole text, after which no more replies are searched: each takes time.
_VAIN = 20


def _placed(found: Sequence[Exchange], lines: Sequence[str]) -> Iterator[Exchange]:
    """Each exchange with the number of the line that has its reply, which follows the one before; 1 if not found."""
    line = vain = 0
    for exchange in found:
        place = _place(exchange.reply, lines, line) if vain < _VAIN else -1
        vain += place < 0
        line = max(place, line)
        yield exchange.replace(line=place + 1 if place >= 0 else 1)


def _place(reply: Reply, lines: Sequence[str], start: int) -> int:
    """The index of the line, from ``start`` on, that has the text or the codes of ``reply``; -1 if there is none."""
    for words in (reply.lines[-1][:30], f"{reply.code} {reply.enhanced}", " ".join(reply.lines[-1][:200].split()[:2])):
        for number in range(start, len(lines)):
            if words and words in lines[number]:
                return number
    return -1
