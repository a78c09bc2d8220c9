"""Where a connection failed, told from the events."""

from __future__ import annotations

import pytest

from smtpscope.diagnosis.failure import find_failure
from smtpscope.model.event import (
    Connected,
    Connecting,
    Diagnosing,
    Disconnected,
    Event,
    Failed,
    Interrupted,
    Received,
    TimedOut,
    Unsolicited,
    Waiting,
)
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import parse_reply

HOST, ADDRESS = "mail1.fabrikam.com", "203.0.113.10"
CONNECTING = Connecting(1.0, HOST, ADDRESS, 25)
CONNECTED = Connected(1.1, HOST, ADDRESS, 25, "192.0.2.10:40000")


def failed(kind: str, at: float = 2.0) -> Failed:
    return Failed(at, Phase.CONNECT, kind, f"{ADDRESS}:25", "the system's words")


def greeting(octets: bytes, elapsed: float = 0.1) -> Received:
    return Received(2.0, Phase.BANNER, parse_reply(octets), "", elapsed)


@pytest.mark.parametrize(
    ("events", "kind"),
    [
        ([Failed(1.0, Phase.RESOLVE, "dns", HOST, "no such name")], "name"),
        ([CONNECTING, failed("refused")], "refused"),
        ([CONNECTING, failed("timeout")], "silent"),
        ([CONNECTING, failed("unreachable")], "unreachable"),
        ([CONNECTING, failed("denied")], "denied"),
        ([CONNECTING, failed("reset")], "reset"),
        ([CONNECTING, failed("other")], "other"),
        ([CONNECTING, CONNECTED, Disconnected(2.0, Phase.BANNER, "peer")], "closed"),
        (
            [
                CONNECTING,
                CONNECTED,
                Failed(2.0, Phase.BANNER, "reset", "x", "reset"),
                Disconnected(2.0, Phase.BANNER, "peer"),
            ],
            "cut",
        ),
        ([CONNECTING, CONNECTED, TimedOut(9.0, Phase.BANNER, 5.0, b""), Disconnected(9.0, Phase.BANNER, "us")], "mute"),
        ([CONNECTING, CONNECTED, Waiting(6.0, Phase.BANNER, 5.0, 300.0)], "mute"),
        ([CONNECTING, CONNECTED, TimedOut(9.0, Phase.BANNER, 5.0, b"RFB 003.008")], "foreign"),
        ([CONNECTING, CONNECTED, Disconnected(2.0, Phase.BANNER, "peer", b"\x15\x03\x01")], "foreign"),
        ([CONNECTING, CONNECTED, greeting(b"SSH-2.0-OpenSSH\r\n")], "foreign"),
        ([CONNECTING, CONNECTED, greeting(b"220 (vsFTPd)\r\n")], "foreign"),
        ([CONNECTING, CONNECTED, greeting(b"554 no\r\n")], "turned-away"),
        ([CONNECTING, CONNECTED, greeting(b"421 busy\r\n")], "turned-away"),
        ([CONNECTING, CONNECTED, Waiting(6.0, Phase.BANNER, 5.0, 300.0), greeting(b"220 here\r\n", 40.0)], "slow"),
    ],
)
def test_kinds(events: list[Event], kind: str) -> None:
    found = find_failure(events)
    assert found is not None
    assert found.kind == kind
    assert found.host == HOST


@pytest.mark.parametrize(
    "events",
    [
        [],
        [CONNECTING, CONNECTED, greeting(b"220 here\r\n")],
        [CONNECTING, CONNECTED, greeting(b"220 here\r\n"), Disconnected(3.0, Phase.EHLO, "peer")],
        [CONNECTING, Interrupted(2.0, Phase.CONNECT)],
        [Failed(1.0, Phase.RESOLVE, "null-mx", "fabrikam.com", "takes no mail")],
    ],
)
def test_no_failure_of_the_connection(events: list[Event]) -> None:
    assert find_failure(events) is None


def test_a_late_greeting_is_kept() -> None:
    late = Unsolicited(12.0, Phase.BANNER, parse_reply(b"220 here at last\r\n"))
    found = find_failure([CONNECTING, CONNECTED, TimedOut(6.0, Phase.BANNER, 5.0, b""), late])
    assert (found.kind, found.late) == ("mute", "220 here at last")


def test_ctrl_c_while_waiting_leaves_what_is_known() -> None:
    waiting = Waiting(6.0, Phase.BANNER, 5.0, 300.0)
    assert find_failure([CONNECTING, CONNECTED, waiting, Interrupted(7.0, Phase.BANNER)]).kind == "mute"


def test_of_several_addresses_the_most_telling_failure_counts() -> None:
    six = Connecting(1.0, HOST, "2001:db8::10", 25)
    found = find_failure([six, failed("unreachable", 1.0), CONNECTING, failed("refused")])
    assert (found.kind, found.address) == ("refused", ADDRESS)


def test_the_recipient_and_the_port_come_from_the_diagnosis() -> None:
    lost = Failed(1.0, Phase.RESOLVE, "dns", HOST, "no such name")
    asked = Diagnosing(1.0, "name", HOST, "", 587, "network", "kate@fabrikam.com")
    found = find_failure([lost, asked])
    assert (found.recipient, found.port) == ("kate@fabrikam.com", 587)


def test_the_wait_is_measured() -> None:
    assert find_failure([CONNECTING, failed("timeout", 11.0)]).waited == 10.0
