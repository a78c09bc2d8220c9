"""Transcripts that mark who speaks: swaks, curl -v, sendmail -v, smtplib, PHPMailer, C: and S:, our own."""

from __future__ import annotations

import re

from smtpscope.reading.follow import Follower, is_reply_line
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smtpscope.reading.heard import Heard


class Marks(Value):
    """How a program marks the lines of a conversation: regular expressions, matched at the beginning of a line.

    received, sent  the first group is the line itself
    connected       a connection is begun or made; the first group names the server
    failed          the first group says in the program's words what went wrong
    """

    form: str
    received: str
    sent: str
    connected: str = ""
    failed: str = ""


_TIME = r"\s*(?:\d+\.\d{3}\s+)"
_STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\s+\S+\s+"

MARKS: tuple[Marks, ...] = (
    Marks(
        "swaks",
        r"<(?:-|\*\*|~|~\*)\s{1,2}(.*)",
        r" (?:-|~|\*\*)> ?(.*)",
        r"=== (?:Trying|Connected to) ([^\s:]*[^\s:.])(?::\d+)?\.*+$",
        r"\*\*\*\s+(?!Error connecting)(\S.*)",
    ),
    Marks(
        "smtpscope log",
        _STAMP + r"<(?: \(unasked\))? (.*)",
        _STAMP + r"> (.*)",
        _STAMP + r"\* connecting to (\S+?),? .*",
    ),
    Marks(
        "smtpscope",
        _TIME + r"(?:←|<-) (.*)",
        _TIME + r"(?:→|->) (.*)",
        _TIME + r"[·*] connecting to (\S+?),? .*",
        _TIME + r"[·*] (\S+: (?:refused|timeout|reset|unreachable|denied|dns): .*)",
    ),
    Marks(
        "curl",
        r"(?:[\d:.]+ )?< (\d{3}.*)",
        r"(?:[\d:.]+ )?> (.*)",
        r"(?:[\d:.]+ )?\* (?:Connected to|Established connection to) (\S+)",
        r"curl: \((?:6|7|28|35|52|56)\) (.*)",
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


def read_marked(marks: Marks, lines: Sequence[str]) -> tuple[Heard, ...]:
    """The replies of a transcript with these marks; empty when it has none."""
    received = re.compile(marks.received)
    if not any(is_reply_line(match[1]) for line in lines if (match := received.match(line))):
        return _read_failure(marks, lines)
    follower = Follower()
    sent = re.compile(marks.sent)
    connected, failed = re.compile(marks.connected or "(?!)"), re.compile(marks.failed or "(?!)")
    for number, line in enumerate(lines, 1):
        if match := received.match(line):
            follower.received(number, match[1].rstrip())
        elif match := sent.match(line):
            follower.sent(match[1].rstrip())
        elif match := connected.match(line):
            follower.begin(match[1])
        elif match := failed.match(line):
            follower.failed(number, match[1].strip())
        elif follower.in_reply and is_reply_line(line):  # PHPMailer marks the first line of a reply only
            follower.received(number, line.rstrip())
    return follower.close()


def _read_failure(marks: Marks, lines: Sequence[str]) -> tuple[Heard, ...]:
    """A transcript in which no server spoke at all."""
    if not (marks.failed and marks.connected):
        return ()
    follower = Follower()
    connected, failed = re.compile(marks.connected), re.compile(marks.failed)
    for number, line in enumerate(lines, 1):
        if match := connected.match(line):
            follower.begin(match[1])
        elif match := failed.match(line):
            follower.failed(number, match[1].strip())
    return follower.close()
