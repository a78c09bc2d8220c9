"""What to type next, and what is said while a reply is awaited."""

from __future__ import annotations

import pytest

from smtpscope.console.hints import advise_patience, advise_session, announced, has_telnet_options, next_step
from smtpscope.console.session import Session, Snapshot
from smtpscope.console.settings import Settings
from smtpscope.model.event import Received
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import parse_reply
from smtpscope.protocol.tracking import State

PROCEDURE = [
    ("", "220 hi", "EHLO"),
    ("EHLO contoso.com", "250-mx\r\n250-DSN\r\n250 SIZE 1000", "MAIL FROM:<sender>"),
    ("MAIL FROM:<a@b.test>", "250 ok", "RCPT TO:<recipient> NOTIFY="),
    ("RCPT TO:<c@d.test>", "250 ok", "DATA, or another RCPT TO:<recipient> (1 accepted so far)"),
    ("DATA", "354 go", "a line with a single dot"),
    (".", "250 queued", "QUIT"),
    ("QUIT", "221 bye", ""),
]


def test_the_procedure_is_led_from_step_to_step() -> None:
    session = Session(Settings())
    session.begin()
    for line, answer, following in PROCEDURE:
        if line:
            session.sent(0, session.encode(line))
        assert len(list(session.hear(f"{answer}\r\n".encode(), 0, 0))) == 1
        assert following in next_step(session.snapshot)
        assert bool(next_step(session.snapshot)) is bool(following)


def test_what_was_advertised_in_one_line() -> None:
    session = Session(Settings())
    session.begin()
    session.sent(0, b"EHLO a\r\n")
    answer = b"250-mx\r\n250-SIZE 37748736\r\n250-AUTH PLAIN LOGIN\r\n250-DSN\r\n250 X-OWN\r\n"
    said = [announced(event, session.snapshot) for event, _ in session.hear(b"220 hi\r\n" + answer, 0, 0)]
    assert said == ["", "advertised: SIZE (36 MB); AUTH PLAIN LOGIN; DSN (RET= ENVID= NOTIFY= ORCPT=); X-OWN"]


@pytest.mark.parametrize(
    ("verb", "answer", "said"),
    [("EHLO", "250 mx", "no extensions advertised"), ("EHLO", "502 no", ""), ("HELO", "250 mx", "")],
)
def test_where_nothing_was_advertised(verb: str, answer: str, said: str) -> None:
    event = Received(0, Phase.EHLO, parse_reply(answer.encode()), f"{verb} a", 0, verb)
    assert announced(event, Snapshot(connected=True)) == said


def test_telnet_options_are_known() -> None:
    assert has_telnet_options(b"220 \xff\xfd\x01 hi")
    assert not has_telnet_options(b"220 \xff hi")


@pytest.mark.parametrize(
    ("snapshot", "said"),
    [
        (Snapshot(), "open HOST"),
        (Snapshot(connected=True, place=State.READY, waiting=1), ""),
        (Snapshot(connected=True, place=State.MESSAGE, content="body"), "single dot"),
        (Snapshot(connected=True, place=State.MESSAGE, content="chunk"), "chunk"),
        (Snapshot(connected=True, place=State.CHALLENGE), "not shown"),
        (Snapshot(connected=True, place=State.CHALLENGE, waiting=1), ""),
        (Snapshot(connected=True, place=State.CLOSED), ""),
    ],
)
def test_next_steps(snapshot: Snapshot, said: str) -> None:
    following = next_step(snapshot)
    assert said in following
    assert bool(said) is bool(following)


def test_under_an_empty_line_stands_what_to_type() -> None:
    assert "EHLO" in advise_session("", Snapshot(connected=True, place=State.HELLO)).text
    assert advise_session("", Snapshot(connected=True, place=State.CLOSED)).text == ""


def test_patience_and_the_port_that_wants_tls() -> None:
    snapshot = Snapshot(connected=True, phase=Phase.BANNER, waiting=1)
    assert advise_patience(3.2, 25, snapshot).text == "waiting for the reply… 3 s"
    assert "465 tls" in advise_patience(3.2, 465, snapshot).text
