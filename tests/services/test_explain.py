"""Explaining what somebody pasted, as a program does it."""

from __future__ import annotations

import pytest

from smtpscope.model.report import Status
from smtpscope.services.explain import explain_text

SESSION = b"""220 mx.fabrikam.com ready
EHLO contoso.com
250 mx.fabrikam.com
MAIL FROM:<chris@contoso.com>
250 2.1.0 Sender OK
RCPT TO:<kate@fabrikam.com>
550 5.1.1 User unknown
QUIT
221 bye
"""


def test_a_session_has_a_reply_each_and_a_report() -> None:
    run = explain_text(SESSION)
    assert [item.exchange.stage for item in run] == ["banner", "ehlo", "mail", "rcpt", "quit"]
    assert run.report is not None
    assert run.report.status is Status.PERMANENT
    (server,) = run.report.servers
    assert server.explanation is not None
    assert server.explanation.cause == "recipient.unknown"


def test_two_sessions_of_another_program_have_a_report_each() -> None:
    run = explain_text(SESSION + SESSION.replace(b"550 5.1.1 User unknown", b"250 2.1.5 ok"))
    assert len(list(run)) == 10
    assert not run.is_one_run
    assert [report.status for report in run.reports] == [Status.PERMANENT, Status.OK]


def test_the_replies_are_told_one_at_a_time() -> None:
    run = explain_text(SESSION)
    items = iter(run)
    next(items)
    assert [item.exchange.stage for item in run.told] == ["banner"]


LOG = (
    b"postfix/smtp[1]: 4X: to=<kate@fabrikam.com>, relay=mx.fabrikam.com[192.0.2.1]:25, dsn=5.1.1, "
    b"status=bounced (host mx.fabrikam.com[192.0.2.1] said: 550 5.1.1 User unknown)\n"
)


def test_a_log_holds_replies_and_no_session() -> None:
    run = explain_text(LOG)
    assert [item.explanation.cause for item in run] == ["recipient.unknown"]
    assert run.report is None
    assert list(run.reports) == []


@pytest.mark.parametrize("stage", ["mail", "rcpt"])
def test_what_the_text_does_not_say_can_be_said(stage: str) -> None:
    (told,) = explain_text(b"550 5.1.1 no", stage, "mx.fabrikam.com")
    assert (told.exchange.stage, told.exchange.server) == (stage, "mx.fabrikam.com")


@pytest.mark.parametrize("data", [b"", b"\n\n", b"dear all, lunch is at noon", b"\x00\xff\xfe", b"x" * 5000])
def test_a_text_without_a_reply(data: bytes) -> None:
    run = explain_text(data)
    assert (run.reading.found, list(run), run.report) == ((), [], None)


def test_words_without_a_code() -> None:
    (told,) = explain_text(b"5.1.1 User unknown in virtual mailbox table")
    assert told.explanation.cause == "recipient.unknown"
