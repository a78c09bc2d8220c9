"""Transcripts that mark client and server: swaks, curl -v, sendmail -v, smtplib, PHPMailer, C: and S:, smtpscope."""

from __future__ import annotations

import re

from smtpscope.reading.follow import Follower, is_reply_line
from smtpscope.reading.reading import Reading
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Sequence


class Marks(Value):
    """How a program marks the lines of a session: regular expressions, matched at the beginning of a line.

    received, sent  the first group is the line itself
    connected       a connection is being made, or was made; the first group is the server
    failed          the first group is the program's error text
    secured         the connection is encrypted; the groups are the TLS version and the cipher suite
    """

    form: str
    received: str
    sent: str
    connected: str = ""
    failed: str = ""
    secured: str = ""


_TIME = r"\s*(?:\d+\.\d{3}\s+)"
_STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\s+\S+\s+"

# How smtpscope's own output reports the connection, a failure, and the encryption, in this version and older ones.
_OWN_CONNECTION = r"(?:connecting to (\S+?),? .*|connected(?: from|; local address) \S+)"
_OWN_FAILURE = (
    r"(\S+: (?:(?:refused|timeout|reset|unreachable|denied|dns|other): .*|connection (?:refused|reset|failed)\b.*"
    r"|(?:timed out|unreachable|blocked by this machine|lookup failed|DNS did not respond|TLS failed)\b.*"
    r"|the domain does not accept mail\b.*)"
    r"|connection (?:closed|reset) (?:by the server|during the TLS handshake)\b.*"
    r"|no (?:answer|reply|response) (?:within|to the TLS handshake) .*"
    r"|[^:<>]{0,30}(?:handshake failed|certificate does not stand|certificate verification failed)\b.*"
    r"|.*without (?:an|the) end of (?:a|the) reply\b.*"
    r"|\d+ (?:octets came|bytes came|unencrypted bytes received) .*handshake.*)"
)
_OWN_TLS = r"[^<>]{0,20}?(TLSv?[\d.]+|SSLv\d), ([A-Z0-9_-]+), "

MARKS: tuple[Marks, ...] = (
    Marks(
        "swaks",
        r"<(?:-|\*\*|~|~\*)\s{1,2}(.*)",
        r" (?:-|~|\*\*)> ?(.*)",
        r"=== (?:Trying|Connected to) ([^\s:]*[^\s:.])(?::\d+)?\.*+$",
        r"\*\*\*\s+(?!Error connecting)(\S.*)",
        r"=== TLS started with cipher ([^:\s]+):([^:\s]+)",
    ),
    Marks(
        "smtpscope log",
        _STAMP + r"<(?: \(unasked\))? (.*)",
        _STAMP + r"> (.*)",
        _STAMP + r"\* " + _OWN_CONNECTION,
        _STAMP + r"\* " + _OWN_FAILURE,
        _STAMP + r"\* " + _OWN_TLS,
    ),
    Marks(
        "smtpscope",
        _TIME + r"(?:←|<-) (.*)",
        _TIME + r"(?:→|->) (.*)",
        _TIME + r"[·*] " + _OWN_CONNECTION,
        _TIME + r"[·*] " + _OWN_FAILURE,
        _TIME + r"[·*] " + _OWN_TLS,
    ),
    Marks(
        "curl",
        r"(?:[\d:.]+ )?< (\d{3}.*)",
        r"(?:[\d:.]+ )?> (.*)",
        r"(?:[\d:.]+ )?\* (?:Connected to|Established connection to) (\S+)",
        r"curl: \((?:6|7|28|35|52|56)\) (.*)",
        r"(?:[\d:.]+ )?\* SSL connection using (\S+) / (\S+)",
    ),
    Marks("sendmail", r"\s*<<< (.*)", r"\s*>>> (.*)", r".*while talking to (\S*[^\s.:])[.:]*+$"),
    Marks(
        "smtplib",
        r"reply: b?['\"](.*?)(?:\\r)?(?:\\n)?['\"]$",
        r"send: b?['\"](.*?)(?:\\r)?(?:\\n)?['\"]$",
        r"connect: (?:to )?\('([^']*)', \d+\)",
    ),
    Marks(
        "PHPMailer",
        r".*?SERVER -> CLIENT:\s*(.*)",
        r".*?CLIENT -> SERVER:\s*(.*)",
        r".*?Connection: opening to ([^\s:,]+)",
    ),
    Marks("letters", r"\s*(?:S|Server|R|Receiver)\s?[:<]\s?(.*)", r"\s*(?:C|Client|Sender)\s?[:>]\s?(.*)"),
    Marks("arrows", r"\s*(?:<=|<-+|←|<)\s*(\d{3}.*)", r"\s*(?:=>|-+>|→|>)\s*(.*)"),
)


def read_marked(marks: Marks, lines: Sequence[str]) -> Reading:
    """The replies in a transcript with these marks; empty if it has none.

    A transcript without a reply can still be read if its marks show the connection and its failure.
    """
    received = re.compile(marks.received)
    replied = any(is_reply_line(match[1]) for line in lines if (match := received.match(line)))
    if not replied and not (marks.failed and marks.connected):
        return Reading()
    follower = Follower()
    readers = [_compiled(pattern) for pattern in (marks.connected, marks.secured, marks.failed)]
    sent = _compiled(marks.sent if replied else "")
    for number, line in enumerate(lines, 1):
        if replied and (match := received.match(line)):
            follower.received(number, match[1].rstrip())
        elif match := sent.match(line):
            follower.sent(match[1].rstrip(), number)
        elif match := readers[0].match(line):
            follower.begin(match[1] or "", _MADE.search(match[0]) is not None, number)
        elif match := readers[1].match(line):
            follower.secured(number, match[1], match[2])
        elif match := readers[2].match(line):
            follower.failed(number, match[1].strip())
        elif follower.in_reply and is_reply_line(line):  # PHPMailer marks only the first line of a reply
            follower.received(number, line.rstrip())
    return follower.close()


_MADE = re.compile(r"\bconnected\b|\bestablished\b", re.IGNORECASE)


def _compiled(pattern: str) -> re.Pattern[str]:
    """The regular expression; one that never matches if ``pattern`` is empty."""
    return re.compile(pattern or "(?!)")
