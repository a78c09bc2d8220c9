"""Delivery status notifications: the fields, UTF-8 addresses, and bounces in free words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtpscope.model.conversation import Exchange
from smtpscope.reading.dsn import DeliveryReport, parse_dsn
from smtpscope.reading.read import read

DSN = """\
From: MAILER-DAEMON@mx.contoso.com
To: chris@contoso.com
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=us-ascii

<kate@fabrikam.com>: host mx.fabrikam.com[192.0.2.1] said: 550 5.1.1
    <kate@fabrikam.com>: User unknown (in reply to RCPT TO command)

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.contoso.com
Original-Envelope-Id: QQ+2B314
Arrival-Date: Tue, 24 Nov 2026 16:00:00 +0000

Final-Recipient: rfc822; kate@fabrikam.com
Original-Recipient: rfc822;kate+2Btag@fabrikam.com
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.fabrikam.com
Diagnostic-Code: smtp; 550 5.1.1 <kate@fabrikam.com>:
    User unknown

Final-Recipient: utf-8; \\x{4E2D}@fabrikam.com
Action: delayed (will be tried again)
Status: 4.4.1
Will-Retry-Until: Fri, 27 Nov 2026 16:00:00 +0000

--b
Content-Type: message/rfc822

From: chris@contoso.com
Message-ID: <1@contoso.com>

