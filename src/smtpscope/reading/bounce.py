"""Bounces: a DSN (RFC 3464), or a message in which a server says in free words what went wrong."""

from __future__ import annotations

import re

from smtpscope.reading.dsn import DeliveryReport, fields_report, report_of, text_of
from smtpscope.reading.heard import Heard
from smtpscope.reading.maillog import read_line, read_qmail
from smtpscope.reading.marked import MARKS, read_marked
from smtpscope.reading.words import read_words
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from email.message import Message

    from smtpscope.reading.dsn import RecipientReport

_FIELD = re.compile(r"[!-9;-~]+:(?: |\t|$)")
_TELLING_FIELD = re.compile(r"(?im)^(?:Received|Return-Path|Content-Type|From|Message-ID|Reporting-MTA|MIME-Version):")
_SENDMAIL = next(marks for marks in MARKS if marks.form == "sendmail")


def read_bounce(data: bytes, lines: Sequence[str]) -> tuple[Heard, ...]:
    """The replies in a message; empty for what is no message, or one that reports no failure."""
    if not _is_message(lines):
        return ()
    from email import message_from_bytes
    from email.policy import compat32

    message = message_from_bytes(data, policy=compat32)
    report = report_of(message)
    if report and report.recipients:
        return tuple(_of_report(report, lines))
    return _free_text(message, lines)


def read_fields(lines: Sequence[str]) -> tuple[Heard, ...]:
    """The replies of status fields that were pasted alone (``Final-Recipient: ...``, ``Diagnostic-Code: ...``)."""
    if not any(line.lower().startswith(("diagnostic-code:", "final-recipient:")) for line in lines):
        return ()
    places = _places(lines)
    return tuple(
        report.heard.replace(line=place) for report, place in zip(fields_report("\n".join(lines)), places, strict=False)
    )


def _is_message(lines: Sequence[str]) -> bool:
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


def _of_report(report: DeliveryReport, lines: Sequence[str]) -> Iterator[Heard]:
    """One for each recipient, in order; the human-readable part often tells the stage that the fields leave out."""
    stages = {heard.reply.lines[-1]: heard.stage for heard in _in_paragraphs(report.text) if heard.stage}
    places = _places(lines)
    for number, recipient in enumerate(report.recipients):
        heard = _success(recipient) or recipient.heard
        stage = heard.stage or stages.get(heard.reply.lines[-1], "")
        if not stage and len(stages) == 1 == len(report.recipients):
            stage = next(iter(stages.values()))
        yield heard.replace(stage=stage, line=places[number] if number < len(places) else 1)


def _success(recipient: RecipientReport) -> Heard | None:
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


def _free_text(message: Message, lines: Sequence[str]) -> tuple[Heard, ...]:
    """What qmail, Exim, Exchange and others write in words."""
    texts = [text_of(part) for part in message.walk() if part.get_content_maintype() == "text"]
    plain = "\n".join(_no_tags(text) for text in texts)
    body = plain.split("\n")
    found = list(read_marked(_SENDMAIL, body)) or list(_in_paragraphs(plain))
    return tuple(heard.replace(line=_place(heard, lines)) for heard in found)


def _no_tags(text: str) -> str:
    if not re.search(r"<(?:html|body|p|br)\b", text, re.IGNORECASE):
        return text
    from html import unescape

    broken = re.sub(r"(?i)<(?:br|/p|/div|/tr|/h\d)\b[^>]{0,200}>", "\n", text)
    return unescape(re.sub(r"<[a-zA-Z/!][^>]{0,2000}>", "", broken))


_ADDRESS = re.compile(r"<?([^\s<>()\[\],;:\"]{1,64}@[A-Za-z0-9.-]{1,255}|[^\s<>()]{1,64}@\[[\d.]+\])>?")
_GIVES_CODE = re.compile(r"(?:^|[\s#'\"(:;])[45][0-5]\d(?:[ -]|$)|\b[45]\.\d{1,3}\.\d{1,3}\b|#[45]\.\d\.\d")
# What ends the server's words: the copy of the message.
_COPY = re.compile(
    r"(?im)^-{2,}\s*(?:Below this line|This is a copy|Original message|The following is|Forwarded).*|^--- Below.*"
)
_LOCAL_WORDS = re.compile(
    r"(?i)no mailbox here|user unknown|unknown user|mailbox (?:is )?full|over quota"
    r"|couldn't find (?:a mail exchanger|any host)"
    r"|unroute?able address|does not exist|no such user|retry time(?:out)? (?:not reached|exceeded)|not listed in"
)


def _in_paragraphs(text: str) -> Iterator[Heard]:
    """Each paragraph that quotes a refusal, with the address that stands before it."""
    copy = _COPY.search(text)
    recipient = ""
    for paragraph in re.split(r"\r?\n[ \t]*(?:\r?\n)+", text[: copy.start()] if copy else text):
        address = _ADDRESS.search(paragraph)
        alone = address and address.start() <= 4
        if alone and address:
            recipient = address[1]
        words = paragraph[address.end() :].lstrip(":> \t") if alone and address else paragraph
        if not words.strip():
            continue
        if _GIVES_CODE.search(words) or _LOCAL_WORDS.search(words):
            yield _quoted(words.strip()).replace(recipient=recipient)


def _quoted(words: str) -> Heard:
    """The reply that a paragraph quotes: qmail's words keep their lines, everything else was folded to fit."""
    if "Remote host said: " in words:
        return read_qmail(words)
    return read_line(words) or read_words(" ".join(words.split()))


def _place(heard: Heard, lines: Sequence[str]) -> int:
    """The line that holds the reply's words, as far as they are not encoded."""
    reply = heard.reply
    for words in (reply.lines[-1][:30], f"{reply.code} {reply.enhanced}", " ".join(reply.lines[-1].split()[:2])):
        for number, line in enumerate(lines, 1):
            if words and words in line:
                return number
    return 1
