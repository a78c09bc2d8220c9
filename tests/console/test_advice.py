"""What is said before Enter, with the column of what is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpscope import language
from smtpscope.console.advice import ERROR, HINT, WARNING, advise
from smtpscope.console.session import Snapshot
from smtpscope.protocol.capability import Capabilities
from smtpscope.protocol.tracking import State

ANNOUNCED = Capabilities("mx", (("SIZE", ("1000",)), ("DSN", ()), ("AUTH", ("PLAIN",)), ("8BITMIME", ())))
MAIL = Snapshot(connected=True, place=State.READY, announced=ANNOUNCED)
RCPT = MAIL.replace(place=State.SENDER)
DATA = RCPT.replace(place=State.RECIPIENT, recipients=1)
HEADER = DATA.replace(place=State.MESSAGE, content="header")
CHUNK = DATA.replace(content="chunk")
FRESH = Snapshot(connected=True, place=State.HELLO)


@pytest.mark.parametrize(
    ("line", "snapshot"),
    [
        ("EHLO contoso.com", FRESH),
        ("HELO [192.0.2.1]", FRESH),
        ("MAIL FROM:<chris@contoso.com> SIZE=900 BODY=8BITMIME", MAIL),
        ("mail from:<>", MAIL),
        ("RCPT TO:<kate@fabrikam.com> NOTIFY=success,failure", RCPT),
        ("RCPT TO:<Postmaster>", RCPT),
        ("DATA", DATA),
        ("QUIT", FRESH),
        ("Subject: hello", HEADER),
        ("\tfolded", HEADER),
        (".", HEADER),
        (".one", CHUNK),
        ("", DATA),
    ],
)
def test_nothing_is_wrong(line: str, snapshot: Snapshot) -> None:
    advice = advise(line, snapshot)
    assert (advice.column, advice.level) == (0, HINT)


@pytest.mark.parametrize(
    ("line", "snapshot", "column", "level"),
    [
        ("EHLO contoso_com", FRESH, 13, ERROR),
        ("MAIL FROM:chris@contoso.com", MAIL, 11, WARNING),
        ("MAIL FROM: <chris@contoso.com>", MAIL, 11, WARNING),
        ("MAIL FROM:<chris@@contoso.com>", MAIL, 18, ERROR),
        ("MAIL FROM:<chris@contoso..com>", MAIL, 26, ERROR),
        ("MAIL FROM:<a@b.test> SIZE=1001", MAIL, 22, WARNING),
        ("MAIL FROM:<a@b.test> SMTPUTF8", MAIL, 22, WARNING),
        ("MAIL FROM:<a@b.test> RET=ALL", MAIL, 22, WARNING),
        ("MAIL FROM:<a@b.test> COLOUR=red", MAIL, 22, WARNING),
        ("RCPT TO:<kate@fabrikam.com> NOTIFY=sometimes", RCPT, 29, WARNING),
        ("RCPT TO:kate@fabrikam.com NOTIFY=never,delay", RCPT, 27, WARNING),
        ("RCPT TO:<kate@fabrikam.com> ORCPT=kate", RCPT, 29, WARNING),
        ("DATA now", DATA, 6, WARNING),
        ("ELHO contoso.com", FRESH, 1, WARNING),
        ("set localecho", MAIL, 1, WARNING),
        ("AUTH CRAM-MD5", MAIL, 6, WARNING),
        ("主题：来自 Contoso 的测试", HEADER, 1, ERROR),
        ("Subject: 来自", HEADER, 10, WARNING),
        ("Sub ject: x", HEADER, 4, ERROR),
        ("This is the text", HEADER, 1, WARNING),
        (".one dot", HEADER.replace(content="body"), 1, WARNING),
    ],
)
def test_the_column_of_what_is_wrong(line: str, snapshot: Snapshot, column: int, level: str) -> None:
    advice = advise(line, snapshot)
    assert (advice.column, advice.level) == (column, level), advice.text


@pytest.mark.parametrize(
    ("line", "snapshot", "said"),
    [
        ("MAIL FROM:<a@b.test>", FRESH, "EHLO"),
        ("MAIL FROM:<a@b.test>", RCPT, "RSET"),
        ("RCPT TO:<a@b.test>", MAIL, "503"),
        ("DATA", RCPT, "503"),
        ("STARTTLS", MAIL, "does not advertise"),
        ("STARTTLS", MAIL.replace(secure=True), "already"),
        ("AUTH PLAIN", MAIL, "unencrypted"),
        ("AUTH PLAIN", MAIL.replace(logged_in=True), "503"),
        ("AUTH PLAIN", MAIL.replace(announced=Capabilities("mx")), "does not advertise AUTH"),
        ("MAIL FROM:<用户@example.test>", MAIL, "SMTPUTF8"),
        ("x" * 999, HEADER, "998"),
    ],
)
def test_what_the_server_will_say(line: str, snapshot: Snapshot, said: str) -> None:
    advice = advise(line, snapshot)
    assert advice.level == WARNING
    assert said in advice.text


def test_dsn_is_said_where_the_server_has_none() -> None:
    bare = RCPT.replace(announced=Capabilities("mx"))
    advice = advise("RCPT TO:<kate@fabrikam.com> NOTIFY=success,failure", bare)
    assert (advice.column, advice.level) == (29, WARNING)
    assert "DSN" in advice.text


def test_the_translated_field_says_the_real_one() -> None:
    assert "Subject:" in advise("主题：x", HEADER).text


def test_raw_utf8_is_in_order_with_smtputf8() -> None:
    assert advise("Subject: 来自", HEADER.replace(utf8=True)).level == HINT


def test_half_a_line_is_not_a_mistake() -> None:
    for line in (
        "M",
        "MAI",
        "MAIL",
        "MAIL F",
        "MAIL FROM:",
        "MAIL FROM:<",
        "RCPT",
        "RCPT T",
        "RCPT TO:",
        "EHLO",
        "EHLO ",
    ):
        assert advise(line, RCPT).level == HINT, line


@given(st.text(max_size=60), st.sampled_from([FRESH, MAIL, RCPT, DATA, HEADER, HEADER.replace(content="body"), CHUNK]))
def test_any_line_gets_advice_with_a_column_in_it(line: str, snapshot: Snapshot) -> None:
    assert 0 <= advise(line, snapshot).column <= len(line) + 2


@pytest.mark.parametrize("line", ["MAIL FROM:chris@contoso.com", "MAIL FROM:", "MAIL FROM:<a@b..c>"])
def test_the_level_is_the_same_in_every_language(line: str) -> None:
    english = advise(line, MAIL)
    with language.speaking("zh"):
        chinese = advise(line, MAIL)
    assert (chinese.level, chinese.column) == (english.level, english.column)
    assert chinese.text != english.text
