"""A session without a network: when a line may go out, what a reply teaches, what is hidden."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpscope.console.session import Heard, Session
from smtpscope.console.settings import Settings
from smtpscope.protocol.phase import Phase

EHLO = b"250-mx\r\n250-SIZE 1000\r\n250-STARTTLS\r\n250-AUTH PLAIN LOGIN\r\n250 DSN\r\n"


def begun(**settings: object) -> Session:
    chosen = Settings()
    for name, value in settings.items():
        setattr(chosen, name, value)
    session = Session(chosen)
    session.begin()
    return session


def hold(session: Session, *pairs: tuple[str, bytes]) -> list[Heard]:
    """Say each line and hear its answer; an empty line stands for the banner."""
    heard: list[Heard] = []
    for line, answer in pairs:
        if line:
            session.say(line)
        heard += session.hear(answer)
    return heard


def greeted(**settings: object) -> Session:
    session = begun(**settings)
    hold(session, ("", b"220 hi\r\n"), ("EHLO contoso.com", EHLO))
    return session


def test_the_phases_of_a_message() -> None:
    session = begun()
    phases = []
    for line, answer in [
        ("", b"220 hi\r\n"),
        ("EHLO a", EHLO),
        ("MAIL FROM:<a@b.test>", b"250 ok\r\n"),
        ("RCPT TO:<c@d.test>", b"250 ok\r\n"),
        ("DATA", b"354 go\r\n"),
        ("Subject: x", b""),
        ("", b""),
        (".", b"250 queued\r\n"),
        ("QUIT", b"221 bye\r\n"),
    ]:
        hold(session, (line, answer))
        phases.append((session.state.phase.value, session.state.content))
    assert phases == [
        ("ehlo", ""),
        ("mail", ""),
        ("rcpt", ""),
        ("data", ""),
        ("end-of-data", "header"),
        ("end-of-data", "header"),
        ("end-of-data", "header"),
        ("mail", ""),
        ("closed", ""),
    ]


def test_a_typed_line_goes_out_as_it_is() -> None:
    session = greeted()
    assert session.say("  mAiL fRoM: ÿ ").octets == "  mAiL fRoM: ÿ \r\n".encode()
    assert begun(crlf=False).say("NOOP").octets == b"NOOP\n"


def test_a_line_waits_for_the_replies_before_it() -> None:
    session = begun()
    assert not session.may_send()
    list(session.hear(b"220 hi\r\n"))
    assert session.may_send()
    session.say("NOOP")
    assert not session.may_send()
    assert begun(wait=False).may_send()


def test_pipelining_holds_where_the_protocol_does() -> None:
    session = greeted(pipelining=True)
    for line, may in [("MAIL FROM:<a@b.test>", True), ("RCPT TO:<c@d.test>", True), ("DATA", False)]:
        assert session.may_send()
        session.say(line)
        assert session.may_send() is may
    assert [heard.command for heard in session.hear(b"250 a\r\n250 b\r\n354 c\r\n")] == [
        "MAIL FROM:<a@b.test>",
        "RCPT TO:<c@d.test>",
        "DATA",
    ]
    assert session.may_send()
    session.say(".")
    assert not session.may_send()


def test_behind_quit_the_end_is_awaited() -> None:
    session = greeted()
    hold(session, ("QUIT", b"221 bye\r\n"))
    assert not session.may_send()


def test_ehlo_teaches_what_the_server_can_do() -> None:
    state = greeted().state
    assert state.extended
    assert state.announced.size == 1000
    assert state.announced.parameters("AUTH") == ("PLAIN", "LOGIN")


def test_a_new_ehlo_forgets_the_transaction() -> None:
    session = greeted()
    hold(session, ("MAIL FROM:<a@b.test>", b"250 ok\r\n"), ("RCPT TO:<c@d.test>", b"250 ok\r\n"))
    assert session.state.recipients == 1
    hold(session, ("EHLO a", EHLO))
    assert (session.state.sender, session.state.recipients, session.state.phase) == (None, 0, Phase.MAIL)


def test_text_that_arrives_unasked() -> None:
    session = greeted()
    heard = list(session.hear(b"421 4.4.2 idle\r\n"))
    assert [(item.unasked, item.reply.code) for item in heard] == [(True, 421)]
    assert session.state.phase is Phase.CLOSED


def test_secrets_are_hidden_where_the_line_is_made() -> None:
    session = greeted()
    out = session.say("AUTH PLAIN AGNocmlzAHNlY3JldA==")
    assert (out.octets, out.shown, out.masked) == (b"AUTH PLAIN AGNocmlzAHNlY3JldA==\r\n", b"AUTH PLAIN ***", True)
    hold(session, ("", b"535 no\r\n"), ("AUTH LOGIN", b"334 VXNlcm5hbWU6\r\n"))
    assert session.state.challenged
    out = session.say("Y2hyaXM=")
    assert (out.shown, out.phase, out.masked) == (b"***", Phase.AUTH, True)
    heard = list(session.hear(b"235 ok\r\n"))
    assert (heard[0].phase, session.state.phase, session.state.challenged) == (Phase.AUTH, Phase.MAIL, False)


def test_octets_of_a_chunk_are_content() -> None:
    session = greeted()
    hold(session, ("BDAT 8 LAST", b""))
    assert session.say("abcdef").body
    assert not session.may_send()
    assert not session.say("NOOP").body
    assert [heard.command for heard in session.hear(b"250 a\r\n250 b\r\n")] == ["BDAT 8 LAST", "NOOP"]


def test_a_message_sent_at_once_is_no_row_of_commands() -> None:
    session = greeted(wait=False)
    for line in ("DATA", "Subject: x", ".", "QUIT"):
        session.say(line)
    heard = list(session.hear(b"354 go\r\n250 queued\r\n221 bye\r\n"))
    assert [item.command for item in heard] == ["DATA", ".", "QUIT"]
    assert session.state.content == ""


def test_raw_octets_count_their_lines() -> None:
    session = greeted()
    session.throw(b"NOOP\r\nRSET\n half")
    assert session.state.waiting == 2
    assert [heard.command for heard in session.hear(b"250 a\r\n250 b\r\n")] == ["NOOP", "RSET"]


def test_behind_the_handshake_everything_is_forgotten() -> None:
    session = greeted()
    hold(session, ("STARTTLS", b"220 go\r\n"))
    session.secure()
    state = session.state
    assert (state.phase, state.secure, state.announced.keywords, state.waiting) == (Phase.EHLO, True, (), 0)


def test_the_end_gives_back_half_a_reply() -> None:
    session = greeted()
    list(session.hear(b"250-half"))
    assert session.pending == b"250-half"
    assert session.end() == b"250-half"
    assert not session.state.connected


@pytest.mark.parametrize("size", [1, 7, 4096])
@given(octets=st.binary(max_size=300), lines=st.lists(st.text(max_size=20), max_size=6))
def test_whatever_is_typed_and_comes_the_session_stands(size: int, octets: bytes, lines: list[str]) -> None:
    session = begun(wait=False)
    for line in lines:
        session.say(line.encode("utf-8", "replace").decode())
        for start in range(0, len(octets), size):
            list(session.hear(octets[start : start + size]))
    assert session.state.waiting >= 0
