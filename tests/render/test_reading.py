"""What was pasted, told: the replies with what they mean, and what came of the sessions, as the judge says."""

from __future__ import annotations

import pytest

from smtpscope.diagnosis.interpret import Explained, explain_report
from smtpscope.diagnosis.outcome import judge
from smtpscope.diagnosis.sequence import SequenceExplainer
from smtpscope.model.report import Report, ServerReport
from smtpscope.reading.read import read
from smtpscope.reading.reading import Reading
from smtpscope.render.reading import count_lines, reading_lines, result_lines, single_lines


def tell_all(reading: Reading) -> list[Explained]:
    """Every reply that was read, with what it means."""
    teller = SequenceExplainer()
    return [Explained(exchange, teller.tell(exchange)) for exchange in reading.found]


def told(text: str) -> list[Explained]:
    return tell_all(read(text.encode()))


def tell(text: str, columns: int = 100) -> list[str]:
    """The account of the session in ``text``."""
    return list(reading_lines(read(text.encode()), told(text), columns=columns))


def report_on(text: str) -> Report:
    """What the judge says of the sessions in ``text``."""
    reading = read(text.encode())
    return explain_report(judge(reading.events), tell_all(reading))


def result(text: str) -> list[str]:
    """What is said at the end, without the heading."""
    head, title, *lines = result_lines(report_on(text))
    assert (head, title) == ("", "Result")
    return lines


START = "S: 220 mx.fabrikam.com ready\nC: EHLO contoso.com\nS: 250 mx.fabrikam.com\n"
MAIL = "C: MAIL FROM:<chris@contoso.com>\nS: 250 2.1.0 ok\n"
REFUSED = "C: RCPT TO:<kate@fabrikam.com>\nS: 550 5.1.1 User unknown\n"
TAKEN = "C: RCPT TO:<lee@fabrikam.com>\nS: 250 2.1.5 ok\nC: DATA\nS: 354 go\nC: .\nS: 250 2.6.0 queued\n"
MX = "mx.fabrikam.com: "


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (START + MAIL + TAKEN, MX + "accepted for delivery: 250 2.6.0 queued"),
        (START + MAIL, MX + "OK up to MAIL FROM: 250 2.1.0 ok"),
        (START + MAIL + REFUSED, MX + "RCPT TO rejected permanently: 550 5.1.1 User unknown (recipient.unknown)"),
        (
            START + MAIL + REFUSED + TAKEN,
            MX + "1 of 2 recipients rejected; the message was accepted for the others: 550 5.1.1 User unknown "
            "(recipient.unknown)",
        ),
        (START + "C: QUIT\nS: 500 what\n", MX + "the reply to QUIT does not fit"),
        (
            START + MAIL + TAKEN.removesuffix("S: 250 2.6.0 queued\n"),
            MX + "not known: no reply to the message is shown",
        ),
        (START + MAIL + "C: RCPT TO:<lee@fabrikam.com>\n", MX + "not known: no reply to RCPT TO is shown"),
        (START + "C: VRFY lee\nS: 252 2.5.2 maybe\n", MX + "OK up to VRFY: 252 2.5.2 maybe"),
        (START + "C: VRFY lee\nS: 550 no\n", MX + "VRFY rejected permanently: 550 no"),
        (START + "S: what is this?\n" + MAIL, MX + "not known: a line of the session is not understood"),
    ],
)
def test_the_result_of_a_session(text: str, said: str) -> None:
    assert [line for line in result(text) if line.startswith(said)]


def test_a_rejection_says_whether_to_retry_and_what_to_do() -> None:
    lines = result(START + MAIL + REFUSED)
    assert lines[1] == "  Retry: no"
    assert lines[2].startswith("  Next (you): ")


def test_the_first_refusal_decides_and_not_what_follows_from_it() -> None:
    text = START + "C: MAIL FROM:<chris@contoso.com>\nS: 530 5.7.1 Client was not authenticated\n"
    lines = result(text + "C: RCPT TO:<kate@fabrikam.com>\nS: 503 5.5.2 Need mail command\n")
    assert any("(login.required)" in line for line in lines)


def test_the_same_refusal_is_explained_once() -> None:
    again = REFUSED.replace("kate", "sam")
    lines = tell(START + MAIL + REFUSED + again)
    assert sum("Likely causes" in line for line in lines) == 1
    assert "  recipient.unknown: see above" in lines


def test_a_refusal_that_was_made_good_later_does_not_decide() -> None:
    (server,) = report_on(START + MAIL + REFUSED + TAKEN.replace("lee", "kate")).servers
    assert server.status.value == "ok"


def test_each_of_a_few_sessions_has_its_result() -> None:
    text = START + MAIL + REFUSED + "C: QUIT\nS: 221 bye\n"
    lines = [line for line in result(text + START + MAIL) if line.startswith(MX)]
    assert lines[0].startswith(MX + "RCPT TO rejected permanently")
    assert lines[1] == MX + "OK up to MAIL FROM: 250 2.1.0 ok"


