"""Lines of a mail server's log: Postfix, Exim, Sendmail, OpenSMTPD, qmail."""

from __future__ import annotations

import re

from smtpscope.model.conversation import Exchange
from smtpscope.reading.words import read_words, stage_of, with_enhanced
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LINE_LIMIT = 8192  # characters of a line that are read; syslog cuts lines much earlier


def read_maillog(lines: Sequence[str]) -> tuple[Exchange, ...]:
    """The replies in all lines of known servers. Other lines are left out."""
    return tuple(exchange for number, line in enumerate(lines, 1) if (exchange := read_line(line, number)))


def read_line(line: str, number: int = 1) -> Exchange | None:
    """The reply in one line; None if it has none. ``number``: the number of the line, from 1."""
    line = line[:LINE_LIMIT].rstrip()
    for mark, reader in _READERS:
        if mark in line:
            exchange = reader(line)
            if exchange:
                return exchange.replace(line=number)
    return None


def _between(line: str, start: str, end: str) -> str:
    """The text from ``start`` to the next ``end`` (or the end of the line); empty if ``start`` is not in the line."""
    _, found, rest = line.partition(start)
    return rest.partition(end)[0] if found else ""


def _host(text: str) -> str:
    """``mx.example.net.[192.0.2.1]:25``, with or without a space -> the name; empty if it is not a host."""
    name = re.split(r"[\s\[]", text, maxsplit=1)[0].rstrip(".:,")
    return "" if name in ("none", "local", "virtual", "localhost") else name


# Postfix: ``to=<kate@...>, relay=mx[192.0.2.1]:25, delay=1, dsn=5.1.1, status=bounced (host mx[192.0.2.1] said: ...)``
def _postfix(line: str) -> Exchange | None:
    head, _, tail = line.partition(", status=")
    state, opened, text = tail.partition(" (")
    if not opened:
        return None
    exchange = read_words(
        text.removesuffix(")"), server=_host(_between(head, " relay=", ",")), recipient=_between(head, "to=<", ">")
    )
    if state == "sent" and not exchange.stage:
        exchange = exchange.replace(stage="end-of-data")
    connecting = re.match(
        r"connect to ([^\s\[]+)", exchange.reply.text
    )  # ``connect to mx[...]:25: Connection refused``
    if connecting and not exchange.stage:
        exchange = exchange.replace(stage="connect", server=connecting[1])
    return with_enhanced(exchange, _between(head + ",", " dsn=", ","))


# Postfix rejects as a server: ``reject: RCPT from unknown[192.0.2.1]: 550 5.1.1 <...>: ...; from=<> to=<>``
def _postfix_reject(line: str) -> Exchange | None:
    match = re.search(r"reject(?:_warning)?: ([\w-]{1,40}(?: [A-Z]{1,40})?) from \S{1,400}: (.*)$", line)
    if not match:
        return None
    text, _, rest = match[2].partition("; from=<")
    words = match[1].upper()
    stage = {"CONNECT": "banner", "END-OF-MESSAGE": "end-of-data"}.get(words, stage_of(words))
    return read_words(text, stage=stage, recipient=_between(rest, " to=<", ">"))


# Exim: ``** kate@... R=dnslookup T=remote_smtp H=mx [192.0.2.1]: SMTP error from remote mail server after RCPT TO:...``
_EXIM_ADDRESS = re.compile(r"(?:^|\s)(\*\*|==|=>|->) (\S+)(.*)$")


def _exim(line: str) -> Exchange | None:
    match = _EXIM_ADDRESS.search(line)
    if not match or not re.search(r" [RTHFP]=|: ", match[3]):
        return None
    recipient, rest = match[2].strip("<>:"), match[3]
    server = _host(_between(rest + " ", " H=", " "))
    if match[1] in ("=>", "->"):
        reply = re.search(r'\bC="((?:[^"\\]|\\.)*+)"', rest)
        return _exim_words(reply[1], server, recipient, "end-of-data") if reply else None
    deferred = re.search(r" defer \(-?\d+\)", rest)
    text = rest[deferred.end() :] if deferred else rest.partition(": ")[2]
    if deferred:
        text = re.sub(r"^ (?:[A-Z]+=\S+(?: \[[^\[\]]*\](?::\d+)?)? ?)+|^: ", "", text)
        server = server or _host(_between(rest[deferred.end() :] + " ", " H=", " "))
    return _exim_words(text.lstrip(": "), server, recipient, "") if text.strip(": ") else None


def _exim_words(text: str, server: str, recipient: str, stage: str) -> Exchange:
    """The reply in ``text``. Exim writes the line endings of a reply as a backslash and an n."""
    return read_words(text.replace("\\n", "\n"), server=server, recipient=recipient, stage=stage)


