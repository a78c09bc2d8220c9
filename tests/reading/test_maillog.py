"""Lines of mail logs: whose they are, and the reply, stage, server and recipient in each."""

from __future__ import annotations

import pytest

from smtpscope.reading.maillog import read_line
from smtpscope.reading.read import read

POSTFIX = "Nov 24 mx postfix/smtp[12]: 4F1: to=<kate@fabrikam.com>, relay={}, delay=1.2, dsn={}, status={} ({})"
EXIM = "2026-11-24 16:00:00 1vNabc-0001 {} kate@fabrikam.com R=dnslookup T=remote_smtp{}"
SENDMAIL = (
    "Nov 24 mx sendmail[12]: 4F1: to=<kate@fabrikam.com>, delay=00:00:01, mailer=esmtp, "
    "relay=mx.fabrikam.com. [192.0.2.1], dsn={}, stat={}"
)
REMOTE = " H=mx.fabrikam.com [192.0.2.1]: SMTP error from remote mail server after "

LINES = [
    (
        POSTFIX.format(
            *("mx.fabrikam.com[192.0.2.1]:25", "5.1.1", "bounced"),
            "host mx.fabrikam.com[192.0.2.1] said: 550 5.1.1 no (in reply to RCPT TO command)",
        ),
        ("rcpt", 550, "5.1.1", "mx.fabrikam.com"),
    ),
    (
        POSTFIX.format(
            *("mx.fabrikam.com[192.0.2.1]:25", "4.0.0", "deferred"),
            "host mx.fabrikam.com[192.0.2.1] refused to talk to me: 554 No SMTP service here",
        ),
        ("banner", 554, "", "mx.fabrikam.com"),
    ),
    (
        POSTFIX.format("none", "4.4.1", "deferred", "connect to mx.fabrikam.com[192.0.2.1]:25: Connection timed out"),
        ("connect", 0, "4.4.1", "mx.fabrikam.com"),
    ),
    (
        POSTFIX.format("mx.fabrikam.com[192.0.2.1]:25", "2.0.0", "sent", "250 2.0.0 Ok: queued as 4F2"),
        ("end-of-data", 250, "2.0.0", "mx.fabrikam.com"),
    ),
    (
        POSTFIX.format(
            *("mx.fabrikam.com[192.0.2.1]:25", "5.0.0", "bounced"),
            "host mx.fabrikam.com[192.0.2.1] said: 550 spam (in reply to end of DATA command)",
        ),
        ("end-of-data", 550, "", "mx.fabrikam.com"),
    ),
    (
        POSTFIX.format(
            *("mx.fabrikam.com[192.0.2.1]:25", "4.4.2", "deferred"),
            "lost connection with mx.fabrikam.com[192.0.2.1] while receiving the initial server greeting",
        ),
        ("banner", 0, "4.4.2", "mx.fabrikam.com"),
    ),
    (
        "Nov 24 mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from unknown[192.0.2.9]: 554 5.7.1 <kate@fabrikam.com>: "
        "Relay access denied; from=<a@b.test> to=<kate@fabrikam.com> proto=ESMTP helo=<x>",
        ("rcpt", 554, "5.7.1", ""),
    ),
    (
        EXIM.format(
            "**",
            REMOTE + "RCPT TO:<kate@fabrikam.com>: 550 no",
        ),
        ("rcpt", 550, "", "mx.fabrikam.com"),
    ),
    (
        EXIM.format(
            "**",
            REMOTE + "pipelined end of data: 550-5.7.26 one\\n550 5.7.26 two",
        ),
        ("end-of-data", 550, "5.7.26", "mx.fabrikam.com"),
    ),
    (
        EXIM.format(
            "==",
            " defer (-44)" + REMOTE + "MAIL FROM:<a@b.test>: 451 no",
        ),
        ("mail", 451, "", "mx.fabrikam.com"),
    ),
    (EXIM.format("==", " defer (110): Connection timed out"), ("", 0, "", "")),
    (
        EXIM.format("=>", ' H=mx.fabrikam.com [192.0.2.1] X=TLS1.3 C="250 2.0.0 OK id=1"'),
        ("end-of-data", 250, "2.0.0", "mx.fabrikam.com"),
    ),
    (
        "2026-11-24 16:00:00 H=(x) [192.0.2.4] F=<a@b.test> rejected RCPT <kate@fabrikam.com>: relay not permitted",
        ("rcpt", 0, "", ""),
    ),
    (SENDMAIL.format("5.1.1", "User unknown"), ("", 0, "5.1.1", "mx.fabrikam.com")),
    (SENDMAIL.format("2.0.0", "Sent (250 ok queued)"), ("end-of-data", 250, "", "mx.fabrikam.com")),
    (
        SENDMAIL.format("4.0.0", "Deferred: Connection refused by mx.fabrikam.com."),
        ("", 0, "4.0.0", "mx.fabrikam.com"),
    ),
    (
        "Nov 24 mx sendmail[1]: 4F1: ruleset=check_rcpt, arg1=<kate@fabrikam.com>, relay=[192.0.2.4], "
        "reject=550 5.7.1 <kate@fabrikam.com>... Relaying denied",
        ("rcpt", 550, "5.7.1", ""),
    ),
    (
        "Nov 24 mx smtpd[1]: 1f mta delivery evpid=1 from=<a@b.test> to=<kate@fabrikam.com> rcpt=<-> "
        'relay="192.0.2.1 (mx.fabrikam.com)" delay=1s result="PermFail" stat="550 5.1.1 User unknown"',
        ("", 550, "5.1.1", "mx.fabrikam.com"),
    ),
]


@pytest.mark.parametrize(("line", "expected"), LINES)
def test_lines_of_servers_that_name_the_recipient(line: str, expected: tuple[str, int, str, str]) -> None:
    exchange = read_line(line)
    assert exchange is not None
    assert (exchange.stage, exchange.reply.code, str(exchange.reply.enhanced or ""), exchange.server) == expected
    assert exchange.recipient == "kate@fabrikam.com"


@pytest.mark.parametrize(
    ("words", "stage", "code"),
    [
        (
            "failure: 192.0.2.1_does_not_like_recipient./Remote_host_said:_550_5.1.1_no/Giving_up_on_192.0.2.1./",
            "rcpt",
            550,
        ),
        ("failure: Connected_to_192.0.2.1_but_sender_was_rejected./Remote_host_said:_553_no/", "mail", 553),
        ("success: 192.0.2.1_accepted_message./Remote_host_said:_250_ok_1_qp_2/", "end-of-data", 250),
    ],
)
def test_qmail(words: str, stage: str, code: int) -> None:
    exchange = read_line(f"@400000005f2a delivery 7: {words}")
    assert exchange is not None
    assert (exchange.stage, exchange.reply.code, exchange.server) == (stage, code, "192.0.2.1")


def test_qmail_without_a_remote_host() -> None:
    exchange = read_line("delivery 7: deferral: CNAME_lookup_failed_temporarily._(#4.4.3)/")
    assert exchange is not None
    assert (exchange.reply.code, str(exchange.reply.enhanced)) == (0, "4.4.3")


def test_a_log_is_recognised_by_its_lines_and_others_are_left_out() -> None:
    text = "Nov 24 mx postfix/qmgr[1]: 4F1: removed\n" + "\n".join(line for line, _ in LINES)
    reading = read(text.encode())
    assert reading.form == "mail log"
    assert [exchange.line for exchange in reading.found] == list(range(2, len(LINES) + 2))
