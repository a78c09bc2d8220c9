"""Bounces: a DSN (RFC 3464), or a message in which a server says in free words what went wrong."""

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
    """The replies in a message; empty for what is no message, or one that reports no failure."""
    if not is_message(lines):
        return ()
    message = parse_message(data)
    report = report_of(message)
    if report and report.recipients:
        return tuple(_of_report(report, lines))
    return _free_text(message, lines)


def read_fields(lines: Sequence[str]) -> tuple[Exchange, ...]:
    """The replies of status fields that were pasted alone (``Final-Recipient: ...``, ``Diagnostic-Code: ...``)."""
    if not any(line.lower().startswith(("diagnostic-code:", "final-recipient:")) for line in lines):
        return ()
    places = _places(lines)
    return tuple(
        report.exchange.replace(line=place)
        for report, place in zip(fields_report("\n".join(lines)), places, strict=False)
    )


def is_message(lines: Sequence[str]) -> bool:
    """Whether the text begins with a header that a message has."""
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
    """One for each recipient, in order; the human-readable part often tells the stage that the fields leave out."""
    told = read_free_text(report.text, bounced=True)
    by_recipient = {exchange.recipient: exchange for exchange in reversed(told)}  # the first of each
    stages = {exchange.reply.lines[-1]: exchange.stage for exchange in told if exchange.stage}
    places = _places(lines)
    for number, recipient in enumerate(report.recipients):
        exchange = _success(recipient) or _in_words(recipient, by_recipient) or recipient.exchange
        stage = exchange.stage or stages.get(exchange.reply.lines[-1], "")
        if not stage and len(stages) == 1 == len(report.recipients):
            stage = next(iter(stages.values()))
        yield exchange.replace(stage=stage, line=places[number] if number < len(places) else 1)


def _in_words(recipient: RecipientReport, told: Mapping[str, Exchange]) -> Exchange | None:
    """The human-readable part, where the fields hold a status and no words."""
    if recipient.diagnostic:
        return None
    own = told.get(recipient.final_recipient)
    return with_enhanced(own, recipient.status) if own else None


def _success(recipient: RecipientReport) -> Exchange | None:
    """A report that the message arrived: nothing was refused."""
    if recipient.action not in ("delivered", "relayed", "expanded") or recipient.diagnostic:
        return None
    return read_words(
        f"250 {recipient.status} {recipient.action}", recipient=recipient.final_recipient, stage="end-of-data"
    )


def _places(lines: Sequence[str]) -> list[int]:
    """The lines in which each recipient's fields begin."""
    return [number for number, line in enumerate(lines, 1) if line.lower().startswith("final-recipient:")] or [
        number for number, line in enumerate(lines, 1) if line.lower().startswith("diagnostic-code:")
    ]


def _free_text(message: Message, lines: Sequence[str]) -> tuple[Exchange, ...]:
    """What qmail, Exim, Exchange and others write in words: in plain text, else in a web page."""
    bounced = _is_bounce(message)
    for kind in ("text/plain", "text/html", "text/"):
        texts = [text_of(part) for part in parts_of(message) if part.get_content_type().startswith(kind)]
        found = read_free_text("\n".join(without_tags(text) for text in texts), bounced)
        if found:
            return tuple(_placed(found, lines))
    return ()


def _is_bounce(message: Message) -> bool:
    """Whether a machine sent the message back: the null sender, a daemon's name, a subject that says so."""
    said = " ".join(str(message.get(name, "")) for name in ("Return-Path", "From", "Subject", "Auto-Submitted"))
    return _BOUNCE.search(said) is not None or message.get_content_type() == "multipart/report"


# Words that are looked for in the whole text in vain: more of them would only take time.
_VAIN = 20


def _placed(found: Sequence[Exchange], lines: Sequence[str]) -> Iterator[Exchange]:
    """Each with the line that holds the reply's words, as far as they are not encoded; they stand in this order."""
    line = vain = 0
    for exchange in found:
        place = _place(exchange.reply, lines, line) if vain < _VAIN else -1
        vain += place < 0
        line = max(place, line)
        yield exchange.replace(line=place + 1 if place >= 0 else 1)


def _place(reply: Reply, lines: Sequence[str], start: int) -> int:
    """The index of the line, from ``start`` on, that holds the words of ``reply``; -1 for none."""
    for words in (reply.lines[-1][:30], f"{reply.code} {reply.enhanced}", " ".join(reply.lines[-1][:200].split()[:2])):
        for number in range(start, len(lines)):
            if words and words in lines[number]:
                return number
    return -1
