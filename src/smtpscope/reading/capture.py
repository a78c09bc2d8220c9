"""Pasted sessions without marks (Telnet, openssl s_client), and single replies: lines are recognized by their form."""

from __future__ import annotations

import re
from bisect import bisect_left

from smtpscope.reading.follow import Follower, is_reply_line
from smtpscope.reading.reading import Reading
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# A prompt before a typed line: of a shell, of Telnet, of the smtpscope console.
_PROMPT = r"(?:[A-Za-z][\w .@~/:\\-]{0,60})?[>$#%]\s*"
_COMMAND = (
    r"(?i:EHLO|HELO|LHLO|AUTH|BDAT|VRFY|EXPN|NOOP|XCLIENT) \S.*"
    r"|(?i:MAIL FROM|RCPT TO)\s*:.*"
    r"|(?i:DATA|RSET|QUIT|STARTTLS|HELP|NOOP|EHLO|HELO)\s*"
)
_TYPED = re.compile(rf"(?:{_PROMPT})?({_COMMAND})")
_OPENED = re.compile(
    r"(?P<made>Connected to (\S+?)\.?$)|CONNECTED\(|(?:Microsoft Telnet|telnet|smtpscope)>\s*o(?:pen)? (\S+)"
    r"|(?:\S*[$#%>]\s*)?telnet (\S+)(?: \S+)?$|(?:\S*[$#%>]\s*)?nc (?:-\S+ )*(\S+) \d+$"
)
_TRYING = re.compile(r"(?:Trying |Connecting To |正在连接到? ?)(\S+?)\.\.\.(.*)", re.IGNORECASE)
# Lines in which a program reports a failure of the connection. trouble.py reads them.
_FAILURE = re.compile(
    r"Connection refused|timed out|Connect failed|Could not open connection|No route to host|Network is unreachable"
    r"|Name or service not known|could not resolve|nodename nor servname|Temporary failure in name resolution"
    r"|Unknown host|Connection reset|Host is unreachable|Unable to connect|Connection to host lost"
    r"|Connection closed by foreign host|连接失败|无法打开到主机的连接|遗失对主机的连接|失去了跟主机的连接",
    re.IGNORECASE,
)
# A line that may be an unknown command: it is one if the next line is a reply that answers nothing else.
_WORD = re.compile(rf"(?:{_PROMPT})?([A-Za-z]{{3,12}}\b.{{0,300}})")
# A line that is almost a reply.
_ALMOST = re.compile(r"[2-5][0-9]{2}[^\s\d.:,-]")
# Cursor movements and colors in the file of a terminal recorder (script, PuTTY).
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*\x07?|[@-Z\\^_=>])")


def read_capture(lines: Sequence[str]) -> Reading:
    """The replies in a Telnet capture, with or without the typed commands."""
    return _read([as_seen(line) for line in lines], Follower())


def read_openssl(lines: Sequence[str]) -> Reading:
    """The replies in an ``openssl s_client`` session. With ``-starttls smtp``, it begins with the last line of the
    reply to EHLO."""
    seen = [as_seen(line) for line in lines]
    if not any(line.startswith("CONNECTED(") for line in seen[:50]):
        return Reading()
    return _read(seen, Follower())


def as_seen(line: str) -> str:
    """``line`` as shown on the screen: backspaces applied, escape sequences and other control characters removed."""
    if line.isprintable():
        return line.rstrip()
    text = _ESCAPES.sub("", line)
    shown: list[str] = []
    for character in text:
        if character in "\b\x7f":
            del shown[-1:]
        elif character == "\t" or character >= " ":
            shown.append(character)
    return "".join(shown).rstrip()


def _read(lines: list[str], follower: Follower) -> Reading:
    """Report every line to ``follower``. A message ends at the next line with a single dot."""
    dots = [number for number, line in enumerate(lines) if line == "."]
    message_end, word = -1, ""
    for number, line in enumerate(lines):
        if number <= message_end:
            follower.sent(line, number + 1)
            continue
        word = _take(number + 1, line, follower, word)
        if follower.in_message and message_end < number:
            place = bisect_left(dots, number)
            message_end = dots[place] if place < len(dots) else -1  # -1: the capture does not have the message
    return follower.close()


def _take(number: int, line: str, follower: Follower, word: str) -> str:
    """Report one line to ``follower``. Returns it if it may be an unknown command, which the next line decides.

    ``word`` is the line before, if that may be an unknown command.
    """
    if is_reply_line(line):
        if word and not follower.expects_reply and line[:3] != "421":
            follower.sent(word, number - 1)
        follower.received(number, line)
    elif typed := _TYPED.fullmatch(line):
        follower.sent(typed[1].rstrip(), number)
    elif opened := _OPENED.match(line):
        encrypted = line.startswith("CONNECTED(")
        name = next((group for group in opened.groups()[1:] if group), "")
        follower.begin(name, encrypted or opened["made"] is not None, number)
        if encrypted:
            follower.secured(number)
    elif trying := _TRYING.match(line):
        follower.begin(trying[1], number=number)
        if _fails(trying[2]):
            follower.failed(number, trying[2].strip())
    elif _fails(line):
        follower.failed(number, line)
    elif follower.challenged and line:
        follower.sent(line, number)
    elif _ALMOST.match(line):
        follower.unread(number, line)
    elif may_be := _WORD.fullmatch(line):
        return may_be[1]
    return ""


def _fails(line: str) -> bool:
    """Whether a program reports a network failure. A long line is the user's own text, or part of a message."""
    return len(line) <= 200 and _FAILURE.search(line) is not None
