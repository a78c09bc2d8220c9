"""A session without a network: when a line may go out, what the events say, what is hidden, what a flood is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpscope.console.session import Session
from smtpscope.console.settings import Settings
from smtpscope.model.event import Received, Unsolicited
from smtpscope.net.client import AHEAD, UNASKED
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.tracking import State

EHLO = b"250-mx\r\n250-SIZE 1000\r\n250-STARTTLS\r\n250-AUTH PLAIN LOGIN\r\n250 DSN\r\n"

ENVELOPE = (("MAIL FROM:<a@b.test>", b"250 ok\r\n"), ("RCPT TO:<c@d.test>", b"250 ok\r\n"))


def begun(**settings: object) -> Session:
    chosen = Settings()
    for name, value in settings.items():
        setattr(chosen, name, value)
    session = Session(chosen)
    session.begin()
    return session


def hear(session: Session, octets: bytes) -> list[Received | Unsolicited]:
    return [event for event, _reply in session.hear(octets, 0.0, 0.0)]


def say(session: Session, *lines: str) -> None:
    for line in lines:
        session.sent(0.0, session.encode(line))


def hold(session: Session, *pairs: tuple[str, bytes]) -> list[Received | Unsolicited]:
    """Say each line and hear its answer; an empty line stands for the banner."""
    heard: list[Received | Unsolicited] = []
    for line, answer in pairs:
        if line:
            say(session, line)
        heard += hear(session, answer)
    return heard


def greeted(**settings: object) -> Session:
    session = begun(**settings)
    hold(session, ("", b"220 hi\r\n"), ("EHLO contoso.com", EHLO))
    return session


def commands(events: list[Received | Unsolicited]) -> list[str]:
    return [event.command if isinstance(event, Received) else "?" for event in events]


def test_the_places_of_a_message() -> None:
    session = begun()
    places = []
    for line, answer in [
        ("", b"220 hi\r\n"),
        ("EHLO a", EHLO),
        ("MAIL FROM:<a@b.test>", b"250 ok\r\n"),
        ("RCPT TO:<c@d.test>", b"250 ok\r\n"),
        ("DATA", b"354 go\r\n"),
        ("Subject: x", b""),
    ]:
        hold(session, (line, answer))
        places.append((session.place.value, session.snapshot.content))
    say(session, "")
    places.append((session.place.value, session.snapshot.content))
    hold(session, (".", b"250 queued\r\n"), ("QUIT", b"221 bye\r\n"))
    assert places == [
        ("hello", ""),
        ("ready", ""),
        ("sender", ""),
        ("recipient", ""),
        ("message", "header"),
        ("message", "header"),
        ("message", "body"),
    ]
    assert (session.place, session.snapshot.accepted) == (State.CLOSED, True)


def test_a_typed_line_goes_out_as_it_is() -> None:
    assert greeted().encode("  mAiL fRoM: ÿ ") == "  mAiL fRoM: ÿ \r\n".encode()
    assert begun(crlf=False).encode("NOOP") == b"NOOP\n"


def test_a_line_waits_for_the_replies_before_it() -> None:
    session = begun()
    assert not session.may_send()
    hear(session, b"220 hi\r\n")
    assert session.may_send()
    say(session, "NOOP")
    assert not session.may_send()
    assert begun(wait=False).may_send()


def test_pipelining_holds_where_the_protocol_does() -> None:
    session = greeted(pipelining=True)
    for line, may in [("MAIL FROM:<a@b.test>", True), ("RCPT TO:<c@d.test>", True), ("DATA", False)]:
        assert session.may_send()
        say(session, line)
        assert session.may_send() is may
    assert commands(hear(session, b"250 a\r\n250 b\r\n354 c\r\n")) == [
        "MAIL FROM:<a@b.test>",
        "RCPT TO:<c@d.test>",
        "DATA",
    ]
    assert session.may_send()
    say(session, ".")
    assert not session.may_send()


@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.parametrize(("line", "answer"), [("QUIT", b"221 bye\r\n"), ("", b"421 idle\r\n"), ("NOOP", b"421 x\r\n")])
def test_once_the_server_ends_the_session_nothing_goes_out(line: str, answer: bytes, wait: bool) -> None:
    session = greeted(wait=wait)
    hold(session, (line, answer))
    assert not session.may_send()


def test_ehlo_teaches_what_the_server_can_do() -> None:
    announced = greeted().snapshot.announced
    assert announced is not None
    assert announced.size == 1000
    assert announced.parameters("AUTH") == ("PLAIN", "LOGIN")
    assert begun().snapshot.announced is None


def test_a_new_ehlo_forgets_the_transaction() -> None:
    session = greeted()
    hold(session, *ENVELOPE)
    assert session.snapshot.recipients == 1
    hold(session, ("EHLO a", EHLO))
    assert (session.snapshot.recipients, session.place) == (0, State.READY)


def test_text_that_arrives_unasked() -> None:
    session = greeted()
    (event,) = hear(session, b"421 4.4.2 idle\r\n")
    assert isinstance(event, Unsolicited)
    assert session.place is State.CLOSED


def test_334_to_data_is_no_go_ahead() -> None:
    session = greeted()
    hold(
        session, ("MAIL FROM:<a@b.test>", b"250 ok\r\n"), ("RCPT TO:<c@d.test>", b"250 ok\r\n"), ("DATA", b"334 x\r\n")
    )
    assert (session.place, session.takes_message()) == (State.RECIPIENT, False)


def test_secrets_are_hidden_where_the_line_is_made() -> None:
    session = greeted()
    assert session.is_secret("AUTH PLAIN AGNocmlzAHNlY3JldA==")
    (event,) = session.sent(0, b"AUTH PLAIN AGNocmlzAHNlY3JldA==\r\n")
    assert (event.data, event.masked) == (b"AUTH PLAIN ***", True)
    hold(session, ("", b"535 no\r\n"), ("AUTH LOGIN", b"334 VXNlcm5hbWU6\r\n"))
    assert session.snapshot.challenged
    assert session.is_secret("Y2hyaXM=")
    (event,) = session.sent(0, b"Y2hyaXM=\r\n")
    assert (event.data, event.phase, event.masked) == (b"***", Phase.AUTH, True)
    (heard,) = hear(session, b"235 ok\r\n")
    assert (heard.phase, session.place, session.snapshot.challenged) == (Phase.AUTH, State.READY, False)
    assert session.snapshot.logged_in


def test_what_a_server_repeats_of_a_secret_is_hidden_also_in_half_a_line() -> None:
    session = greeted()
    session.sent_command(0, b"AUTH PLAIN c2VjcmV0", b"AUTH PLAIN ***", (b"c2VjcmV0",))
    ((event, reply),) = session.hear(b"535 what is c2VjcmV0?\r\n", 0, 0)
    assert (event.reply.text, reply.text) == ("what is ***?", "what is c2VjcmV0?")
    hear(session, b"421 c2VjcmV0")
    assert session.pending == b"421 ***"


def test_octets_of_a_chunk_are_content() -> None:
    session = greeted()
    say(session, "BDAT 8 LAST")
    assert session.snapshot.content == "chunk"
    (event,) = session.sent(0, b"abcdef\r\n")
    assert (event.body, event.final) == (True, True)
    assert not session.may_send()
    (event,) = session.sent(0, b"NOOP\r\n")
    assert not event.body
    assert commands(hear(session, b"250 a\r\n250 b\r\n")) == ["BDAT 8 LAST", "NOOP"]


def test_a_message_sent_at_once_is_no_row_of_commands() -> None:
    session = greeted(wait=False)
    say(session, "DATA", "Subject: x", ".", "QUIT")
    assert commands(hear(session, b"354 go\r\n250 queued\r\n221 bye\r\n")) == ["DATA", ".", "QUIT"]
    assert session.snapshot.content == ""


def test_a_command_behind_the_dot_belongs_to_no_message() -> None:
    session = greeted()
    hold(
        session, ("MAIL FROM:<a@b.test>", b"250 ok\r\n"), ("RCPT TO:<c@d.test>", b"250 ok\r\n"), ("DATA", b"354 x\r\n")
    )
    (line, dot) = session.sent(0, b"Subject: x\r\n") + session.sent(0, b".\r\n")
    (event,) = session.sent(0, b"QUIT\r\n")
    assert (line.final, dot.final, event.verb) == (False, True, "QUIT")
    assert commands(hear(session, b"250 queued\r\n221 bye\r\n")) == [".", "QUIT"]


def test_the_message_is_kept_until_it_is_sent() -> None:
    session = greeted()
    hold(session, ("MAIL FROM:<a@b.test> SMTPUTF8", b"250 ok\r\n"), ("RCPT TO:<c@d.test>", b"250 ok\r\n"))
    hold(session, ("DATA", b"354 x\r\n"))
    say(session, "From: a", "Subject: x")
    assert (session.snapshot.headed, session.snapshot.utf8) == (("from", "subject"), True)
    say(session, "", "..one: 1")
    assert session.take_message() == b""
    say(session, ".")
    assert session.take_message() == b"From: a\r\nSubject: x\r\n\r\n.one: 1\r\n"
    assert session.take_message() == b""


def test_raw_octets_count_their_lines() -> None:
    session = greeted()
    events = session.sent(0, b"NOOP\r\nRSET\n half")
    assert [event.data for event in events] == [b"NOOP", b"RSET"]
    assert session.snapshot.waiting == 2
    assert commands(hear(session, b"250 a\r\n250 b\r\n")) == ["NOOP", "RSET"]


def test_behind_the_handshake_everything_is_forgotten() -> None:
    session = greeted()
    hold(session, ("STARTTLS", b"220 go\r\n"))
    session.secured()
    snapshot = session.snapshot
    assert (snapshot.place, snapshot.secure, snapshot.announced) == (State.HELLO, True, None)
    assert snapshot.waiting == 0


def test_what_came_behind_the_reply_to_starttls_is_given_back_once() -> None:
    session = greeted()
    say(session, "STARTTLS")
    rest = b""
    for _event, reply in session.hear(b"220 go\r\n250 injected\r\n421 ha", 0, 0):
        assert reply.code == 220
        rest = session.take_rest()
    assert rest == b"250 injected\r\n421 ha"
    assert session.take_rest() == b""


def test_the_end_gives_back_half_a_reply() -> None:
    session = greeted()
    hear(session, b"250-half")
    assert session.pending == b"250-half"
    assert session.end() == b"250-half"
    assert not session.snapshot.connected


def test_of_a_flood_the_first_replies_are_shown_and_all_are_counted() -> None:
    session = greeted()
    events = hear(session, b"250 ok\r\n" * (UNASKED + 5) + b"421 bye\r\n")
    shown = [session.is_shown(event) for event in events]
    assert shown == [True] * UNASKED + [False] * 5 + [True]
    assert session.take_surplus() == 5
    assert session.take_surplus() == 0
    assert not session.flooded


def test_a_flood_has_a_limit_and_an_answered_command_begins_anew() -> None:
    session = greeted()
    for event in hear(session, b"250 ok\r\n" * AHEAD):
        session.is_shown(event)
    assert not session.flooded
    for event in hold(session, ("NOOP", b"250 ok\r\n" * (AHEAD + 1))):
        session.is_shown(event)
    assert not session.flooded
    for event in hear(session, b"250 ok\r\n"):
        session.is_shown(event)
    assert session.flooded


@pytest.mark.parametrize("size", [1, 7, 4096])
@given(octets=st.binary(max_size=300), lines=st.lists(st.text(max_size=20), max_size=6))
def test_whatever_is_typed_and_comes_the_session_stands(size: int, octets: bytes, lines: list[str]) -> None:
    session = begun(wait=False)
    for line in lines:
        say(session, line.encode("utf-8", "replace").decode())
        for start in range(0, len(octets), size):
            hear(session, octets[start : start + size])
    assert session.snapshot.waiting >= 0
