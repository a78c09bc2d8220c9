"""What a transcript tells of the mail transactions tried in it."""

from __future__ import annotations

import time
from typing import Any

import pytest

from smtpscope.lab.options import Limits, Security
from smtpscope.lab.store.attempts import Attempt, attempts

ENVELOPE = ("EHLO contoso.com", "MAIL FROM:<chris@contoso.com>", "RCPT TO:<kate@fabrikam.com>")


def tried(client: Any) -> tuple[Attempt, ...]:
    client.recorder.ended("us")
    return attempts(client.events)


def test_each_message_of_a_session_is_an_attempt(talk: Any) -> None:
    client = talk()
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
    client = talk("refuse-helo")
    client.say("EHLO contoso.com")
    [attempt] = tried(client)
    assert attempt.outcome == "refused"
    assert attempt.reply == "501 5.5.4 Invalid domain name"


def test_a_client_that_goes_away_breaks_off(talk: Any) -> None:
    client = talk()
    for line in (*ENVELOPE, "DATA"):
        client.say(line)
    assert [attempt.outcome for attempt in tried(client)] == ["broken"]


def test_a_look_around_is_no_attempt(talk: Any) -> None:
    client = talk()
    client.say("EHLO contoso.com")
    client.say("QUIT")
    assert tried(client) == ()


def test_chunks_count_once(talk: Any) -> None:
    client = talk()
    for line in ENVELOPE:
        client.say(line)
    client.send(b"BDAT 1\r\nx")
    client.send(b"BDAT 1 LAST\r\ny")
    assert [attempt.outcome for attempt in tried(client)] == ["taken"]


def test_what_only_follows_from_a_refusal_does_not_hide_it(talk: Any) -> None:
    client = talk()
    for line in ("EHLO contoso.com", "MAIL FROM:<550-5.7.1@contoso.com>", "RCPT TO:<kate@fabrikam.com>", "DATA"):
        client.say(line)
    [attempt] = tried(client)
    assert (attempt.outcome, attempt.reply) == ("refused", "550 5.7.1 Unable to relay")


def test_a_second_sender_inside_of_a_transaction_begins_no_other(talk: Any) -> None:
    client = talk()
    client.say(*ENVELOPE, "MAIL FROM:<kate@fabrikam.com>", "DATA", "x", ".")
    [attempt] = tried(client)
    assert (attempt.sender, attempt.outcome) == ("chris@contoso.com", "taken")


@pytest.mark.parametrize("end", ["RSET", "EHLO contoso.com"])
def test_a_transaction_that_is_given_up_is_an_attempt(talk: Any, end: str) -> None:
    client = talk()
    client.say(*ENVELOPE, end, *ENVELOPE[1:], "DATA", "x", ".")
    assert [attempt.outcome for attempt in tried(client)] == ["broken", "taken"]


def test_a_recipient_is_read_once_and_by_the_grammar(talk: Any) -> None:
    client = talk()
    client.say(*ENVELOPE[:2], 'RCPT TO:<"a>b"@fabrikam.com> NOTIFY=never', "RCPT TO:kim@fabrikam.com", "DATA", "x", ".")
    [attempt] = tried(client)
    assert attempt.recipients == ('"a>b"@fabrikam.com', "kim@fabrikam.com")


