"""The terminal view: each event in lines, as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpscope.model.event import (
    Connected,
    Connecting,
    Disconnected,
    Done,
    Event,
    Failed,
    GaveUp,
    Interrupted,
    Noted,
    Notified,
    Received,
    Resolved,
    Sent,
    TimedOut,
    Unsolicited,
    Waiting,
)
from smtpscope.model.vocabulary import DsnAction, FailureKind, Lookup, Party, Reason, Topic
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import Defect, parse_reply
from smtpscope.render.notes import defect_text, event_text
from smtpscope.render.palette import COLOUR
from smtpscope.render.text import TextView
from smtpscope.render.visible import visible

OK = parse_reply(b"250 2.1.5 ok\r\n")
FIRST = b"MAIL FROM:<chris@contoso.com>"
SECOND = b"RCPT TO:<kate@fabrikam.com>"


def shown(*events: Event, **how: object) -> list[str]:
    """The lines for the events, without the time in front."""
    view = TextView(**how)  # type: ignore[arg-type]
    lines = [line for event in events for line in view.lines(event)]
    return [line[10:] if line[:1] == " " else line for line in lines]


def test_a_conversation_with_a_heading_for_each_step() -> None:
    assert shown(
        Resolved(1.0, "fabrikam.com", Lookup.MX, ("10 mail1.fabrikam.com",)),
        Connecting(1.0, "mail1.fabrikam.com", "192.0.2.1", 25),
        Connected(1.0, "mail1.fabrikam.com", "192.0.2.1", 25, "192.0.2.9:40000"),
        Received(1.2, Phase.BANNER, parse_reply(b"220 hi\r\n"), "", 0.2),
        Sent(1.3, Phase.EHLO, b"EHLO contoso.com"),
        Received(1.4, Phase.EHLO, parse_reply(b"250-mail1\r\n250 SIZE\r\n"), "EHLO contoso.com", 0.1),
        Disconnected(1.5, Phase.EHLO, Party.US),
        Done(1.5, "mail1.fabrikam.com"),
    ) == [
        "· MX of fabrikam.com: 10 mail1.fabrikam.com",
        "",
        "CONNECT  connect to the server (TCP)",
        "· connecting to mail1.fabrikam.com (192.0.2.1), port 25",
        "· connected; local address 192.0.2.9:40000",
        "",
        "BANNER  wait for the banner; 220 means the server is ready",
        "← 220 hi",
        "",
        "EHLO  identify this client; the reply lists the extensions that the server supports",
        "→ EHLO contoso.com",
        "← 250-mail1",
        "← 250 SIZE",
        "· connection closed by this client",
    ]


def test_each_reply_to_a_group_says_what_it_answers() -> None:
    group = [Sent(1.0, Phase.MAIL, FIRST), Sent(1.0, Phase.RCPT, SECOND)]
    lines = shown(
        *group,
        Received(1.1, Phase.MAIL, OK, FIRST.decode(), 0.1),
        Received(1.1, Phase.RCPT, OK, SECOND.decode(), 0.1),
    )
    assert lines[-4:] == [
        f"· to {FIRST.decode()}:",
        "← 250 2.1.5 ok",
        f"· to {SECOND.decode()}:",
        "← 250 2.1.5 ok",
    ]
    one_by_one = shown(group[0], Received(1.1, Phase.MAIL, OK, FIRST.decode(), 0.1), group[1])
    assert not [line for line in one_by_one if line.startswith("· to ")]


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (TimedOut(1.0, Phase.MAIL, 300, b""), "· no reply within 300 s"),
        (TimedOut(1.0, Phase.MAIL, 0.5, b"250 o\xff"), r"· no reply within 0.5 s; received only 250 o\xff"),
        (
            Failed(1.0, Phase.CONNECT, FailureKind.REFUSED, "192.0.2.1:25", "Connection refused"),
            "192.0.2.1:25: connection refused (Connection refused)",
        ),
        (Disconnected(1.0, Phase.MAIL, Party.PEER), "· connection closed by the server"),
        (Disconnected(1.0, Phase.MAIL, Party.PEER, b"25"), "closed by the server in the middle of a reply: 25"),
        (Waiting(1.0, Phase.BANNER, 5, 300), "· nothing received for 5 s; still waiting (up to 300 s)"),
        (Interrupted(1.0, Phase.MAIL), "· interrupted"),
        (Noted(1.0, Phase.EHLO, "helo-fallback"), "· EHLO rejected; trying HELO (no extensions)"),
        (Noted(1.0, Phase.EHLO, "new-topic", (("name", "value"),)), "· new-topic: name value"),
        (Resolved(1.0, "mx.test", "address", ()), "· addresses of mx.test: none"),
        (Unsolicited(1.0, Phase.MAIL, parse_reply(b"421 bye\r\n")), "· unsolicited reply from the server:"),
    ],
)
def test_what_happens_beside_commands(event: Event, line: str) -> None:
    assert any(line in text for text in shown(event))


def test_defects_are_said_under_the_reply() -> None:
    lines = shown(Received(1.0, Phase.BANNER, parse_reply(b"220 a\x1b[2J\n"), "", 0.1))
    assert r"← 220 a\x1b[2J" in lines
    assert f"! {defect_text(Defect.BARE_LF)}" in lines
    assert all(defect_text(defect) for defect in Defect)


# What the places of each text are filled with.
FIELDS = (
    *("extension", "why", "size", "limit", "line", "text", "seconds", "refused", "accepted", "asked", "host", "count"),
    *("user", "mechanism", "envid", "by", "address", "octets", "offered"),
)
DETAILS = tuple((name, f"<{name}>") for name in FIELDS)


@pytest.mark.parametrize("topic", Topic)
def test_each_note_has_words(topic: Topic) -> None:
    [line] = shown(Noted(1.0, Phase.EHLO, topic, DETAILS))
    assert "{" not in line
    assert len(line.split()) > 2


@pytest.mark.parametrize("why", Reason)
def test_each_decision_has_words(why: Reason) -> None:
    [line] = shown(GaveUp(1.0, Phase.EHLO, why, DETAILS))
    assert "{" not in line
    assert len(line.split()) > 2


@pytest.mark.parametrize("action", DsnAction)
def test_each_notification_has_words_with_quiet_too(action: DsnAction) -> None:
    told = Notified(1.0, "kate@fabrikam.com", action, "later", "5.1.1", "550 no", "mx.test", "", 2.0)
    [line] = shown(told, verbosity="quiet")
    assert "kate@fabrikam.com" in line
    assert "mx.test" in line
    assert event_text(told) in line


def test_a_long_message_is_cut_unless_all_is_wanted() -> None:
    message = Sent(1.0, Phase.END_OF_DATA, b"line\r\n" * 100, True)
    end = Sent(2.0, Phase.QUIT, b"QUIT")
    assert len(shown(message, end)) < 50
    assert "60 more lines, 600 bytes" in "\n".join(shown(message, end))
    assert len([line for line in shown(message, verbosity="verbose") if line.endswith("line")]) == 100
    assert shown(message, verbosity="quiet") == []


def test_a_message_in_many_blocks_is_cut_once() -> None:
    block = Sent(1.0, Phase.END_OF_DATA, b"line\r\n" * 30, True)
    told = shown(block, block, block, Sent(2.0, Phase.QUIT, b"QUIT"))
    assert sum(line.endswith("→ line") for line in told) == 40
    assert [line for line in told if "more lines" in line] == ["· 50 more lines, 540 bytes in total"]
    again = shown(block, block, Sent(2.0, Phase.MAIL, b"MAIL FROM:<>"), block, Sent(2.0, Phase.QUIT, b"QUIT"))
    assert sum(line.endswith("→ line") for line in again) == 70


def test_octets_in_hex_when_asked_for() -> None:
    lines = shown(Sent(1.0, Phase.EHLO, b"EHLO a"), Sent(1.0, Phase.END_OF_DATA, b"x\r\n", True), raw=True)
    assert "→ 00000000  45 48 4c 4f 20 61 0d 0a                          EHLO a.." in lines
    assert "→ 00000000  78 0d 0a                                         x.." in lines


def test_colours_are_closed_and_ascii_is_enough() -> None:
    lines = TextView(COLOUR, ascii_only=True).lines(Received(1.0, Phase.MAIL, OK, "MAIL", 0.1))
    assert all(line.count("\x1b[") % 2 == 0 for line in lines)
    assert all(line.isascii() for line in lines)


def test_capabilities_are_explained_when_all_is_wanted() -> None:
    hello = parse_reply(b"250-mail1.fabrikam.com\r\n250-SIZE 1000\r\n250 PIPELINING\r\n")
    received = Received(1.0, Phase.EHLO, hello, "EHLO contoso.com", 0.1)
    assert len(shown(received, verbosity="verbose")) > len(shown(received))


@given(st.binary(max_size=200), st.sampled_from(["normal", "verbose"]), st.booleans())
def test_whatever_a_server_says_is_printable(octets: bytes, verbosity: str, raw: bool) -> None:
    reply = parse_reply(octets)
    events = [
        Received(1.0, Phase.EHLO, reply, "EHLO a", 0.1),
        Unsolicited(1.0, Phase.EHLO, reply),
        Sent(1.0, Phase.END_OF_DATA, octets, True),
        TimedOut(1.0, Phase.MAIL, 1, octets),
        Disconnected(1.0, Phase.MAIL, Party.PEER, octets),
    ]
    for line in shown(*events, verbosity=verbosity, raw=raw):
        assert line == visible(line)


def test_on_a_terminal_a_remark_about_the_message_is_wrapped() -> None:
    remark = Noted(1.0, Phase.DATA, Topic.LINT, (("line", "1"), ("text", "word " * 40)))
    first, *rest = TextView(columns=80, wrapped=True).lines(remark)
    assert len(rest) >= 2
    assert all(len(line) <= 80 for line in (first, *rest))
    assert all(line.startswith(" " * 12 + "word") for line in rest)
    assert len(TextView(columns=80).lines(remark)) == 1
