"""``test --await-dsn``: the notifications about this very message."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from smtpscope.cli.exit import Exit
from smtpscope.cli.main import main
from smtpscope.lab.runner import lab_running
from smtpscope.lab.server import Lab
from smtpscope.reading.notification import Awaited, read_notification

# The server under test in clear, that of the notifications encrypted.
IN_CLEAR = ("--tls", "never", "--tls-ca", "ca.pem")


@pytest.mark.parametrize(
    ("scenario", "words", "code"),
    [
        ("ok", "kate@fabrikam.com: delivered to the mailbox (DSN from mail1.fabrikam.com", Exit.OK),
        ("bounce", "kate@fabrikam.com: bounced (DSN from mail1.fabrikam.com", Exit.DSN_FAILED),
        ("relayed", "the next server does not support DSN", Exit.OK),
        ("expanded", "the message went to a list", Exit.OK),
        ("delayed", "kate@fabrikam.com: delayed", Exit.DSN_DELAYED),
        ("lost", "no DSN within 1 s", Exit.DSN_NONE),
    ],
)
def test_what_came_of_it(scenario: str, words: str, code: Exit, capsys: pytest.CaptureFixture[str]) -> None:
    notify = ["--notify", "success,failure,delay"]
    assert main(["test", "--lab", scenario, *notify, "--await-dsn", "1"]) == code
    assert words in capsys.readouterr().out


def test_what_came_of_it_belongs_to_the_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "--lab", "bounce", "--notify", "failure", "--await-dsn", "5", "-q"]) == Exit.DSN_FAILED
    shown = capsys.readouterr().out
    assert "kate@fabrikam.com: bounced" in shown
    assert "waiting" not in shown


def test_silence_is_good_news_where_failures_alone_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "--lab", "ok", "--notify", "failure", "--await-dsn", "0.5"]) == Exit.OK
    assert "no DSN within" in capsys.readouterr().out


def test_each_recipient_is_told_of_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    named = [word for name in ("kate", "failed", "550-5.1.1") for word in ("--to", f"{name}@fabrikam.com")]
    main(["test", "--lab", "ok", *named, "--notify", "success,failure", "--await-dsn", "5", "--json"])
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    told = {event["recipient"]: event["action"] for event in events if event["event"] == "notified"}
    assert told == {"kate@fabrikam.com": "delivered", "failed@fabrikam.com": "failed"}
    assert [event["event"] for event in events[-2:]] == ["done", "result"]
    (server,) = events[-1]["servers"]
    open_ = {(claim["claim"], claim["subject"]) for claim in server["claims"] if not claim["proven"]}
    assert open_ == {
        ("recipient-accepted", "550-5.1.1@fabrikam.com"),
        ("delivery-reported", "550-5.1.1@fabrikam.com"),
        ("delivery-reported", "failed@fabrikam.com"),
    }
    assert server["status"] == "dsn-failed"


def test_a_recipient_of_whom_nothing_shall_be_told_is_not_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    named = ["--to", "kate@fabrikam.com", "--to", "info@fabrikam.com NOTIFY=never", "--notify", "success"]
    assert main(["test", "--lab", "ok", *named, "--await-dsn", "20"]) == Exit.OK
    shown = capsys.readouterr().out
    assert "kate@fabrikam.com: delivered" in shown
    assert "info@fabrikam.com: " not in shown


def test_a_refused_message_is_not_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "--lab", "user-unknown", "--notify", "success", "--await-dsn", "60"]) == Exit.RCPT_PERMANENT
    assert "waiting" not in capsys.readouterr().out


OWN = b"From: chris@contoso.com\r\nTo: kate@fabrikam.com\r\nSubject: x\r\n"


@pytest.mark.parametrize(
    ("header", "by"),
    [
        (None, "message-id"),
        (b"Message-ID:\r\n <1@contoso.com>\r\n", "message-id"),
        (b"message-id: 1@contoso.com\r\n", "message-id"),
        (b"", "recipient"),
    ],
)
def test_a_server_that_gives_no_envelope_id_back(
    header: bytes | None, by: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the DSN extension no server has our id: what comes back is our Message-ID, or nothing of ours."""
    message = tmp_path / "own.eml"
    message.write_bytes(OWN + (header or b"") + b"\r\ntext\r\n")
    data = [] if header is None else ["--data", str(message)]
    asked = ["--notify", "failure", "--await-dsn", "20", "--dsn", "forbid", "--json"]
    assert main(["test", "--lab", "bounce", *asked, *data]) == Exit.DSN_FAILED
    assert noted_by(capsys.readouterr().out) == [by]


