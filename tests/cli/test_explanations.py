"""Explanations in every view of ``test``: under the reply, in the verdict, JSON, JUnit and the log."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from modules import loaded
from smtpscope.cli.exit import Exit
from smtpscope.cli.main import main
from smtpscope.lab.runner import lab_running
from smtpscope.reading.read import read

ENVELOPE = ["--from", "chris@contoso.com", "--to", "kate@fabrikam.com", "--helo", "contoso.com", "--no-probes"]


def run(capsys: pytest.CaptureFixture[str], scenario: str, *options: str, code: int = Exit.RCPT_PERMANENT) -> list[str]:
    """Hold the conversation with the lab; the lines that were written."""
    with lab_running(scenario=scenario) as lab:
        assert main(["test", f"127.0.0.1:{lab.port}", *ENVELOPE, *options]) == code
    return capsys.readouterr().out.splitlines()


def test_a_refused_step_is_explained_under_its_reply(capsys: pytest.CaptureFixture[str]) -> None:
    lines = run(capsys, "user-unknown")
    place = next(number for number, line in enumerate(lines) if "550 5.1.1" in line)
    assert lines[place + 1].startswith(" " * 12 + "recipient.unknown: ")
    assert any(line.strip().startswith("Next (you): ") for line in lines[place + 1 : place + 8])
    assert any(line.strip().startswith("Retry: ") for line in lines[place + 1 : place + 8])
    assert "(recipient.unknown)" in lines[-2]


def test_the_same_explanation_is_given_once(capsys: pytest.CaptureFixture[str]) -> None:
    lines = run(capsys, "user-unknown", "--to", "lee@fabrikam.com", "--to", "sam@fabrikam.com")
    explained = [line.strip() for line in lines if line.strip().startswith("recipient.unknown: ")]
    assert len(explained) == 3
    assert explained[1:] == ["recipient.unknown: see above"] * 2


def test_quiet_shows_the_verdict_with_its_cause_only(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line for line in run(capsys, "user-unknown", "-q") if line]
    assert len(lines) == 2
    assert "(recipient.unknown)" in lines[0]


OWN = """
[rule."ours.leaver"]
cause = "recipient.disabled"
any = ["user unknown"]
codes = ["5"]
meaning = { en = "Kate has left.", zh = "Kate 已离职。" }
example = "550 5.1.1 User unknown"
counterexample = "550 5.1.1 no"
"""


def test_own_entries_come_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ours.toml").write_text(OWN, encoding="utf-8")
    lines = run(capsys, "user-unknown", "--entries", str(tmp_path))
    assert "(recipient.disabled)" in lines[-2]
    assert any("Kate has left." in line for line in lines)


def test_own_entries_that_cannot_be_used_are_told_of_before_anything_is_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ours.toml").write_text("[rule.x]\n", encoding="utf-8")
    assert run(capsys, "user-unknown", "--entries", str(tmp_path), code=Exit.LOCAL) == []


def test_verbose_names_the_rule_and_explains_what_is_announced(capsys: pytest.CaptureFixture[str]) -> None:
    text = "\n".join(run(capsys, "user-unknown", "-v"))
    assert "Rule: " in text
    assert "PIPELINING: " in text
    assert "(RFC 2920)" in text


def test_nothing_is_explained_where_nothing_was_refused(capsys: pytest.CaptureFixture[str]) -> None:
    lines = run(capsys, "ok", code=Exit.OK)
    assert not [line for line in lines if line.startswith(" " * 12)]


def test_json_has_an_explanation_behind_its_event_and_the_cause_in_the_result(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = [json.loads(line) for line in run(capsys, "user-unknown", "--json")]
    place = next(number for number, record in enumerate(found) if record["event"] == "explanation")
    assert (found[place - 1]["event"], found[place]["at"]) == ("received", found[place - 1]["at"])
    assert (found[place]["phase"], found[place]["cause"]) == ("rcpt", "recipient.unknown")
    assert found[place]["recipient"] == "kate@fabrikam.com"
    server = found[-1]["servers"][0]
    assert [server[key] for key in ("cause", "actor", "retry")] == ["recipient.unknown", "you", "never"]
    assert server["rule"]
    assert server["evidence"]


def test_the_result_of_a_good_conversation_has_no_cause(capsys: pytest.CaptureFixture[str]) -> None:
    server = json.loads(run(capsys, "ok", "--json", code=Exit.OK)[-1])["servers"][0]
    assert server["cause"] is None


def test_a_junit_failure_says_cause_and_next_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "junit.xml"
    run(capsys, "user-unknown", "--junit", str(report))
    [failure] = ElementTree.parse(report).getroot().iter("failure")
    assert "550 5.1.1 User unknown" in failure.get("message", "")
    assert failure.get("message", "").endswith("(recipient.unknown)")
    assert (failure.text or "").startswith("recipient.unknown: ")
    assert " you: " in (failure.text or "")


def test_the_log_has_one_line_for_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "session.log"
    run(capsys, "user-unknown", "--log", str(log))
    lines = [line for line in log.read_text().splitlines() if "recipient.unknown" in line]
    assert [line.split()[1:3] for line in lines[:1]] == [["rcpt", "!"]]
    assert len(lines) == 2  # and the verdict


def test_what_is_written_is_read_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each of our own forms, explanations and all, gives the same replies to ``explain``."""
    log, transcript = tmp_path / "session.log", tmp_path / "session.jsonl"
    shown = "\n".join(run(capsys, "user-unknown", "--log", str(log), "--transcript", str(transcript)))
    forms = [shown.encode(), log.read_bytes(), transcript.read_bytes()]
    forms.append("\n".join(run(capsys, "user-unknown", "--json")).encode())
    for data in forms:
        found = [(exchange.stage, exchange.reply.code) for exchange in read(data).found]
        assert found == [("banner", 220), ("ehlo", 250), ("mail", 250), ("rcpt", 550), ("quit", 221)]


def test_the_command_of_a_next_step_is_no_line_of_the_session(capsys: pytest.CaptureFixture[str]) -> None:
    shown = run(capsys, "authentication-required", "--tls", "never", code=Exit.MAIL_PERMANENT)
    assert any("→ smtpscope test 127.0.0.1:" in line and "--from chris@contoso.com" in line for line in shown)
    exchange = read("\n".join(shown).encode()).found
    assert [(one.stage, one.reply.code) for one in exchange] == [
        ("banner", 220),
        ("ehlo", 250),
        ("mail", 530),
        ("rcpt", 503),
        ("quit", 221),
    ]


def test_a_transcript_holds_events_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    transcript = tmp_path / "session.jsonl"
    run(capsys, "user-unknown", "--transcript", str(transcript))
    assert "explanation" not in transcript.read_text()


def test_nothing_of_the_catalogue_is_loaded_for_a_good_conversation() -> None:
    with lab_running() as lab:
        modules = loaded("test", f"127.0.0.1:{lab.port}", *ENVELOPE, "-q")
    assert not [name for name in modules if name.startswith(("smtpscope.knowledge.", "smtpscope.reading."))]
    assert not {"json", "smtpscope.render.explanation", "smtpscope.diagnosis.context"} & modules
