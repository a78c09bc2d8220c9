"""The report in words and as JSON."""

from __future__ import annotations

import pytest

from sessions import BEGIN, BYE, CLOSED, GOOD, KATE, KIM, MESSAGE, SENDER, TRANSACTION, WAY, claims, rcpt, session
from smtpscope.diagnosis.outcome import judge
from smtpscope.model.claim import Claim, Goal
from smtpscope.model.event import Event, GaveUp, Interrupted, Notified, Stopped, TimedOut
from smtpscope.model.report import Outcome, RecipientResult, Report, ServerReport, Status
from smtpscope.model.vocabulary import DsnAction, Reason
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import Reply, parse_reply
from smtpscope.render.palette import PLAIN
from smtpscope.render.report import conclusion, report_lines, sentence, summary
from smtpscope.render.result import report_record

QUEUED = parse_reply(b"250 2.6.0 Queued\r\n")
UNKNOWN = parse_reply(b"550 5.1.1 User \x1b[2J unknown\r\n")
HELLO = parse_reply(b"250-mail1.fabrikam.com Hello\r\n250 CHUNKING\r\n")
TWO = (RecipientResult(KATE, QUEUED, True), RecipientResult("lee\x07@fabrikam.com", UNKNOWN, False))
NOT_DELIVERED = Notified(1.0, KATE, DsnAction.FAILED, "failed", "5.1.1", "550 5.1.1 no", "mx", "", 1.0)


def report(
    status: Status, phase: Phase = Phase.CONNECT, reply: Reply | None = None, why: str = "", **fields: object
) -> ServerReport:
    return ServerReport("mx", Outcome(status, None, phase, reply, why=why)).replace(**fields)


@pytest.mark.parametrize(
    ("server", "words"),
    [
        (report(Status.OK, Phase.END_OF_DATA, QUEUED, accepted=QUEUED), "accepted for delivery: 250 2.6.0 Queued"),
        (report(Status.OK, Phase.EHLO, HELLO), "OK up to EHLO; stopped there as requested: 250 mail1.fabrikam.com"),
        (report(Status.OK, Phase.CONNECT), "OK up to the connection; stopped there as requested"),
        (
            report(Status.PARTIAL, Phase.RCPT, UNKNOWN, accepted=QUEUED, recipients=TWO),
            r"1 of 2 recipients rejected; the message was accepted for the others: 550 5.1.1 User \x1b[2J unknown",
        ),
        (report(Status.PERMANENT, Phase.RCPT, UNKNOWN), "RCPT TO rejected permanently: 550 5.1.1 User"),
        (report(Status.TEMPORARY, Phase.DATA, parse_reply(b"451 later")), "DATA rejected temporarily: 451 later"),
        (report(Status.TIMEOUT, Phase.MAIL), "MAIL FROM timed out"),
        (report(Status.LOST, Phase.END_OF_DATA), "connection lost at the message"),
        (report(Status.PROTOCOL, Phase.BANNER, parse_reply(b"SSH-2.0")), "unexpected reply at the banner"),
        (report(Status.DNS, Phase.RESOLVE), "no mail server found"),
        (report(Status.DNS, Phase.RESOLVE, why="null-mx"), "null MX"),
        (report(Status.GAVE_UP, Phase.AUTH, why="auth-in-clear"), "password not sent"),
        (report(Status.NOT_OFFERED, Phase.STARTTLS, why="tls-not-announced"), "STARTTLS is required but not adver"),
        (report(Status.PERMANENT, Phase.PROXY, UNKNOWN, "proxy-refused"), "does not accept a PROXY header"),
        (report(Status.PROTOCOL, Phase.QUIT, QUEUED, "surplus-replies"), "more replies than commands"),
        (report(Status.INTERRUPTED, Phase.QUIT, accepted=QUEUED), "the message was accepted: 250 2.6.0 Queued"),
        (report(Status.DSN_FAILED, notified=(NOT_DELIVERED,)), "not delivered: kate@fabrikam.com: 550 5.1.1 no"),
    ],
)
def test_one_sentence(server: ServerReport, words: str) -> None:
    assert words in sentence(server)
    assert sentence(server).isprintable()


def judged(*acts: str | Event) -> ServerReport:
    return judge(session(*acts)).servers[0]


IN_DOUBT = "whether the message was accepted is not known"


def test_behind_the_whole_message_it_is_not_known_whether_it_was_accepted() -> None:
    """RFC 1047: the server may have accepted it and lost the connection before it said so."""
    begun = (*BEGIN, *SENDER, *rcpt(KATE), "C: DATA", "S: 354 go")
    silent = TimedOut(9.0, Phase.END_OF_DATA, 5.0, b"")
    assert IN_DOUBT in sentence(judged(*begun, "D: hello", silent))
    assert IN_DOUBT in sentence(judged(*begun, "D: hello", Interrupted(9.0, Phase.END_OF_DATA)))
    assert IN_DOUBT not in sentence(judged(*begun, "d: hello", silent))
    assert IN_DOUBT not in sentence(judged(*begun, "d: hello", Interrupted(9.0, Phase.END_OF_DATA)))