# Sessions without MAIL: (scenario, what is said, what becomes of it; None: it is no attempt).
LOGIN = Security(users=(("kate", "wonderland"),), auth_in_clear=True, starttls=True)
SESSIONS: dict[str, tuple[str, tuple[str, ...], tuple[str, str] | None]] = {
    "nothing was said": ("ok", (), None),
    "only QUIT": ("ok", ("QUIT",), None),
    "a hello, and no farewell": ("ok", ("EHLO contoso.com",), None),
    "a question": ("ok", ("EHLO contoso.com", "EXPN staff", "FOO", "QUIT"), None),
    "a refused greeting": ("banner-554", (), ("refused", "554 5.7.1 No SMTP service here")),
    "a refused hello": ("refuse-helo", ("EHLO contoso.com", "QUIT"), ("refused", "501 5.5.4 Invalid domain name")),
    "a refused hello, and another": ("no-ehlo", ("EHLO contoso.com", "HELO contoso.com", "QUIT"), None),
    "no answer to the hello": ("silence-at-ehlo", ("EHLO contoso.com",), ("broken", "")),
    "no greeting": ("banner-silence", (), ("broken", "")),
    "no SMTP": ("not-smtp", (), ("broken", "")),
    "a refused login": (
        "ok",
        ("EHLO contoso.com", "AUTH PLAIN AGthdGUAeA==", "QUIT"),
        ("refused", "535 5.7.3 Authentication unsuccessful"),
    ),
    "a login": ("ok", ("EHLO contoso.com", "AUTH PLAIN AGthdGUAd29uZGVybGFuZA==", "QUIT"), None),
    "half a login": ("ok", ("EHLO contoso.com", "AUTH PLAIN"), ("broken", "")),
    "a refused STARTTLS": (
        "starttls-refused",
        ("EHLO contoso.com", "STARTTLS", "QUIT"),
        ("refused", "454 4.7.0 TLS not available due to local problem"),
    ),
    "STARTTLS, and no handshake": ("starttls-in-clear", ("EHLO contoso.com", "STARTTLS"), ("broken", "")),
    "a recipient without a sender": (
        "ok",
        ("EHLO contoso.com", "RCPT TO:<kate@fabrikam.com>", "QUIT"),
        ("refused", "503 5.5.2 Need mail command"),
    ),
}


@pytest.mark.parametrize("name", SESSIONS)
def test_a_session_without_a_sender(talk: Any, name: str) -> None:
    scenario, lines, outcome = SESSIONS[name]
    client = talk(scenario, security=LOGIN)
    for line in lines:
        client.say(line)
    assert [(attempt.outcome, attempt.reply) for attempt in tried(client)] == ([outcome] if outcome else [])


def test_thousands_of_recipients_are_judged_at_once(talk: Any) -> None:
    """The list of a lab must not take longer and longer because of one client: the judge goes over each event once."""
    for scenario, outcome in (("ok", "broken"), ("user-unknown", "refused"), ("some-unknown", "refused")):
        client = talk(scenario, limits=Limits(recipients=0))
        client.say(*ENVELOPE[:2], *(f"RCPT TO:<u{number}@fabrikam.com>" for number in range(4000)))
        client.recorder.ended("us")
        begun = time.process_time()
        [attempt] = attempts(client.events)
        assert time.process_time() - begun < 3  # quadratic, it would be a minute
        assert (attempt.outcome, len(attempt.recipients)) == (outcome, 4000)


# Sessions that are open: (what is said so far, the attempts that are over).
OPEN_SESSIONS: dict[str, tuple[tuple[str, ...], list[str]]] = {
    "no MAIL": (("EHLO contoso.com",), []),
    "a recipient can follow": ((*ENVELOPE[:2], "RCPT TO:<550@fabrikam.com>"), []),
    "the message is awaited": ((*ENVELOPE, "DATA", "x"), []),
    "no reply to MAIL": ((ENVELOPE[0], "MAIL FROM:<silence@contoso.com>"), []),
    "no reply to the message": ((*ENVELOPE[:2], "RCPT TO:<silence-end@fabrikam.com>", "DATA", "x", "."), []),
    "a rejected sender": ((ENVELOPE[0], "MAIL FROM:<550@contoso.com>"), ["refused"]),
    "a rejected message": ((*ENVELOPE[:2], "RCPT TO:<554-end@fabrikam.com>", "DATA", "x", "."), ["refused"]),
    "an accepted message": ((*ENVELOPE, "DATA", "x", "."), ["taken"]),
    "RSET": ((*ENVELOPE[:2], "RCPT TO:<550@fabrikam.com>", "RSET"), ["refused"]),
    "another transaction": ((*ENVELOPE, "DATA", "x", ".", *ENVELOPE[1:]), ["taken"]),
}


@pytest.mark.parametrize("name", OPEN_SESSIONS)
def test_of_an_open_session_only_what_is_over_is_an_attempt(talk: Any, name: str) -> None:
    lines, outcomes = OPEN_SESSIONS[name]
    client = talk()
    for line in lines:
        client.say(line)
    client.recorder.flush()
    assert [attempt.outcome for attempt in attempts(client.events, is_open=True)] == outcomes