@pytest.mark.parametrize(
    "options",
    [
        ["--header", "Message-ID: <own@contoso.com>"],
        ["--header", "Message-ID: own@contoso.com", "--helo", "contoso.com"],
        ["--header", "X-Note: x", "--from", "chris@bücher.test"],
    ],
)
def test_the_message_id_that_the_composed_message_really_has(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--notify", "failure", "--await-dsn", "20", "--dsn", "forbid", "--json"]
    assert main(["test", "--lab", "bounce", *asked, *options]) == Exit.DSN_FAILED
    assert noted_by(capsys.readouterr().out) == ["message-id"]


def noted_by(output: str) -> list[str]:
    events = [json.loads(line) for line in output.splitlines()]
    return [event["by"] for event in events if event["event"] == "notified" and event["action"] == "failed"]


def test_a_bounce_of_another_message_is_not_ours(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two tests at the same time that share a mailbox: each is told of its own message only."""
    for number in (1, 2):
        (tmp_path / f"{number}.eml").write_bytes(OWN + b"Message-ID: <%d@contoso.com>\r\n\r\ntext\r\n" % number)
    with lab_running("bounce", maildir=str(tmp_path / "box")) as lab:
        first = [*ask(lab, f"maildir:{tmp_path}/box"), "--dsn", "forbid"]
        assert main([*first, "--data", f"{tmp_path}/1.eml"]) == Exit.DSN_FAILED
        notice = next(notice.content for notice in lab.notices)
    awaited = Awaited("", "2@contoso.com", ("kate@fabrikam.com",))
    assert read_notification(notice, awaited) == ()
    assert len(read_notification(notice, awaited.replace(message_id="1@contoso.com"))) == 1
    capsys.readouterr()


def ask(lab: Lab, place: str) -> list[str]:
    to = ["--from", "chris@contoso.com", "--to", "kate@fabrikam.com", "--helo", "contoso.com"]
    return ["test", f"127.0.0.1:{lab.port}", *to, "--notify", "failure", "--await-dsn", "20", "--dsn-at", place]


def test_in_a_maildir(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with lab_running("bounce", maildir=str(tmp_path)) as lab:
        assert main(ask(lab, f"maildir:{tmp_path}")) == Exit.DSN_FAILED
    capsys.readouterr()


def test_at_a_server_of_our_own(capsys: pytest.CaptureFixture[str]) -> None:
    """The lab hands its notification to the listener, as a real server would by the sender's MX."""
    from smtpscope.services.relay import hand_over

    with lab_running() as free:
        port = free.port

    async def give(recipient: str, message: bytes) -> str:
        return await hand_over("127.0.0.1", port, "mail1.fabrikam.com", recipient, message)

    with lab_running("bounce", smart_host=give) as lab:
        assert main(ask(lab, f"listen:127.0.0.1:{port}")) == Exit.DSN_FAILED
    capsys.readouterr()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--await-dsn", "5"], "--notify"),
        (["--await-dsn", "x", "--notify", "success"], "no time limit"),
        (["--await-dsn", "5", "--notify", "success"], "lab goes with --lab"),
        (["--await-dsn", "5", "--notify", "success", "--from", "<>"], "null sender"),
        (["--await-dsn", "5", "--notify", "success", "--dsn-at", "moon"], "is none of lab"),
        (["--await-dsn", "5", "--notify", "success", "--dsn-at", "listen:2526"], "listen:ADDRESS:PORT"),
        (["--await-dsn", "5", "--notify", "success", "--dsn-at", "imap://host"], "imap://USER@HOST"),
        (["--await-dsn", "5", "--notify", "success", "--dsn-at", "imap://u:p@host"], "does not belong there"),
        (["--await-dsn", "5", "--notify", "success", "--dsn-at", "imap://u@host:x"], "--dsn-at"),
        (["--await-dsn", "5", "--notify", "success", "--dsn-at", "maildir:/nowhere"], "is not a Maildir"),
        (
            ["--await-dsn", "5", "--notify", "success", "--dsn-at", "imap://u@h", "--dsn-password-env", "NOT_SET"],
            "there is no 'NOT_SET'",
        ),
        (
            [
                "--await-dsn",
                "5",
                "--notify",
                "success",
                "--dsn-at",
                "imap://u@h",
                "--dsn-password-env",
                "NOT_SET",
                *IN_CLEAR,
            ],
            "there is no 'NOT_SET'",
        ),
    ],
)
def test_mistakes_are_found_before_anything_is_sent(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with lab_running() as lab:
        to = ["--to", "kate@fabrikam.com", "--timeout", "5"]
        code = Exit.LOCAL if "is not a Maildir" in words else Exit.USAGE
        assert main(["test", f"127.0.0.1:{lab.port}", *to, *arguments]) == code
        assert not lab.sessions
    assert words in capsys.readouterr().err