@pytest.mark.parametrize("status", Status)
def test_every_status_has_words_and_a_record(status: Status) -> None:
    for phase in Phase:
        server = report(status, phase)
        assert sentence(server).isprintable()
        assert "{" not in sentence(server)
        assert report_record(Report(server.outcome, (server,)), 7)["exit"] == 7


@pytest.mark.parametrize("why", Reason)
def test_every_decision_of_ours_has_words(why: Reason) -> None:
    """What decided is said, and not a sentence that fits anything."""
    end = GaveUp(5.0, Phase.AUTH, why)
    told = sentence(judge(session(*BEGIN, end, claim=claims(*WAY, Goal.LOGGED_IN))).servers[0])
    others = [sentence(report(status, Phase.AUTH)) for status in Status]
    assert told not in others or why is Reason.SERVER_CLOSES  # that one is told by the 421


def test_a_line_for_each_recipient_where_there_are_several() -> None:
    server = report(Status.PARTIAL, Phase.RCPT, UNKNOWN, recipients=TWO)
    lines = report_lines(Report(server.outcome, (server,)), 20, PLAIN)
    assert f"  {KATE}  250 2.6.0 Queued" in lines
    assert any(line.startswith(r"  lee\x07@fabrikam.com  550 5.1.1") for line in lines)
    assert lines[-1] == "exit code 20"


def test_a_recipient_without_a_reply_is_not_known() -> None:
    server = report(Status.LOST, recipients=(RecipientResult(KATE, None, False), *TWO))
    [line] = [line for line in report_lines(Report(server.outcome, (server,)), 14, PLAIN) if line[2:].startswith(KATE)][
        :1
    ]
    assert "not known" in line


def test_the_record_of_a_server() -> None:
    acts = (*BEGIN, *SENDER, *rcpt(KATE), *rcpt(KIM, "550 5.1.1 no"), *MESSAGE, *BYE, CLOSED)
    events = session(*acts, claim=claims(*TRANSACTION, to=(KATE, KIM)))
    record = report_record(judge(events), 20)
    (server,) = record["servers"]  # type: ignore[misc]
    assert (record["exit"], record["status"]) == (20, "partial")
    assert (server["host"], server["status"], server["phase"], server["queued"]) == (
        "mx.fabrikam.com",
        "partial",
        "rcpt",
        True,
    )
    assert server["reply"]["enhanced"] == "5.1.1"
    assert server["accepted"]["code"] == 250
    assert [(item["recipient"], item["accepted"]) for item in server["recipients"]] == [(KATE, True), (KIM, False)]
    open_ = [(item["claim"], item["subject"]) for item in server["claims"] if not item["proven"]]
    assert open_ == [("recipient-accepted", KIM)]
    proven = [item["event"] for item in server["claims"] if item["proven"]]
    assert all(isinstance(place, int) and 0 <= place < len(events) for place in proven)


def test_exim_counts_the_bytes_of_a_chunk_first() -> None:
    """To BDAT ... LAST, what became of the message stands in the second line."""
    said = "250- 85 byte chunk, total 385\n250 OK id=1vNabc-000000001-2xyz"
    acts = (*BEGIN, *SENDER, *rcpt(KATE), "C: BDAT 5 LAST", "B: hello", f"S: {said}", *BYE, CLOSED)
    assert "OK id=1vNabc-000000001-2xyz" in sentence(judged(*acts))


def test_a_conclusion_names_the_cause_where_one_is_known() -> None:
    server = report(Status.PERMANENT, Phase.RCPT, UNKNOWN)
    assert conclusion(server) == sentence(server)


def test_several_servers_have_a_line_of_their_own() -> None:
    good = session(*GOOD, CLOSED, host="mx1.fabrikam.com")
    bad = session("S: 554 no", *BYE, CLOSED, host="mx2.fabrikam.com")
    whole = judge([*good, *bad])
    assert whole.status is Status.OTHER_SERVER
    assert "2 servers: 1 OK, 1 failed" in summary(whole)
    assert "mx1.fabrikam.com" in summary(whole)
    assert summary(whole) in report_lines(whole, 22, PLAIN)


def test_an_end_that_was_asked_for_is_named() -> None:
    """What was reached last, and not the first claim."""
    claim = (Claim(Goal.CONNECTED), Claim(Goal.GREETED), Claim(Goal.HELLO))
    events = session(*BEGIN, Stopped(3.0, Phase.EHLO), *BYE, CLOSED, claim=claim)
    assert "up to EHLO" in sentence(judge(events).servers[0])
