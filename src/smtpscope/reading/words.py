"""Parses free text around a reply, as mail servers write it to logs, bounces, and Diagnostic-Code.

``host mx[192.0.2.1] said: 550 5.1.1 ... (in reply to RCPT TO command)`` has a reply, a server, and a stage.
"""

from __future__ import annotations

import re

from smtpscope.model.conversation import Exchange
from smtpscope.protocol.reply import EnhancedCode, Reply
from smtpscope.reading.reading import text_reply
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

# Characters of a text that are read: servers write much less, and syslog cuts at 8192.
LOOKED_AT = 8192

# Every pattern here takes time in proportion to the text: each repetition is limited, or cannot match in two ways.

# Text after which the remote server's own text begins.
_SAID = re.compile(
    r"\bhost (?P<h1>\S{1,255}?)(?:\[[^\]\s]{0,120}\])? (?:said|refused to talk to me): "
    r"|\b(?:SMTP|LMTP) error from remote (?:mail server|mailer) after "
    r"(?P<after>[^:]{1,280}(?::<[^>]{0,320}>[^:]{0,200})?): (?:host (?P<h2>\S{1,255}) \[[^\]\s]{0,120}\]: )?"
    r"|\bRemote[- ]?(?:Server|host) (?:at (?P<h3>\S{1,255}) (?:\([^()]{0,200}\) )?)?(?:returned|said):? ?['\"]?"
    r"|\b(?:the server|remote server) responded:?\s"
    r"|\bThe (?:reason|response) (?:was|from the remote server was):?\s"
    r"|\bsmtp;\s?",
    re.IGNORECASE,
)
_IN_REPLY = "(in reply to "
_WHILE = "while "
_LETTERS = "abcdefghijklmnopqrstuvwxyz "
# Codes within other text: "#550 5.1.1 ...", "'550 5.1.1 ...'", "server replied: 550 ...", "(550 5.1.1 ...)".
_CODE = re.compile(
    r"(?:^|(?<=[\s#'\"(:;=<>]))([2-5][0-5][0-9])(?=[ :-]|$)(?![ -]*(?:seconds?|bytes|octets|messages)\b)"
)
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")

# How programs name the step that was rejected -> stage.
_STAGES = (
    ("end of data", "end-of-data"),
    ("message body", "end-of-data"),
    ("end-of-data", "end-of-data"),
    ("initial connection", "banner"),
    ("initial server greeting", "banner"),
    ("starttls", "starttls"),
    ("auth", "auth"),
    ("helo", "ehlo"),
    ("ehlo", "ehlo"),
    ("mail", "mail"),
    ("rcpt", "rcpt"),
    ("bdat", "end-of-data"),
    ("data", "data"),
    ("quit", "quit"),
    ("dot", "end-of-data"),
)


def stage_of(words: str) -> str:
    """The stage in ``end of DATA``, ``RCPT TO:<...>``, or ``pipelined MAIL FROM``; empty if there is none."""
    # An address in the command may contain any of the words.
    plain = re.sub(r"<[^<>]*>", "", words[:LOOKED_AT]).lower()
    if plain.lstrip().startswith("mail "):
        return "mail"
    return next((stage for word, stage in _STAGES if word in plain), "")


def read_words(text: str, **known: Any) -> Exchange:
    """The reply in ``text``; the whole text with code 0 if it has no code. Never raises.

    The text is cut at LOOKED_AT characters. ``known``: other fields of the Exchange; stage and server in the text
    take precedence.
    """
    text = text[:LOOKED_AT]
    text = " ".join(text.split()) if "\n" not in text else text.strip()
    server = ""
    text, command = _in_reply_to(text)
    stage = stage_of(command)
    if heads := list(_SAID.finditer(text)):
        head = heads[-1]
        server = head["h1"] or head["h2"] or head["h3"] or ""
        stage = stage or stage_of(head["after"] or "")
        if "refused to talk to me" in head[0]:
            stage = "banner"
        text = text[head.end() :]
    elif not command:
        stage = stage_of(_while_doing(text))
    fields = {**known, **{name: value for name, value in (("stage", stage), ("server", server)) if value}}
    return Exchange(find_reply(text), **fields)


def _in_reply_to(text: str) -> tuple[str, str]:
    """``... (in reply to RCPT TO command)`` at the end of ``text``: the text before it, and the command."""
    before, found, command = text.rpartition(_IN_REPLY)
    inside = command.rstrip().removesuffix(")")
    if not found or not command.rstrip().endswith(")") or "(" in inside or ")" in inside:
        return text, ""
    return before.rstrip(), inside.removesuffix(" command")


def _while_doing(text: str) -> str:
    """``... while performing the EHLO command)`` at the end of ``text``: what was being done; empty if not there."""
    end = text.removesuffix(")").lower()
    tail = end[len(end.rstrip(_LETTERS)) :]
    return tail.partition(_WHILE)[2].removesuffix(" command")


def find_reply(text: str) -> Reply:
    """The first reply in ``text``; the whole text with code 0 if there is none.

    A reply of several lines that was joined into one line is split again. Without a code, an enhanced status code is
    still found (``(#5.1.1)`` of qmail, ``5.1.1`` of Sendmail).
    """
    match = _CODE.search(text)
    if match is None:
        reply, code = text_reply(text.strip()), _ENHANCED.search(text)
        return reply.replace(enhanced=read_enhanced(code[1])) if code and not reply.enhanced else reply
    own = re.sub(r"^(\d{3}):\s*", r"\1 ", text[match.start() :].strip().rstrip("#"))
    if own.endswith(("'", '"')) and own.count(own[-1]) % 2:  # a quotation mark that was opened before the reply
        own = own[:-1]
    if own.endswith(")") and text[: match.start()].endswith("("):
        own = own[:-1]
    if "\n" not in own and own[3:4] == "-":  # ``550-5.1.1 a 550-5.1.1 b 550 5.1.1 c`` -> three lines
        own = re.sub(rf"(?<!\s)\s{{1,80}}(?={match[1]}[ -])", "\r\n", own)
    return text_reply(own)


def read_enhanced(text: str) -> EnhancedCode | None:
    """The enhanced status code in a text such as ``5.1.1``; None for anything else."""
    match = re.fullmatch(r"\s*([245])\.(\d{1,3})\.(\d{1,3})\s*", text, re.ASCII)
    return EnhancedCode(int(match[1]), int(match[2]), int(match[3])) if match else None


def with_enhanced(exchange: Exchange, enhanced: str) -> Exchange:
    """``exchange`` with the enhanced status code from another field (``dsn=5.1.1``, ``Status:``), if it has none."""
    code = read_enhanced(enhanced)
    if code is None or exchange.reply.enhanced or (exchange.reply.kind and exchange.reply.kind != code.klass):
        return exchange
    # If a server sends no enhanced status code, its client writes X.0.0, which adds nothing to the reply code.
    if exchange.reply.code and (code.subject, code.detail) == (0, 0):
        return exchange
    return exchange.replace(reply=exchange.reply.replace(enhanced=code))


def tells_refusal(line: str) -> Exchange | None:
    """The rejection in a line with other text; None if its digits mean something else, such as a version."""
    exchange = read_words(line)
    if exchange.reply.kind in (4, 5):
        return exchange
    at_start = re.match(r"\s*[45]\.\d{1,3}\.\d{1,3}\s", line) or re.search(r"\(?#[45]\.\d{1,3}\.\d{1,3}\)?", line)
    return exchange if at_start and exchange.reply.enhanced else None
