"""Free words around a reply: what mail servers write into logs, bounces and Diagnostic-Code, taken apart.

``host mx[192.0.2.1] said: 550 5.1.1 ... (in reply to RCPT TO command)`` is a reply, a server and a stage.
"""

from __future__ import annotations

import re

from smtpscope.model.conversation import Exchange
from smtpscope.protocol.reply import EnhancedCode, Reply
from smtpscope.reading.reading import text_reply
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

# Characters of a text that are looked at: servers write far less, and syslog cuts at 8192.
LOOKED_AT = 8192

# Every pattern here takes time in proportion to the text: what may repeat has a limit, or ends where it can begin anew.

# Behind these words the remote server's own words begin.
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
# Codes inside of other words: "#550 5.1.1 ...", "'550 5.1.1 ...'", "server replied: 550 ...", "(550 5.1.1 ...)".
_CODE = re.compile(
    r"(?:^|(?<=[\s#'\"(:;=<>]))([2-5][0-5][0-9])(?=[ :-]|$)(?![ -]*(?:seconds?|bytes|octets|messages)\b)"
)
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")

# What programs call the step that was answered -> stage.
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
    """The stage that ``end of DATA``, ``RCPT TO:<...>`` or ``pipelined MAIL FROM`` speak of; empty for others."""
    # The command may quote an address with any word in it.
    plain = re.sub(r"<[^<>]*>", "", words[:LOOKED_AT]).lower()
    if plain.lstrip().startswith("mail "):
        return "mail"
    return next((stage for word, stage in _STAGES if word in plain), "")


def read_words(text: str, **known: Any) -> Exchange:
    """The reply inside of ``text``; the whole of it, with code 0, where it has no code. Never raises.

    A text is cut at LOOKED_AT characters.
    ``known``: further fields of the result, kept unless the words say more.
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
    """``... (in reply to RCPT TO command)`` at the end of ``text``: what stands before it, and the command."""
    before, found, command = text.rpartition(_IN_REPLY)
    inside = command.rstrip().removesuffix(")")
    if not found or not command.rstrip().endswith(")") or "(" in inside or ")" in inside:
        return text, ""
    return before.rstrip(), inside.removesuffix(" command")


def _while_doing(text: str) -> str:
    """``... while performing the EHLO command)`` at the end of ``text``: what was being done; empty for none."""
    end = text.removesuffix(")").lower()
    tail = end[len(end.rstrip(_LETTERS)) :]
    return tail.partition(_WHILE)[2].removesuffix(" command")


def find_reply(text: str) -> Reply:
    """The first reply inside of ``text``. Replies of several lines that were joined into one are split again."""
    match = _CODE.search(text)
    if match is None:
        return _without_code(text)
    own = re.sub(r"^(\d{3}):\s*", r"\1 ", text[match.start() :].strip().rstrip("#"))
    if own.endswith(("'", '"')) and own.count(own[-1]) % 2:  # it closes what was opened before the reply
        own = own[:-1]
    if own.endswith(")") and text[: match.start()].endswith("("):
        own = own[:-1]
    return text_reply(_split_joined(own, match[1]))


def _without_code(text: str) -> Reply:
    """Words alone; an enhanced code in them is kept (``(#5.1.1)`` of qmail, ``5.1.1`` of Sendmail)."""
    reply = text_reply(text.strip())
    match = _ENHANCED.search(text)
    return reply.replace(enhanced=read_enhanced(match[1])) if match and not reply.enhanced else reply


def _split_joined(text: str, code: str) -> str:
    """``550-5.1.1 a 550-5.1.1 b 550 5.1.1 c`` -> three lines; a hyphen behind the first code says there are more."""
    if "\n" in text or text[3:4] != "-":
        return text
    return re.sub(rf"(?<!\s)\s{{1,80}}(?={code}[ -])", "\r\n", text)


def read_enhanced(text: str) -> EnhancedCode | None:
    """``5.1.1`` -> its value; None for anything else."""
    match = re.fullmatch(r"\s*([245])\.(\d{1,3})\.(\d{1,3})\s*", text, re.ASCII)
    return EnhancedCode(int(match[1]), int(match[2]), int(match[3])) if match else None


def with_enhanced(exchange: Exchange, enhanced: str) -> Exchange:
    """``exchange`` with the enhanced code that stood beside it (``dsn=5.1.1``, ``Status:``), if it has none itself."""
    code = read_enhanced(enhanced)
    if code is None or exchange.reply.enhanced or (exchange.reply.kind and exchange.reply.kind != code.klass):
        return exchange
    # A server that gives no enhanced code gets a bare class from its client: that says nothing.
    if exchange.reply.code and (code.subject, code.detail) == (0, 0):
        return exchange
    return exchange.replace(reply=exchange.reply.replace(enhanced=code))


def tells_refusal(line: str) -> Exchange | None:
    """The refusal that a line quotes among other words; None where digits mean something else, such as a version."""
    exchange = read_words(line)
    if exchange.reply.kind in (4, 5):
        return exchange
    at_start = re.match(r"\s*[45]\.\d{1,3}\.\d{1,3}\s", line) or re.search(r"\(?#[45]\.\d{1,3}\.\d{1,3}\)?", line)
    return exchange if at_start and exchange.reply.enhanced else None