def test_many_sessions_are_counted() -> None:
    text = (START + MAIL + REFUSED + "C: QUIT\nS: 221 bye\n") * 4 + (START + MAIL + TAKEN + "C: QUIT\nS: 221 bye\n") * 3
    assert result(text) == [
        "4 of 7 sessions: RCPT TO rejected permanently (recipient.unknown)",
        "3 of 7 sessions: accepted for delivery",
    ]


def test_several_servers_of_one_run_have_a_line_in_common() -> None:
    report = Report(
        ServerReport("a", judge([]).outcome).outcome,
        (ServerReport("a", judge([]).outcome), ServerReport("b", judge([]).outcome)),
    )
    assert list(result_lines(report, joint=True))[-1] == "2 servers: 0 OK, 2 failed"
    assert not [line for line in result_lines(report) if line.startswith("2 servers")]


LOG = "Nov 24 10:00:00 mx postfix/smtp[1]: A: to=<{}>, relay=mx[192.0.2.1]:25, dsn={}, status={} ({})\n"
SENT = ("2.0.0", "sent", "250 ok")
BOUNCED = ("5.1.1", "bounced", "host mx[192.0.2.1] said: 550 5.1.1 User unknown (in reply to RCPT TO command)")


def test_lines_of_a_log_have_no_result_in_common() -> None:
    rows = [("kate@fabrikam.com", *BOUNCED)] * 3 + [("lee@fabrikam.com", *SENT)] * 2
    text = "".join(LOG.format(*row) for row in rows)
    assert read(text.encode()).events == ()
    assert list(count_lines(told(text)))[2:] == [
        "3 of 5 replies: rejected permanently: recipient.unknown",
        "2 of 5 replies: accepted",
    ]


def test_recipients_are_counted_where_each_has_one_reply() -> None:
    names = ("kate", "lee", "sam", "kim", "pat")
    text = "".join(LOG.format(f"{name}@fabrikam.com", *BOUNCED) for name in names)
    assert list(count_lines(told(text)))[2:] == ["5 of 5 recipients rejected permanently: recipient.unknown"]


def test_the_account_comes_line_by_line_and_says_first_that_it_is_cut() -> None:
    text = START + MAIL
    replies = iter(told(text))
    lines = reading_lines(read(text.encode()).replace(cut=5), replies, remarks=["cut: too long"])
    assert [next(lines) for _ in range(2)][1] == "cut: too long"
    assert next(lines).endswith("220 mx.fabrikam.com ready")
    assert next(replies).exchange.stage == "ehlo"


def test_what_came_in_place_of_a_reply_is_told_in_the_words_that_were_pasted() -> None:
    lines = tell(START + "C: MAIL FROM:<chris@contoso.com>\n")
    assert not any("closed" in line for line in lines)
    telnet = "Connected to mx.fabrikam.com.\n220 mx.fabrikam.com\nEHLO a.test\nConnection closed by foreign host.\n"
    assert "  Connection closed by foreign host." in tell(telnet)
    assert any("not understood: what is this?" in line for line in tell(START + "S: what is this?\n"))


def test_a_reply_of_several_lines_is_shown_whole() -> None:
    lines = single_lines(told("550-5.1.1 one\n550 5.1.1 two\n")[0])
    assert lines[:2] == ["550-5.1.1 one", "550 5.1.1 two"]


def test_a_single_reply_says_where_it_stood() -> None:
    line = (
        "2026-11-24 1a ** kate@fabrikam.com R=x T=y H=mx.fabrikam.com [192.0.2.1]: SMTP error from remote mail server "
    )
    lines = single_lines(told(line + "after RCPT TO:<kate@fabrikam.com>: 550 5.1.1 no\n")[0])
    assert lines[1] == "server mx.fabrikam.com, step rcpt, recipient kate@fabrikam.com"


def test_a_long_line_of_a_good_step_is_cut() -> None:
    lines = tell(START.replace("ready", "x" * 200), columns=60)
    assert all(len(line) <= 60 for line in lines)
    assert any(line.endswith("...") for line in lines)


def test_the_registry_has_its_say_where_something_else_decided() -> None:
    assert "  5.7.1: The message is refused by policy; the text says which." in single_lines(
        told("550 5.7.1 zzqq\n")[0]
    )
    assert not [line for line in single_lines(told("550 5.1.1 zzqq\n")[0]) if line.startswith("  5.1.1:")]


def test_the_answer_to_ehlo_is_told_keyword_by_keyword() -> None:
    lines = single_lines(told("250-mx\n250-CHUNKING\n250-XYZ\n250 STARTTLS\n")[0])
    assert [line.split()[0] for line in lines[-2:]] == ["CHUNKING:", "STARTTLS:"]
