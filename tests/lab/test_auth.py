"""AUTH at the lab (RFC 4954), read as dialogues: what each mechanism is asked, what is refused, and in what order."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from smtpscope.lab.options import Security
from smtpscope.lab.scenario.model import Scenario
from smtpscope.lab.smtp.personality import POSTFIX
from smtpscope.model.event import Sent

OPEN = Security(users=(("kate", "wonderland"), ("chris", "s3cret pass")), auth_in_clear=True)
MECHANISMS = "AUTH SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN OAUTHBEARER XOAUTH2"


def base64(text: str) -> str:
    return b64encode(text.encode()).decode()


@pytest.fixture
def client(talk: Any) -> Any:
    client = talk(security=OPEN)
    client.say("EHLO contoso.com")
    return client


def test_auth_is_offered_where_nobody_listens(talk: Any) -> None:
    users = OPEN.users
    assert f"250 {MECHANISMS}\r\n" in talk(security=OPEN).say("EHLO contoso.com")
    clear = talk(security=Security(users=users))
    assert "AUTH" not in clear.say("EHLO contoso.com")
    assert clear.say("AUTH PLAIN").startswith("538 5.7.11 ")
    clear.session.start_over("TLSv1.3")
    assert MECHANISMS in clear.say("EHLO contoso.com")
    nobody = talk()
    assert "AUTH" not in nobody.say("EHLO contoso.com")
    assert nobody.say("AUTH PLAIN").startswith("500 ")


def test_plain_with_and_without_initial_response(client: Any) -> None:
    token = base64("\0kate\0wonderland")
    assert client.say("AUTH PLAIN") == "334 \r\n"
    assert client.say(token) == "235 2.7.0 Authentication successful\r\n"
    assert client.session.login == "kate"
    assert client.say(f"AUTH PLAIN {token}").startswith("503 5.5.1 ")
    client.connect()
    client.say("EHLO contoso.com")
    assert client.say(f"AUTH PLAIN {token}") == "235 2.7.0 Authentication successful\r\n"


def test_login_asks_for_user_and_password(client: Any) -> None:
    assert client.say("AUTH LOGIN") == f"334 {base64('Username:')}\r\n"
    assert client.say(base64("chris")) == f"334 {base64('Password:')}\r\n"
    assert client.say(base64("s3cret pass")).startswith("235 ")
    client.connect()
    client.say("EHLO contoso.com")
    assert client.say(f"AUTH LOGIN {base64('chris')}") == f"334 {base64('Password:')}\r\n"


def test_a_wrong_password_in_the_words_of_each(client: Any, talk: Any) -> None:
    wrong = base64("\0kate\0looking-glass")
    assert client.say(f"AUTH PLAIN {wrong}") == "535 5.7.3 Authentication unsuccessful\r\n"
    postfix = talk(personality=POSTFIX, security=OPEN)
    postfix.say("EHLO contoso.com")
    assert postfix.say(f"AUTH PLAIN {wrong}") == "535 5.7.8 Error: authentication failed\r\n"
    assert postfix.session.login == ""


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (["AUTH"], "504 5.7.4"),
        (["AUTH GSSAPI"], "504 5.7.4"),
        (["AUTH PLAIN ?"], "501 5.5.2"),
        (["AUTH PLAIN ="], "501 5.5.2"),
        (["AUTH PLAIN", "*"], "501 5.7.0"),
        (["AUTH PLAIN", "no base64"], "501 5.5.2"),
        (["AUTH CRAM-MD5 " + base64("kate")], "501 5.5.2"),
        (["AUTH CRAM-MD5", base64("kate")], "501 5.5.2"),
        (["MAIL FROM:<chris@contoso.com>", f"AUTH PLAIN {base64('x')}"], "503 5.5.1"),
        (["AUTH PLAIN", "x" * 20000], "501 5.5.2"),
    ],
)
def test_what_is_refused(client: Any, lines: list[str], answer: str) -> None:
    assert [client.say(line) for line in lines][-1].startswith(answer)
    assert client.say("NOOP").startswith("250 ")


def test_auth_before_ehlo(talk: Any) -> None:
    assert talk(security=OPEN).say("AUTH PLAIN").startswith("503 ")


def test_a_token_may_be_long(talk: Any) -> None:
    token = "t" * 8000
    client = talk(security=OPEN.replace(users=(("kate", token),)))
    client.say("EHLO contoso.com")
    assert client.say("AUTH XOAUTH2") == "334 \r\n"
    assert client.say(base64(f"user=kate\1auth=Bearer {token}\1\1")).startswith("235 ")


def test_a_refused_token_gets_its_error_in_json(client: Any) -> None:
    assert client.say(f"AUTH XOAUTH2 {base64(f'user=kate{chr(1)}auth=Bearer no{chr(1)}{chr(1)}')}").startswith("334 ")
    assert client.say("").startswith("535 ")


def test_rules_see_the_login(talk: Any) -> None:
    client = talk("authentication-required", security=Security(auth_in_clear=True))
    client.say("EHLO contoso.com")
    assert client.say("MAIL FROM:<chris@contoso.com>").startswith("530 5.7.1 ")
    assert client.say(f"AUTH PLAIN {base64(chr(0) + 'kate' + chr(0) + 'practice')}").startswith("235 ")
    assert client.say("MAIL FROM:<chris@contoso.com> AUTH=<>").startswith("250 ")


@pytest.mark.parametrize(("scenario", "code"), [("auth-temporary", "454 4.7.0"), ("auth-disabled", "535 5.7.139")])
def test_logins_that_fail(talk: Any, scenario: str, code: str) -> None:
    client = talk(scenario)
    client.session.start_over("TLSv1.3")
    client.say("EHLO contoso.com")
    assert client.say("AUTH PLAIN").startswith(code)


def test_no_secret_in_the_transcript(client: Any) -> None:
    client.say(f"AUTH PLAIN {base64(chr(0) + 'kate' + chr(0) + 'wonderland')}")
    client.connect()
    client.say("EHLO contoso.com")
    for line in ("AUTH LOGIN", base64("kate"), base64("wonderland"), "QUIT"):
        client.say(line)
    client.recorder.ended("us")
    sent = [event for event in client.events if isinstance(event, Sent)]
    assert any(event.masked for event in sent)
    for secret in ("wonderland", base64("wonderland"), base64("\0kate\0wonderland")):
        assert secret not in repr(client.events)


def test_users_are_not_shown() -> None:
    assert "wonderland" not in repr(OPEN)
    assert isinstance(Scenario("x", users=(("kate", "x"),)).users, tuple)
