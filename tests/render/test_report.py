"""The verdict in words and as JSON."""

from __future__ import annotations

import pytest
from smtpscope.diagnosis.verdict import RecipientResult, Status, Verdict

from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import parse_reply
from smtpscope.render.palette import PLAIN
from smtpscope.render.report import report_lines, result, sentence

QUEUED = parse_reply(b"250 2.6.0 Queued\r\n")
UNKNOWN = parse_reply(b"550 5.1.1 User \x1b[2J unknown\r\n")
HELLO = parse_reply(b"250-mail1.fabrikam.com Hello\r\n250 CHUNKING\r\n")
TWO = (RecipientResult("kate@fabrikam.com", QUEUED), RecipientResult("lee\x07@fabrikam.com", UNKNOWN))


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (
            Verdict("mx", Status.OK, Phase.END_OF_DATA, QUEUED, queued=True),
            "accepted: the server took charge of the message: 250 2.6.0 Queued",
        ),
        (Verdict("mx", Status.OK, Phase.EHLO, HELLO), "ok up to EHLO, as asked: 250 mail1.fabrikam.com Hello"),
        (Verdict("mx", Status.OK, Phase.CONNECT), "ok up to the connection, as asked"),
        (
            Verdict("mx", Status.PARTIAL, Phase.RCPT, UNKNOWN, TWO, queued=True),
            r"1 of 2 recipients refused: 550 5.1.1 User \x1b[2J unknown; the message was accepted for the others",
        ),
        (Verdict("mx", Status.PERMANENT, Phase.RCPT, UNKNOWN), "RCPT TO refused for good: 550 5.1.1 User"),
        (Verdict("mx", Status.TEMPORARY, Phase.DATA, parse_reply(b"451 later")), "DATA refused for now: 451 later"),
        (Verdict("mx", Status.TIMEOUT, Phase.MAIL), "no answer to MAIL FROM within our time limit"),
        (Verdict("mx", Status.DROPPED, Phase.END_OF_DATA), "the connection was lost at the message"),
        (Verdict("mx", Status.PROTOCOL, Phase.BANNER, parse_reply(b"SSH-2.0")), "what SMTP allows there: SSH-2.0"),
        (Verdict("mx", Status.DNS, Phase.RESOLVE), "no mail server was found for this name"),
    ],
)
def test_one_sentence(verdict: Verdict, words: str) -> None:
    assert words in sentence(verdict)
    assert sentence(verdict).isprintable()


@pytest.mark.parametrize("status", Status)
def test_every_status_has_words_and_a_record(status: Status) -> None:
    for phase in Phase:
        verdict = Verdict("mx", status, phase)
        assert sentence(verdict).isprintable()
        assert result([verdict], 7)["exit"] == 7


def test_a_line_for_each_recipient_where_there_are_several() -> None:
    lines = report_lines([Verdict("mx", Status.PARTIAL, Phase.RCPT, UNKNOWN, TWO)], 20, PLAIN)
    assert "  kate@fabrikam.com  250 2.6.0 Queued" in lines
    assert any(line.startswith(r"  lee\x07@fabrikam.com  550 5.1.1") for line in lines)
    assert lines[-1] == "exit code 20"


def test_the_record_of_a_server() -> None:
    record = result([Verdict("mx", Status.PARTIAL, Phase.RCPT, UNKNOWN, TWO, queued=True)], 20)
    (server,) = record["servers"]  # type: ignore[misc]
    assert (server["host"], server["status"], server["phase"], server["queued"]) == ("mx", "partial", "rcpt", True)
    assert server["reply"]["enhanced"] == "5.1.1"
    assert [item["accepted"] for item in server["recipients"]] == [True, False]