text
--b--
"""


def parsed(text: str) -> DeliveryReport:
    report = parse_dsn(text.encode())
    assert report is not None
    return report


def test_the_fields_about_the_message() -> None:
    report = parsed(DSN)
    assert (report.envelope_id, report.reporting_mta) == ("QQ+314", "mx.contoso.com")
    assert report.arrival_date == "Tue, 24 Nov 2026 16:00:00 +0000"
    assert report.message_id == "1@contoso.com"
    assert "User unknown" in report.text


def test_the_fields_of_each_recipient() -> None:
    first, second = parsed(DSN).recipients
    assert (first.final_recipient, first.original_recipient) == ("kate@fabrikam.com", "kate+tag@fabrikam.com")
    assert (first.action, first.status, first.remote_mta) == ("failed", "5.1.1", "mx.fabrikam.com")
    assert (first.diagnostic_type, first.diagnostic) == ("smtp", "550 5.1.1 <kate@fabrikam.com>: User unknown")
    assert (first.reply.code, str(first.reply.enhanced)) == (550, "5.1.1")
    assert (second.final_recipient, second.action) == ("中@fabrikam.com", "delayed")
    assert (second.reply.code, str(second.reply.enhanced)) == (0, "4.4.1")


def test_the_utf_8_form_of_a_dsn() -> None:
    """RFC 6533 section 5: message/global-delivery-status, encoded."""
    from base64 import b64encode

    fields = "Reporting-MTA: dns; mx\n\nFinal-Recipient: utf-8; 中@例.test\nAction: failed\nStatus: 5.1.1\n"
    part = "Content-Type: message/global-delivery-status\nContent-Transfer-Encoding: base64\n\n"
    text = f"Content-Type: multipart/report; boundary=b\n\n--b\n{part}{b64encode(fields.encode()).decode()}\n--b--\n"
    assert parsed(text).recipients[0].final_recipient == "中@例.test"


def test_a_message_that_is_no_dsn() -> None:
    assert parse_dsn(b"From: a@b.test\nSubject: hi\n\ntext\n") is None
    assert parse_dsn(b"") is None


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(DSN.split("\n")), st.text(max_size=20)), max_size=30))
def test_any_octets_are_a_report_or_none(lines: list[str]) -> None:
    report = parse_dsn("\n".join(lines).encode("utf-8", "surrogatepass"))
    for recipient in report.recipients if report else ():
        recipient.exchange  # noqa: B018 - it must not raise


def test_a_dsn_that_was_pasted() -> None:
    reading = read(DSN.encode())
    first, second = reading.found
    assert reading.form == "bounce"
    assert (first.stage, first.reply.code, first.server) == ("rcpt", 550, "mx.fabrikam.com")
    assert first.recipient == "kate@fabrikam.com"
    assert DSN.split("\n")[first.line - 1].startswith("Final-Recipient")
    assert second.line > first.line


def test_a_dsn_that_tells_of_success() -> None:
    text = DSN.replace("Action: failed", "Action: delivered").replace("Status: 5.1.1", "Status: 2.1.5")
    head, _, rest = text.partition("Diagnostic-Code:")
    (exchange, *_) = read((head + rest.partition("unknown\n")[2]).encode()).found
    assert (exchange.reply.code, str(exchange.reply.enhanced), exchange.stage) == (250, "2.1.5", "end-of-data")


def test_status_fields_without_the_message_around_them() -> None:
    (exchange,) = read(b"Final-Recipient: rfc822;kate@fabrikam.com\nDiagnostic-Code: smtp;550 5.1.1 no\n").found
    assert (exchange.recipient, exchange.reply.code, exchange.line) == ("kate@fabrikam.com", 550, 1)


HEAD = "From: MAILER-DAEMON@contoso.com\nTo: chris@contoso.com\nSubject: failure notice\nMessage-ID: <2@contoso.com>\n"

FREE = {
    "qmail": (
        "Hi. This is the qmail-send program at mx.contoso.com.\n\n<kate@fabrikam.com>:\n"
        "192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 User unknown\nGiving up on 192.0.2.1.\n\n"
        "--- Below this line is a copy of the message.\n\n550 9.9.9 not this\n",
        ("rcpt", 550, "5.1.1 User unknown"),
    ),
    "exchange": (
        "Delivery has failed to these recipients or groups:\n\nGenerating server: mail1.fabrikam.com\n\n"
        "kate@fabrikam.com\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n\nOriginal message headers:\n",
        ("", 550, "5.1.1 RESOLVER.ADR.RecipNotFound; not found "),
    ),
    "exim": (
        "A message that you sent could not be delivered.\n\n  kate@fabrikam.com\n    host mx.fabrikam.com [192.0.2.1]\n"
        "    SMTP error from remote mail server after RCPT TO:<kate@fabrikam.com>:\n    550 5.1.1 User unknown\n",
        ("rcpt", 550, "5.1.1 User unknown"),
    ),
    "postfix": (
        "I'm sorry.\n\n<kate@fabrikam.com>: host mx.fabrikam.com[192.0.2.1] said: 550 5.1.1 User\n"
        "    unknown (in reply to RCPT TO command)\n",
        ("rcpt", 550, "5.1.1 User unknown"),
    ),
}


def free(body: str, kind: str = "text/plain") -> tuple[Exchange, ...]:
    return read(f"{HEAD}Content-Type: {kind}; charset=utf-8\n\n{body}".encode()).found


@pytest.mark.parametrize("writer", FREE)
def test_a_bounce_in_free_words(writer: str) -> None:
    body, (stage, code, text) = FREE[writer]
    (exchange,) = free(body)
    assert (exchange.stage, exchange.reply.code, exchange.reply.text, exchange.recipient) == (
        stage,
        code,
        text,
        "kate@fabrikam.com",
    )
    assert exchange.line > 5


def test_a_bounce_as_a_web_page() -> None:
    (exchange,) = free(
        "<html><body><p>Your message to <b>kate@fabrikam.com</b> could not be delivered.</p>"
        "<p>Remote Server returned &#39;550 5.1.1 not found&#39;</p></body></html>",
        "text/html",
    )
    assert (exchange.reply.code, exchange.reply.text) == (550, "5.1.1 not found")


@pytest.mark.parametrize(
    ("said", "text", "recipient"),
    [
        (
            "<kate@fabrikam.com>:\nThe mailbox of this user is over its limit.\n\n--- Original message follows.\n\n"
            "<lee@fabrikam.com>:\nnot this one at all\n",
            "The mailbox of this user is over its limit.",
            "kate@fabrikam.com",
        ),
        ("<kate@fabrikam.com>:\n550: 5.1.1 no such user\n", "5.1.1 no such user", "kate@fabrikam.com"),
        ("kate@fabrikam.com\n\n\n抱歉\n\n<kate@fabrikam.com>: 收件人不存在\n", "收件人不存在", "kate@fabrikam.com"),
    ],
)
def test_words_behind_an_address(said: str, text: str, recipient: str) -> None:
    (exchange,) = free(said)
    assert (exchange.reply.text, exchange.recipient) == (text, recipient)


def test_the_session_that_mdaemon_shows() -> None:
    body = (
        "--- Session Transcript ---\n Attempting SMTP connection to [192.0.2.1 : 25]\n 220 mx.fabrikam.com ready\n"
        " EHLO mx.contoso.com\n 250-mx.fabrikam.com Hello\n 250 SIZE\n MAIL From:<chris@contoso.com>\n 250 Sender ok\n"
        " RCPT To:<kate@fabrikam.com>\n 552 Message would exceed mailbox quota\n QUIT\n--- End Transcript ---\n"
    )
    (exchange,) = free(body)
    assert (exchange.stage, exchange.reply.code, exchange.server) == ("rcpt", 552, "mx.fabrikam.com")


def test_the_words_beside_a_status_without_a_diagnostic_code() -> None:
    fields = "Final-Recipient: rfc822;kate@fabrikam.com\nAction: failed\nStatus: 5.0.0 (recipient reached disk quota)\n"
    (exchange,) = read(fields.encode()).found
    assert (exchange.reply.text, str(exchange.reply.enhanced)) == ("recipient reached disk quota", "5.0.0")


def test_a_version_in_the_header_of_an_ordinary_message_is_no_reply() -> None:
    assert read(f"{HEAD}X-Mailer: Mailer v5.0.13 (450 users)\n\nhello\n".encode()).found == ()


def test_the_conversation_that_sendmail_puts_into_a_bounce() -> None:
    body = "... while talking to mx.fabrikam.com.:\n>>> RCPT To:<kate@fabrikam.com>\n<<< 550 5.1.1 User unknown\n"
    (exchange,) = free(body)
    assert (exchange.stage, exchange.server, exchange.recipient) == ("rcpt", "mx.fabrikam.com", "kate@fabrikam.com")


def test_an_ordinary_message_reports_nothing() -> None:
    assert free("Hello Kate,\n\nsee you at 10.\n") == ()
