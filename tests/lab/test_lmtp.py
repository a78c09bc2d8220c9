"""LMTP at the lab (RFC 2033): LHLO only, and an answer for each recipient behind the message."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from smtpscope.cli.main import main
from smtpscope.lab.options import Limits, Service
from smtpscope.lab.runner import lab_running
from smtpscope.lab.scenario.model import Action, Rule, Scenario, When
from smtpscope.lab.store.attempts import Attempt, attempts

LMTP = Service("lmtp")
TWO = (
    "LHLO contoso.com",
    "MAIL FROM:<chris@contoso.com>",
    "RCPT TO:<kate@fabrikam.com>",
    "RCPT TO:<info@fabrikam.com>",
)
QUEUED = " 2.6.0 <id2@mail1.fabrikam.com> Queued mail for delivery\r\n"


@pytest.fixture
def lmtp(talk: Callable[..., Any]) -> Callable[..., Any]:
    """``lmtp("greylist")``: an LMTP client at a lab that plays this, as far as ``said`` has brought it."""

    def make(scenario: str | Scenario = "ok", said: tuple[str, ...] = (), limits: Limits = Limits()) -> Any:  # noqa: B008
        client = talk(scenario, limits=limits, service=LMTP)
        for line in said:
            assert client.say(line).startswith("250"), line
        return client

    return make


def refusing(pattern: str, **action: Any) -> Scenario:
    return Scenario("own", rules=(Rule(When(("end-of-data",), recipient=pattern), Action(**action)),))


def tried(client: Any) -> tuple[Attempt, ...]:
    client.recorder.ended("us")
    return attempts(client.events)


def test_lhlo_only(lmtp: Any) -> None:
    client = lmtp()
    assert client.connect().startswith("220 mail1.fabrikam.com Microsoft LMTP MAIL Service ready at ")
    assert client.say("EHLO contoso.com") == "500 5.5.1 This is LMTP: say LHLO\r\n"
    assert client.codes("HELO contoso.com", "MAIL FROM:<a@b.test>") == ["500 5.5.1", "503 5.5.2"]
    announced = client.say("LHLO contoso.com")
    assert announced.startswith("250-mail1.fabrikam.com Hello [192.0.2.1]\r\n")
    for needed in ("PIPELINING", "ENHANCEDSTATUSCODES"):  # RFC 2033 section 5
        assert needed in announced


def test_smtp_knows_no_lhlo(talk: Any) -> None:
    assert talk().say("LHLO contoso.com") == "500 5.3.3 Unrecognized command\r\n"


def test_an_answer_for_each_recipient(lmtp: Any) -> None:
    client = lmtp(said=TWO)
    client.say("DATA")
    assert client.say("Subject: x", "", "text", ".") == ("250" + QUEUED) * 2
    [(mail, octets)] = client.mails
    assert [recipient.address for recipient in mail.recipients] == ["kate@fabrikam.com", "info@fabrikam.com"]
    assert octets == b"Subject: x\r\n\r\ntext\r\n"
    assert client.codes("QUIT") == ["221 2.0.0"]


def test_the_same_recipient_twice_is_answered_twice(lmtp: Any) -> None:
    client = lmtp(said=(*TWO, TWO[-1]))
    client.say("DATA")
    assert client.say(".").count("250") == 3  # RFC 2033 section 4.2


def test_bdat_last_too(lmtp: Any) -> None:
    client = lmtp(said=TWO)
    assert client.send(b"BDAT 3\r\nabc") == "250 2.6.0 CHUNK received OK, 3 octets\r\n"
    assert client.send(b"BDAT 2 LAST\r\n\r\nQUIT\r\n").splitlines()[:2] == [("250" + QUEUED).strip()] * 2
    assert client.mails[0][1] == b"abc\r\n"
    assert [attempt.outcome for attempt in tried(client)] == ["taken", "taken"]


def test_without_recipients_there_is_no_data(lmtp: Any) -> None:
    client = lmtp(said=TWO[:2])
    assert client.codes("RCPT TO:<550-5.1.1@fabrikam.com>", "DATA") == ["550 5.1.1", "503 5.5.2"]


def test_a_rule_is_held_against_each_recipient(lmtp: Any) -> None:
    client = lmtp(refusing("^kate@", code=452, lines=("4.2.2 {argument} has no room",)), TWO)
    client.say("DATA")
    assert client.say("x", ".") == "452 4.2.2 kate@fabrikam.com has no room\r\n250" + QUEUED
    [(mail, _octets)] = client.mails
    assert [recipient.address for recipient in mail.recipients] == ["info@fabrikam.com"]
    kate, info = tried(client)
    assert (kate.recipients, kate.outcome) == (("kate@fabrikam.com",), "refused")
    assert kate.reply == "452 4.2.2 kate@fabrikam.com has no room"
    assert (info.recipients, info.outcome, info.sender) == (("info@fabrikam.com",), "taken", "chris@contoso.com")


def test_an_address_asks_for_itself_alone(lmtp: Any) -> None:
    client = lmtp(said=(*TWO, "RCPT TO:<552-5.2.2-end@fabrikam.com>", "RCPT TO:<failed@fabrikam.com>"))
    client.say("DATA")
    codes = [line[:9] for line in client.say("x", ".").splitlines()]
    assert codes == ["250 2.6.0", "250 2.6.0", "552 5.2.2", "250 2.6.0"]
    [stored] = [output for output in client.outputs if output.mail]
    assert [outcome.action for outcome in stored.outcomes] == ["delivered", "delivered", "failed"]


def test_a_sender_asks_for_all(lmtp: Any) -> None:
    client = lmtp(said=("LHLO contoso.com", "MAIL FROM:<550-5.7.1-end@contoso.com>", *TWO[2:]))
    client.say("DATA")
    assert [line[:9] for line in client.say("x", ".").splitlines()] == ["550 5.7.1"] * 2
    assert client.mails == []


def test_all_refused_leaves_nothing(lmtp: Any) -> None:
    client = lmtp(said=TWO, limits=Limits(size=4))
    client.say("DATA")
    content = client.session.transaction.content
    assert content is None
    answers = client.say("far too large", ".")
    assert [line[:9] for line in answers.splitlines()] == ["552 5.3.4"] * 2
    assert client.mails == []
    assert client.codes("MAIL FROM:<>") == ["250 2.1.0"]


@pytest.mark.parametrize("end", ["drop", "reset", "half-close"])
def test_nobody_is_answered_behind_the_end(lmtp: Any, end: str) -> None:
    client = lmtp(refusing("^info@", end=end), (*TWO, "RCPT TO:<pat@fabrikam.com>"))
    client.say("DATA")
    assert client.say("x", ".") == "250" + QUEUED
    assert client.outputs[-1].end == end
    # Whom we have not answered for is not taken: the client will try again.
    assert [recipient.address for recipient in client.mails[0][0].recipients] == ["kate@fabrikam.com"]


def test_a_full_disk_answers_452_for_each(tmp_path: Path) -> None:
    with lab_running(maildir=str(tmp_path), limits=Limits(messages=1), service=LMTP) as lab:
        command = ["test", f"127.0.0.1:{lab.port}", "--protocol=lmtp", "--from=chris@contoso.com", "--json"]
        recipients = ["--to=452-4.2.1-end@fabrikam.com", "--to=kate@fabrikam.com", "--to=info@fabrikam.com"]
        assert main([*command, "--to=kate@fabrikam.com"]) == 0
        assert main([*command, *recipients]) == 48
        assert lab.taken == 1
    sessions = (path.read_text() for path in tmp_path.glob("sessions/*.jsonl"))
    [text] = [text for text in sessions if "452-4.2.1" in text]
    replies = [event for event in map(json.loads, text.splitlines()) if event.get("last")]
    assert [(event["recipient"], event["reply"]["code"]) for event in replies] == [
        ("452-4.2.1-end@fabrikam.com", 452),
        ("kate@fabrikam.com", 452),
        ("info@fabrikam.com", 452),
    ]


def test_the_client_shows_a_partial_delivery(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    command = ["test", "--lab=ok", "--protocol=lmtp", f"--lab-maildir={tmp_path}", "--lang=en"]
    code = main([*command, "--to=kate@fabrikam.com", "--to=552-5.2.2-end@fabrikam.com", "--to=info@fabrikam.com"])
    said = capsys.readouterr().out
    assert "LHLO contoso.com" in said
    assert "552-5.2.2-end@fabrikam.com" in said
    assert code == 20
    [envelope] = [json.loads(path.read_text()) for path in (tmp_path / "envelopes").iterdir()]
    assert [item["address"] for item in envelope["recipients"]] == ["kate@fabrikam.com", "info@fabrikam.com"]
