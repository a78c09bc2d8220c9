"""Protocol logs of Exchange: comma-separated, ``>`` sent by Exchange, ``<`` received by it."""

from __future__ import annotations

import re

from smtpscope.protocol.endpoint import host_of
from smtpscope.reading.follow import Follower, is_reply_line
from smtpscope.reading.reading import Reading
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# date-time,connector-id,session-id,sequence-number,local-endpoint,remote-endpoint,event,data,context
_LINE = re.compile(
    r"\d{4}-\d\d-\d\dT[\d:.]+Z?,(?P<connector>(?:\"[^\"]*\"|[^,]*)),(?P<session>\w+),\d+,"
    r"(?P<local>[^,]*),(?P<remote>[^,]*),(?P<event>[-+<>*]),(?P<rest>.*)$"
)
_FAILED = re.compile(
    r"Failed to connect|Winsock error|Connection (?:timed out|reset|refused)|failed with", re.IGNORECASE
)


def read_exchange(lines: Sequence[str]) -> Reading:
    """The replies in every session of the log, in the order of the lines. Sessions may be interleaved."""
    sessions: dict[str, Follower] = {}
    for number, line in enumerate(lines, 1):
        match = _LINE.match(line)
        if match:
            follower = sessions.setdefault(match["session"], Follower())
            _take(follower, match, number)
    parts = [follower.close() for follower in sessions.values()]
    found = sorted((item for part in parts for item in part.found), key=lambda item: item.line)
    return Reading("", tuple(found), 0, tuple(event for part in parts for event in part.events))


def _take(follower: Follower, match: re.Match[str], number: int) -> None:
    """Report one line of the log to ``follower``. Without data, its context field has Exchange's own text."""
    data = _first_field(match["rest"])
    words = data or (_first_field(match["rest"][1:]) if match["rest"].startswith(",") else "")
    match match["event"]:
        case "+":
            follower.begin(made=True, number=number)
        case "*" if _FAILED.search(words):
            follower.failed(number, words)
        case "<" | ">" if is_reply_line(data):
            if match["event"] == "<" and not follower.server:
                follower.server = host_of(match["remote"])  # Exchange is the client: the peer speaks
            follower.received(number, data)
        case "<" | ">" if data:
            follower.sent(data, number)


def _first_field(rest: str) -> str:
    """The first field. It is quoted if it contains a comma, and quotation marks in it are doubled (RFC 4180)."""
    if not rest.startswith('"'):
        return rest.partition(",")[0].rstrip()
    quoted = re.match(r'"((?:[^"]++|"")*+)"', rest)
    return quoted[1].replace('""', '"') if quoted else rest[1:]
