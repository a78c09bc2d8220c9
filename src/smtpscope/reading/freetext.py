"""Bounces in free text, as qmail, Exim, Exchange, web mailers, and many others write them to the sender."""

from __future__ import annotations

import re

from smtpscope.model.conversation import Exchange
from smtpscope.reading.capture import read_capture
from smtpscope.reading.maillog import read_line, read_qmail
from smtpscope.reading.marked import MARKS, read_marked
from smtpscope.reading.words import read_words
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SENDMAIL = next(marks for marks in MARKS if marks.form == "sendmail")

# The lookbehind lets the search start only at the beginning of a word. Otherwise, a long word would be tried from
# every letter.
_ADDRESS = re.compile(
    r"<?(?<![^\s<>()\[\],;:\"])([^\s<>()\[\],;:\"]{1,64}@[A-Za-z0-9.-]{1,255}"
    r"|[^\s<>()\[\],;:\"]{1,64}@\[[\d.]{7,15}\])>?"
)
_GIVES_CODE = re.compile(
    r"(?:^|[\s#'\"(:;])[45][0-5]\d(?:[ :-]|$)|(?:^|[\s(#:;>])[45]\.\d{1,3}\.\d{1,3}\b|#[45]\.\d\.\d"
)
# Two words, or two Chinese characters: a text, and not only a date or a symbol.
_SENTENCE = re.compile(r"(?<![a-z])[a-z]{2,}+[,.']? ++[a-z']{2,}|[\u4e00-\u9fff]{2}", re.IGNORECASE)
# The start of the copy of the message, where the server's text ends.
_COPY = re.compile(
    r"(?im)^[ \t]*+-{2,}+[ \t]*+(?:Below th|This is a copy|Original message|The following is|Forwarded|Returned mail"
    r"|Message header follows|Attachment is a copy|附件中的内容|以下是原|原始邮件).*"
    r"|^Original message follows|^Original message headers:"
)


def read_free_text(text: str, bounced: bool) -> tuple[Exchange, ...]:
    """The rejections that ``text`` reports. ``bounced``: it is a bounce, so text without a code counts, too."""
    copy = _COPY.search(text)
    own = text[: copy.start()] if copy else text
    lines = own.split("\n")
    found = read_marked(_SENDMAIL, lines).found
    if found:
        return found
    session = read_capture([line.strip() for line in lines]).found
    rejected = tuple(exchange for exchange in session if exchange.reply.kind in (4, 5))
    if rejected and any(exchange.command for exchange in session):  # MDaemon shows the session with its commands
        return rejected
    quoted = _once(_in_paragraphs(own, bounced))
    return quoted or (tuple(_known_words(own)) if bounced else ())


def _in_paragraphs(text: str, bounced: bool) -> Iterator[Exchange]:
    """The rejection in each paragraph that quotes one; in a bounce, also in each that begins with an address."""
    recipient = ""
    for paragraph in re.split(r"\r?\n[ \t]*(?:\r?\n)+", text):
        address = _ADDRESS.search(paragraph)
        alone = address is not None and address.start() <= 4
        words = paragraph
        if alone and address:
            recipient, words = address[1], paragraph[address.end() :].lstrip(":> \t")
        words = words.strip()
        if _GIVES_CODE.search(words) or (bounced and alone and _SENTENCE.search(words)):
            # The lines of qmail are those of the reply; other programs break lines anywhere.
            qmail = "Remote host said: " in words
            quoted = read_qmail(words) if qmail else read_line(words) or read_words(" ".join(words.split()))
            yield quoted.replace(recipient=recipient)


def _once(found: Iterable[Exchange]) -> tuple[Exchange, ...]:
    """Each rejection once; for a recipient with a code, only the rejections with a code."""
    kept = list({(exchange.recipient, exchange.reply.text): exchange for exchange in found}.values())
    answered = {exchange.recipient for exchange in kept if exchange.reply.code or exchange.reply.enhanced}
    return tuple(
        exchange
        for exchange in kept
        if exchange.reply.code or exchange.reply.enhanced or exchange.recipient not in answered
    )


def _known_words(text: str) -> Iterator[Exchange]:
    """The rejection in the first paragraph whose text the catalogue knows."""
    from smtpscope.knowledge.catalogue import explain

    for paragraph in re.split(r"\r?\n[ \t]*(?:\r?\n)+", text)[:40]:
        words = " ".join(paragraph.split())
        exchange = read_words(words)
        if (
            0 < len(words) < 600
            and not words.startswith("--")
            and not explain(exchange.reply).cause.startswith(("unknown.", "ok."))
        ):
            address = _ADDRESS.search(paragraph)
            yield exchange.replace(recipient=address[1] if address else "")
            return


def without_tags(text: str) -> str:
    """The text of an HTML page. Other text is returned as is."""
    if not re.search(r"<(?:html|body|p|br)\b", text, re.IGNORECASE):
        return text
    from html import unescape

    broken = re.sub(r"(?i)<(?:br|/p|/div|/tr|/h\d)\b[^>]{0,200}>", "\n", text)
    return unescape(re.sub(r"<[a-zA-Z/!][^>]{0,2000}>", "", broken))
