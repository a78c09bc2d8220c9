"""Finds out which form a pasted text has, and reads the replies in it."""

from __future__ import annotations

from smtpscope.model.conversation import Exchange
from smtpscope.reading.message import LINE_LIMIT
from smtpscope.reading.reading import Reading
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# The forms that are tried, in this order, with the names for display.
FORMS = (
    "JSON Lines",
    "bounce",
    "delivery status fields",
    "Exchange protocol log",
    "transcript with marks (swaks, curl -v, smtplib, C:/S:, our own)",
    "mail log (Postfix, Exim, Sendmail, OpenSMTPD, qmail)",
    "openssl s_client",
    "Telnet capture or reply",
)
SIZE_LIMIT = 16 * 1024 * 1024  # bytes of a text that are read


def read(data: bytes) -> Reading:
    """The replies in ``data``, in order; an empty Reading if there are none. Any bytes are allowed. Never raises."""
    text = decode(data[:SIZE_LIMIT])
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n", LINE_LIMIT)
    longer = len(data) > SIZE_LIMIT or (len(lines) > LINE_LIMIT and lines[-1] != "")
    lines = lines[:LINE_LIMIT]
    cut = len(lines) if longer else 0
    for form, reading in _readings(data[:SIZE_LIMIT], lines):
        if reading.found:
            return reading.replace(form=form, cut=cut)
    return Reading(cut=cut)


def decode(data: bytes) -> str:
    """Bytes as text: UTF-8, UTF-16 with byte order mark (PowerShell), or GB 18030 (a Chinese console)."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return _chinese(data) or data.decode("utf-8", "surrogateescape")


def _chinese(data: bytes) -> str:
    """The text if it is Chinese in GB 18030; empty for anything else.

    Other encodings can also be decoded as GB 18030, but give single Chinese characters among Latin letters, not words.
    """
    import re

    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    words = "".join(re.findall(r"[\u4e00-\u9fff\u3000-\u303f\uff00-\uffef]{2,}", text))
    return text if 2 * len(words) > sum(not character.isascii() for character in text) else ""


def _readings(data: bytes, lines: Sequence[str]) -> Iterator[tuple[str, Reading]]:
    """The name of each form, and the text read in that form. The module of a form is loaded only when it is tried."""
    first = next((line for line in lines if line.strip()), "")
    if first.lstrip().startswith("{"):
        from smtpscope.reading.jsonl import read_jsonl

        yield "smtpscope JSON Lines", read_jsonl(lines)
    message = False
    if _may_be_message(first):
        from smtpscope.reading.bounce import is_message, read_bounce, read_fields

        message = is_message(lines)
        yield "bounce", Reading(found=read_bounce(data, lines))
        yield "delivery status", Reading(found=read_fields(lines))
    if len(lines) > 1 or "," in first:
        from smtpscope.reading.exchange import read_exchange

        yield "Exchange protocol log", read_exchange(lines)
    yield from _sessions(lines)
    if not message:  # quotes in a message are found as a bounce, and its header is full of digits
        yield "words", Reading(found=_in_words(lines))


def _sessions(lines: Sequence[str]) -> Iterator[tuple[str, Reading]]:
    """The forms that record sessions, as in ``_readings``."""
    from smtpscope.reading.capture import read_capture, read_openssl
    from smtpscope.reading.follow import is_reply_line

    single = len(lines) <= 2 and is_reply_line(lines[0])
    if not single:  # for a single reply, no other form needs to be tried
        from smtpscope.reading.marked import MARKS, read_marked

        for marks in MARKS:
            yield marks.form, read_marked(marks, lines)
        from smtpscope.reading.maillog import read_maillog

        yield "mail log", Reading(found=read_maillog(lines))
        yield "openssl s_client", read_openssl(lines)
    yield "Telnet capture", read_capture(lines)


def _may_be_message(first: str) -> bool:
    """Whether ``first`` can be the first line of a message: a header field, or the ``From `` line of an mbox."""
    name = first.partition(":")[0]
    return first.startswith("From ") or (":" in first and name.isascii() and name.isprintable() and " " not in name)


def _in_words(lines: Sequence[str]) -> tuple[Exchange, ...]:
    """The rejections in lines with other text, such as ``Remote Server returned '550 5.1.1 ...'``."""
    from smtpscope.reading.words import tells_refusal

    found = [(number, tells_refusal(line)) for number, line in enumerate(lines, 1) if line.strip()]
    return tuple(exchange.replace(line=number) for number, exchange in found if exchange)
