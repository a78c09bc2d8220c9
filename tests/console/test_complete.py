"""Completion: verbs, parameters of what was announced, the client's commands, files."""

from __future__ import annotations

from smtpscope.console.complete import complete
from smtpscope.console.session import Snapshot
from smtpscope.protocol.capability import Capabilities
from smtpscope.protocol.tracking import State

ANNOUNCED = Capabilities("mx", (("DSN", ()), ("AUTH", ("PLAIN", "LOGIN")), ("8BITMIME", ()), ("STARTTLS", ())))
MAIL = Snapshot(connected=True, place=State.READY, announced=ANNOUNCED)


def texts(text: str, snapshot: Snapshot = MAIL, in_session: bool = True) -> list[str]:
    folders = {"": ["a.eml", "b.smtp", "sub/"], "sub/": ["c.eml"]}
    return [choice.text for choice in complete(text, in_session, snapshot, lambda folder: folders[folder])]


def test_verbs_the_likeliest_first() -> None:
    assert texts("")[:3] == ["MAIL FROM:<", "STARTTLS", "AUTH "]
    assert texts("m") == ["MAIL FROM:<"]
    assert texts("", MAIL.replace(place=State.HELLO))[0] == "EHLO "
    assert "STARTTLS" not in texts("", MAIL.replace(secure=True))[:3]


def test_paths_and_parameters() -> None:
    assert texts("MAIL fr") == ["FROM:<", "FROM:<>"]
    assert texts("MAIL FROM:<a@b.test> BO") == ["BODY=8BITMIME", "BODY=7BIT"]
    assert "NOTIFY=SUCCESS,FAILURE" in texts("RCPT TO:<a@b.test> no")
    assert texts("RCPT TO:<a@b.test> NO", MAIL.replace(announced=Capabilities("mx"))) == []
    assert texts("AUTH ") == ["PLAIN", "LOGIN"]


def test_header_fields() -> None:
    assert texts("su", MAIL.replace(content="header")) == ["Subject: "]
    assert texts("su", MAIL.replace(content="body")) == []


def test_the_clients_prompt() -> None:
    assert sorted(texts("sta", in_session=False)) == ["starttls", "status"]
    assert "localecho" in texts("set lo", in_session=False)
    assert texts("help op", in_session=False) == ["open"]
    assert texts("body ", in_session=False) == ["a.eml", "b.smtp", "sub/"]
    assert texts("body sub/", in_session=False) == ["c.eml"]
    assert texts("set logfile a", in_session=False) == ["a.eml"]
    assert texts("open ", in_session=False) == []


def test_how_much_is_replaced() -> None:
    (choice,) = complete("rc", True, MAIL)
    assert (choice.text, choice.replaces) == ("RCPT TO:<", 2)
