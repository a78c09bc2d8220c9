"""``smtpscope test`` as a user has it: the views, several recipients, Ctrl-C at the worst moment."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from smtpscope.cli.exit import Exit
from smtpscope.cli.main import main
from smtpscope.lab.runner import lab_running
from smtpscope.model.event import SCHEMA, Event, Received
from smtpscope.render.text import TextView

FROM = ("--from", "chris@contoso.com", "--helo", "contoso.com", "--no-probes")
TWO = ("--to", "kate@fabrikam.com", "--to", "lee@fabrikam.com")


def run(scenario: str, *options: str) -> int:
    with lab_running(scenario) as lab:
        return main(["test", f"127.0.0.1:{lab.port}", *FROM, *options])


def test_each_recipient_has_its_own_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("some-unknown", *TWO, "-q") == Exit.PARTIAL
    shown = capsys.readouterr().out.splitlines()
    assert "  kate@fabrikam.com  250 2.1.5 Recipient OK" in shown
    assert "  lee@fabrikam.com  550 5.1.1 User unknown" in shown
    assert shown[-1] == "exit code 20"


def test_the_result_is_the_last_record(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("some-unknown", *TWO, "--json") == Exit.PARTIAL
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [record["event"] for record in records].count("result") == 1
    result = records[-1]
    assert (result["exit"], result["schema"], result["status"]) == (20, SCHEMA, "partial")
    assert [item["accepted"] for item in result["servers"][0]["recipients"]] == [True, False]


def test_the_log_grows_and_the_others_are_written_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log, junit, transcript = tmp_path / "a.log", tmp_path / "a.xml", tmp_path / "a.jsonl"
    files = ("--log", str(log), "--junit", str(junit), "--transcript", str(transcript))
    for _ in range(2):
        assert run("user-unknown", *TWO, *files) == Exit.RCPT_PERMANENT
    capsys.readouterr()
    assert log.read_text().count("-- result: RCPT TO rejected permanently") == 2
    assert transcript.read_text().count('"event": "transcript"') == 1
    (suite,) = ElementTree.parse(junit).getroot()
    failed = [case.get("classname") for case in suite if case.find("failure") is not None]
    assert failed == ["rcpt", "result"]  # the first recipient decided, and counts once
    assert suite.get("failures") == "2"


def test_ctrl_c_while_an_event_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second Ctrl-C is taken at once, even there: the end is told all the same."""
    show = TextView.lines

    def interrupt(view: TextView, event: Event) -> list[str]:
        if isinstance(event, Received) and event.command.startswith("MAIL"):
            raise KeyboardInterrupt
        return show(view, event)

    monkeypatch.setattr(TextView, "lines", interrupt)
    log = tmp_path / "session.log"
    assert run("ok", *TWO, "--log", str(log)) == Exit.INTERRUPTED
    assert "interrupted" in capsys.readouterr().out
    assert "-- result: interrupted" in log.read_text()


def test_ctrl_c_behind_the_end_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    show = TextView.lines

    def interrupt(view: TextView, event: Event) -> list[str]:
        if type(event).__name__ == "Done":
            raise KeyboardInterrupt
        return show(view, event)

    monkeypatch.setattr(TextView, "lines", interrupt)
    assert run("ok", *TWO) == Exit.OK
    assert "accepted for delivery" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "said", "unsaid"),
    [
        ((), "PIPELINING: advertised", "→ BDAT"),
        (("--chunking", "force"), " LAST", "→ DATA"),
        (("--pipelining", "forbid"), "PIPELINING not used: disabled by an option", "· to MAIL"),
        (("--size", "forbid"), "SIZE not used", " SIZE="),
        (("--notify", "never"), "NOTIFY=NEVER", "RET="),
        (("--notify", "success,delay", "--ret", "full", "--envid", "a b"), "RET=FULL ENVID=a+20b", "ORCPT"),
        (("--orcpt",), "ORCPT=rfc822;kate@fabrikam.com", "NOTIFY"),
        (("--notify", "never", "--dsn", "forbid"), "DSN not used", "NOTIFY="),
        (("--mail-parameter", "X-TRACE=1", "--as-is"), "X-TRACE=1", "NOTIFY="),
        (("--stop-after", "mail"), "stopping after mail, as requested", "→ RCPT"),
        (("--stop-after", "rcpt"), "OK up to RCPT TO", "→ DATA"),
        (("--stop-after", "data"), "OK up to DATA", "Subject:"),
        (("--stop-after", "connect"), "OK up to the connection", "← 220"),
    ],
)
def test_what_is_asked_for_is_said_and_done(
    options: tuple[str, ...], said: str, unsaid: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run("ok", *TWO, *options)
    shown = capsys.readouterr().out
    assert said in shown
    assert unsaid not in shown


def test_what_is_wrong_with_a_message_is_said_and_it_goes_out_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    message = tmp_path / "message.eml"
    octets = "主题：你好\r\nFrom: <chris@contoso.com>\r\n\r\n.dot\r\nbare\nline\r\n".encode()
    message.write_bytes(octets)
    with lab_running() as lab:
        assert main(["test", f"127.0.0.1:{lab.port}", *FROM, *TWO, "--data", str(message)]) == Exit.OK
        (taken,) = lab.messages
        content = taken.content
    shown = capsys.readouterr().out
    assert "'主题：' is not a header field name; write Subject:" in shown
    assert "bare LF" in shown
    assert content.endswith(octets)


def test_a_message_over_the_announced_size_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("small-size", *TWO, "--body", "x" * 3000) == Exit.MAIL_PERMANENT
    assert "exceeds the server limit of 1000 bytes (SIZE); it will be rejected" in capsys.readouterr().out
