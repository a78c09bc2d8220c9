"""What a reply means, and what to type next."""

from __future__ import annotations

import pytest

from smtpscope.console.hints import advise_patience, advise_session, explain_reply, next_step
from smtpscope.console.session import Session, State
from smtpscope.console.settings import Settings
from smtpscope.language import use
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import parse_reply

PROCEDURE = [
    ("", "220 hi", "the server is ready", "EHLO"),
    ("EHLO contoso.com", "250-mx\r\n250-DSN\r\n250 SIZE 1000", "messages up to 1000 octets", "MAIL FROM:<sender>"),
    ("MAIL FROM:<a@b.test>", "250 ok", "the sender is accepted", "RCPT TO:<recipient> NOTIFY="),
    ("RCPT TO:<c@d.test>", "250 ok", "1 so far", "DATA"),
    ("DATA", "354 go", "waits for the message", "lone dot"),
    (".", "250 queued", "has taken charge", "QUIT"),
    ("QUIT", "221 bye", "goodbye", ""),
]


def test_the_procedure_is_led_from_step_to_step() -> None:
    session = Session(Settings())
    session.begin()
    for line, answer, meaning, following in PROCEDURE:
        if line:
            session.say(line)
        (heard,) = session.hear(f"{answer}\r\n".encode())
        said = explain_reply(heard.reply, heard.command, heard.phase, session.state)
        assert meaning in said[0]
        assert following in said[-1]


def test_a_refusal_is_explained() -> None:
    state = State(connected=True, phase=Phase.RCPT, extended=True, sender="x")
    said = explain_reply(parse_reply(b"550 5.1.1 User unknown"), "RCPT TO:<c@d.test>", Phase.RCPT, state)
    assert len(said) >= 3
    assert said[-1].startswith("next: RCPT TO:<recipient>")


def test_a_421_says_that_the_server_closes() -> None:
    said = explain_reply(parse_reply(b"421 4.4.2 idle"), "", Phase.MAIL, State(connected=True))
    assert said[-1] == "the server closes the connection"


def test_telnet_options_are_named() -> None:
    said = explain_reply(parse_reply(b"220 \xff\xfd\x01 hi"), "", Phase.BANNER, State(connected=True))
    assert "IAC" in said[0]
    assert "IAC" not in "".join(explain_reply(parse_reply(b"220 \xff hi"), "", Phase.BANNER, State(connected=True)))


def test_a_challenge_and_a_login() -> None:
    state = State(connected=True, phase=Phase.AUTH, challenged=True)
    assert "not shown" in explain_reply(parse_reply(b"334 "), "AUTH LOGIN", Phase.AUTH, state)[0]
    done = State(connected=True, phase=Phase.MAIL)
    assert explain_reply(parse_reply(b"235 ok"), "***", Phase.AUTH, done)[0] == "logged in"


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (State(), "open HOST"),
        (State(connected=True, phase=Phase.MAIL, waiting=1), ""),
        (State(connected=True, phase=Phase.END_OF_DATA, content="body"), "lone dot"),
    ],
)
def test_next_steps(state: State, said: str) -> None:
    assert said in next_step(state)


def test_under_an_empty_line_stands_what_to_type() -> None:
    assert "EHLO" in advise_session("", State(connected=True, phase=Phase.EHLO)).text
    assert advise_session("", State(connected=True, phase=Phase.CLOSED)).text == ""


def test_patience_and_the_port_that_wants_tls() -> None:
    state = State(connected=True, phase=Phase.BANNER, waiting=1)
    assert advise_patience(3.2, 25, state).text == "waiting for the reply, 3 s"
    assert "465 tls" in advise_patience(3.2, 465, state).text


def test_chinese() -> None:
    use("zh")
    try:
        said = explain_reply(parse_reply(b"550 5.1.1 User unknown"), "RCPT TO:<c@d.test>", Phase.RCPT, State())
        assert not said[0].isascii()
    finally:
        use("en")