# Exim rejects as a server: ``F=<chris@...> rejected RCPT <kate@...>: relay not permitted``
def _exim_refused(line: str) -> Exchange | None:
    match = re.search(r"rejected (RCPT|MAIL|EHLO|HELO|after DATA|connection)\b", line)
    if not match:
        return None
    rest = line[match.end() :]
    _, colon, text = rest.partition(": ")
    words = match[1].lower()
    stage = {"after data": "end-of-data", "connection": "banner"}.get(words, stage_of(words))
    recipient = _between(rest, " <", ">") if stage == "rcpt" else ""
    return read_words(text, stage=stage, recipient=recipient) if colon else None


# Sendmail: ``to=<kate@...>, ..., relay=mx. [192.0.2.1], dsn=5.1.1, stat=User unknown``
def _sendmail(line: str) -> Exchange | None:
    head, _, state = line.partition("stat=")
    if not re.search(r"\b(?:to|relay|mailer)=", head):
        return None
    inside = re.fullmatch(r"(?:Sent|Deferred|Service unavailable)(?:: | )\(?(.*?)\)?", state)
    text = _between(head, " reply=", ", ") or (inside[1] if inside else state)
    recipient = _between(head, "to=", ",").strip("<> ")
    exchange = read_words(text, server=_host(_between(head, " relay=", ",")), recipient=recipient)
    if state.startswith("Sent"):
        exchange = exchange.replace(stage="end-of-data")
    return with_enhanced(exchange, _between(head, " dsn=", ","))


# Sendmail rejects as a server: ``ruleset=check_rcpt, arg1=<kate@...>, reject=550 5.1.1 <kate@...>... User unknown``
def _sendmail_reject(line: str) -> Exchange | None:
    rule = _between(line, "ruleset=check_", ",")
    _, found, text = line.partition("reject=")
    if not found:
        return None
    stage = {"relay": "banner", "eoh": "end-of-data"}.get(rule, stage_of(rule))
    recipient = _between(line, "arg1=", ",").strip("<>") if stage == "rcpt" else ""
    return read_words(text, stage=stage, recipient=recipient)


# OpenSMTPD: ``mta delivery evpid=... to=<kate@...> ... relay="192.0.2.1 (mx)" ... result="PermFail" stat="550 ..."``
def _opensmtpd(line: str) -> Exchange | None:
    text = _between(line, ' stat="', '"') or ("failed-command" in line and _between(line, ' result="', '"')) or ""
    if not text:
        return None
    relay = _between(line, ' relay="', '"')
    return read_words(
        text,
        server=_between(relay, "(", ")") or _host(relay),
        recipient=_between(line, " to=<", ">"),
        stage=stage_of(_between(line, ' command="', '"')),
    )


# qmail: ``delivery 7: failure: 192.0.2.1_does_not_like_recipient./Remote_host_said:_550_5.1.1_.../Giving_up_on_...``
QMAIL_STAGES = (
    ("does not like recipient", "rcpt"),
    ("sender was rejected", "mail"),
    ("failed after I sent the message", "end-of-data"),
    ("my name was rejected", "ehlo"),
    ("greeting failed", "banner"),
    ("failed on DATA command", "data"),
    ("accepted message", "end-of-data"),
)


def _qmail(line: str) -> Exchange | None:
    match = re.search(r"delivery \d+: (?:success|failure|deferral): (.*)$", line)
    if not match:
        return None
    text = match[1].replace("_", " ").replace("/", "\n").strip()
    return read_qmail(text)


def read_qmail(text: str) -> Exchange:
    """The reply in a text of qmail-remote, from a log or a bounce. The text has no empty line."""
    stage = next((stage for mark, stage in QMAIL_STAGES if mark in text), "")
    server = re.match(r"(?:Connected to )?([\w.-]+?) (?:but|does|accepted|failed)", text)
    _, _, reply = text.partition("Remote host said: ")
    reply = re.split(r"\n?Giving up on ", reply or text, maxsplit=1)[0]
    return read_words(reply.strip(), stage=stage, server=server[1] if server else "")


# A text in each kind of line, and the function that reads such a line. The first one that finds a reply is used.
_READERS: tuple[tuple[str, Callable[[str], Exchange | None]], ...] = (
    (", status=", _postfix),
    ("reject", _postfix_reject),
    ("** ", _exim),
    ("== ", _exim),
    ("=> ", _exim),
    ("-> ", _exim),
    ("rejected ", _exim_refused),
    ("ruleset=check_", _sendmail_reject),
    ('stat="', _opensmtpd),
    ("failed-command", _opensmtpd),
    ("stat=", _sendmail),
    ("delivery ", _qmail),
)
