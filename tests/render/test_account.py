"""A conversation told: what decides, and what is only a line."""

from __future__ import annotations

import pytest

from smtpscope.diagnosis.interpret import Explained
from smtpscope.diagnosis.sequence import Teller
from smtpscope.reading.read import read
from smtpscope.render.account import account, decisive, single


def told(text: str) -> list[Explained]:
    """Every reply in ``text`` with what it means."""
    teller = Teller()
    return [Explained(heard, teller.tell(heard)) for heard in read(text.encode()).found]


def tell(text: str, columns: int = 100) -> list[str]:
    """The account of the conversation in ``text``."""
    return list(account(read(text.encode()), told(text), columns=columns))


START = "S: 220 mx.fabrikam.com ready\nC: EHLO contoso.com\nS: 250 mx.fabrikam.com\n"
MAIL = "C: MAIL FROM:<chris@contoso.com>\nS: 250 2.1.0 ok\n"
REFUSED = "C: RCPT TO:<kate@fabrikam.com>\nS: 550 5.1.1 User unknown\n"
TAKEN = "C: RCPT TO:<lee@fabrikam.com>\nS: 250 2.1.5 ok\nC: DATA\nS: 354 go\nC: .\nS: 250 2.6.0 queued\n"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (START + MAIL + TAKEN, "verdict: the message was accepted"),
        (START + MAIL, "verdict: nothing was refused"),
        (START + MAIL + REFUSED, "verdict: rcpt refused: recipient.unknown"),
        (
            START + MAIL + REFUSED + TAKEN,
            "verdict: rcpt refused: recipient.unknown; the message was accepted for the others",
        ),
        (START + "C: QUIT\nS: 500 what\n", "verdict: nothing was refused"),
    ],
)
def test_the_verdict(text: str, verdict: str) -> None:
    assert verdict in tell(text)


def test_the_first_refusal_decides_and_not_what_follows_from_it() -> None:
    text = START + "C: MAIL FROM:<chris@contoso.com>\nS: 530 5.7.1 Client was not authenticated\n"
    item = decisive(told(text + "C: RCPT TO:<kate@fabrikam.com>\nS: 503 5.5.2 Need mail command\n"))
    assert item is not None
    assert item.explanation.cause == "login.required"


def test_the_same_refusal_is_explained_once() -> None:
    again = REFUSED.replace("kate", "sam")
    lines = tell(START + MAIL + REFUSED + again)
    assert sum("likely causes" in line for line in lines) == 1
    assert "  recipient.unknown: as explained above" in lines


def test_a_refusal_that_was_made_good_later_does_not_decide() -> None:
    item = decisive(told(START + MAIL + REFUSED + TAKEN + REFUSED.replace("550", "450").replace("kate", "lee")))
    assert item is not None
    assert item.heard.recipient == "kate@fabrikam.com"
    assert decisive(told(START + MAIL + REFUSED + TAKEN.replace("lee", "kate"))) is None


def test_the_account_comes_line_by_line_and_says_at_both_ends_that_it_is_cut() -> None:
    text = START + MAIL
    replies = iter(told(text))
    lines = account(read(text.encode()).replace(cut=5), replies, remarks=["cut: too long"])
    assert [next(lines) for _ in range(2)][1] == "cut: too long"
    assert next(lines).endswith("220 mx.fabrikam.com ready")
    assert next(replies).heard.stage == "ehlo"
    assert list(lines)[-1] == "cut: too long"


def test_a_reply_of_several_lines_is_shown_whole() -> None:
    lines = single(told("550-5.1.1 one\n550 5.1.1 two\n")[0])
    assert lines[:2] == ["550-5.1.1 one", "550 5.1.1 two"]


def test_a_single_reply_says_where_it_stood() -> None:
    line = (
        "2026-11-24 1a ** kate@fabrikam.com R=x T=y H=mx.fabrikam.com [192.0.2.1]: SMTP error from remote mail server "
    )
    lines = single(told(line + "after RCPT TO:<kate@fabrikam.com>: 550 5.1.1 no\n")[0])
    assert lines[1] == "server mx.fabrikam.com, step rcpt, recipient kate@fabrikam.com"


def test_a_long_line_of_a_good_step_is_cut() -> None:
    lines = tell(START.replace("ready", "x" * 200), columns=60)
    assert all(len(line) <= 60 for line in lines)
    assert any(line.endswith("...") for line in lines)


def test_the_registry_has_its_say_where_something_else_decided() -> None:
    assert "  5.7.1: The message is refused by policy; the text says which." in single(told("550 5.7.1 zzqq\n")[0])
    assert not [line for line in single(told("550 5.1.1 zzqq\n")[0]) if line.startswith("  5.1.1:")]


def test_the_answer_to_ehlo_is_told_keyword_by_keyword() -> None:
    lines = single(told("250-mx\n250-CHUNKING\n250-XYZ\n250 STARTTLS\n")[0])
    assert [line.split()[0] for line in lines[-2:]] == ["CHUNKING:", "STARTTLS:"]
