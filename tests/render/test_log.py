"""The log: a line for each line, with time and phase."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpscope.model.event import Connected, Event, Failed, Received, Sent, TimedOut, Unsolicited
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import parse_reply
from smtpscope.render.log import log_lines

NOON = datetime(2026, 11, 23, 12, 0, 0, 250000, tzinfo=UTC).timestamp()
HELLO = parse_reply(b"250-mail1\r\n250 SIZE\r\n")


@pytest.mark.parametrize(
    ("event", "lines"),
    [
        (Sent(NOON, Phase.MAIL, b"MAIL FROM:<>"), ["mail         > MAIL FROM:<>"]),
        (Received(NOON, Phase.EHLO, HELLO, "EHLO a", 0.1), ["ehlo         < 250-mail1", "ehlo         < 250 SIZE"]),
        (Unsolicited(NOON, Phase.RCPT, parse_reply(b"421 \x1b[2J\r\n")), [r"rcpt         < (unasked) 421 \x1b[2J"]),
        (Sent(NOON, Phase.END_OF_DATA, b"a\r\n\r\n.\r\n", True), [f"end-of-data  > {line}" for line in ("a", "", ".")]),
        (TimedOut(NOON, Phase.DATA, 2, b""), ["data         * no reply within 2 s"]),
        (
            Connected(NOON, "mx", "192.0.2.1", 25, "192.0.2.9:4"),
            ["-            * connected; local address 192.0.2.9:4"],
        ),
        (Failed(NOON, Phase.CONNECT, "refused", "mx:25", "no"), ["connect      * mx:25: connection refused (no)"]),
    ],
)
def test_lines_are_easy_to_grep(event: Event, lines: list[str]) -> None:
    assert log_lines(event) == [f"2026-11-23T12:00:00.250Z  {line}" for line in lines]


@given(st.floats(0, 4e9))
def test_the_time_is_that_of_the_calendar(at: float) -> None:
    (line,) = log_lines(Sent(at, Phase.MAIL, b"x"))
    written = datetime.fromisoformat(line.split("  ")[0])
    assert abs(written.timestamp() - at) < 0.002
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z  mail ", line)
