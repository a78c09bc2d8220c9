"""What a transcript tells of the mail transactions tried in it."""

from __future__ import annotations

from typing import Any

from smtpscope.lab.attempts import Attempt, attempts

ENVELOPE = ("EHLO contoso.com", "MAIL FROM:<chris@contoso.com>", "RCPT TO:<kate@fabrikam.com>")


def tried(client: Any) -> tuple[Attempt, ...]:
    client.recorder.ended("us")
    return attempts(client.events)


def session(talk: Any, scenario: str = "ok") -> Any:
    client = talk(scenario)
    client.events.clear()
    client.recorder.connected("mail1.fabrikam.com", "127.0.0.1", 25, "192.0.2.1:5000")
    return client


def test_each_message_of_a_session_is_an_attempt(talk: Any) -> None:
    client = session(talk)
    for line in ENVELOPE:
        client.say(line)
    client.say("RCPT TO:<550-5.1.1@fabrikam.com>")
    client.say("DATA")
    client.say("x", ".")
    client.say("MAIL FROM:<>")
    client.say("RCPT TO:<552-5.2.2@fabrikam.com>")
    taken, refused = tried(client)
    assert (taken.peer, taken.helo, taken.sender) == ("192.0.2.1", "contoso.com", "chris@contoso.com")
    assert taken.recipients == ("kate@fabrikam.com", "550-5.1.1@fabrikam.com")
    assert taken.outcome == "taken"
    assert (refused.sender, refused.outcome, refused.reply) == ("", "refused", "552 5.2.2 Mailbox full")


def test_a_refused_greeting_is_an_attempt(talk: Any) -> None:
    client = session(talk, "refuse-helo")
    client.say("EHLO contoso.com")
    [attempt] = tried(client)
    assert attempt.outcome == "refused"
    assert attempt.reply == "501 5.5.4 Invalid domain name"


def test_a_client_that_goes_away_breaks_off(talk: Any) -> None:
    client = session(talk)
    for line in (*ENVELOPE, "DATA"):
        client.say(line)
    assert [attempt.outcome for attempt in tried(client)] == ["broken"]


def test_a_look_around_is_no_attempt(talk: Any) -> None:
    client = session(talk)
    client.say("EHLO contoso.com")
    client.say("QUIT")
    assert tried(client) == ()


def test_chunks_count_once(talk: Any) -> None:
    client = session(talk)
    for line in ENVELOPE:
        client.say(line)
    client.send(b"BDAT 1\r\nx")
    client.send(b"BDAT 1 LAST\r\ny")
    assert [attempt.outcome for attempt in tried(client)] == ["taken"]


def test_what_only_follows_from_a_refusal_does_not_hide_it(talk: Any) -> None:
    client = session(talk)
    for line in ("EHLO contoso.com", "MAIL FROM:<550-5.7.1@contoso.com>", "RCPT TO:<kate@fabrikam.com>", "DATA"):
        client.say(line)
    [attempt] = tried(client)
    assert (attempt.outcome, attempt.reply) == ("refused", "550 5.7.1 Unable to relay")
