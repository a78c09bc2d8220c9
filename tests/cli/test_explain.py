"""``smtpscope explain``: what it makes of an argument, a file, standard input and a batch."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from modules import loaded
from smtpscope.cli.exit import Exit
from smtpscope.cli.main import main

KEYS = [
    *("code", "enhanced", "stage", "text", "cause", "family", "actor", "retry", "rule", "evidence"),
    *("meaning", "causes", "steps", "references", "alternatives"),
]

CAPTURE = """\
220 mail1.fabrikam.com Microsoft ESMTP MAIL Service ready
EHLO contoso.com
250-mail1.fabrikam.com Hello [192.0.2.4]
250 SIZE 37748736
MAIL FROM:<chris@contoso.com>
250 2.1.0 Sender OK
RCPT TO:<kate@fabrikam.com>
550 5.1.1 User unknown
QUIT
221 2.0.0 Service closing transmission channel
"""


def explain(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What the command writes; it must succeed."""
    assert main(["explain", *arguments]) == Exit.OK
    return capsys.readouterr().out


def every_record(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in explain(capsys, "--json", *arguments).splitlines()]


def records(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    """The records of replies, without the results of sessions."""
    return [record for record in every_record(capsys, *arguments) if record.get("event") != "result"]


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    return main(["explain", *arguments]), capsys.readouterr().err


def test_a_reply(capsys: pytest.CaptureFixture[str]) -> None:
    lines = explain(capsys, "550 5.1.1 User unknown").splitlines()
    assert lines[0] == "550 5.1.1 User unknown"
    assert [line.strip() for line in lines if line.strip() in ("Likely causes", "What to do")]
    assert any("recipient.unknown" in line for line in lines)
    assert any("RFC 3463" in line for line in lines)


def test_a_reply_without_quotes_around_it(capsys: pytest.CaptureFixture[str]) -> None:
    (record,) = records(capsys, "550", "5.1.1", "User", "unknown")
    assert record["text"] == "5.1.1 User unknown"


def test_the_record(capsys: pytest.CaptureFixture[str]) -> None:
    (record,) = records(capsys, "550 5.1.1 User unknown", "--stage", "rcpt", "--server", "mx.fabrikam.com")
    assert list(record)[: len(KEYS)] == KEYS
    assert (record["code"], record["enhanced"], record["stage"]) == (550, "5.1.1", "rcpt")
    assert (record["cause"], record["family"]) == ("recipient.unknown", "recipient")
    assert record["server"] == "mx.fabrikam.com"


def test_a_capture_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "session.log"
    file.write_text(CAPTURE)
    lines = explain(capsys, str(file)).splitlines()
    assert any("250 2.1.0 Sender OK" in line and "mail" in line for line in lines)
    assert any(line.startswith("line 8") and "RCPT TO:<kate@fabrikam.com>" in line for line in lines)
    said = lines.index("Result")
    assert lines[said + 1].startswith("mail1.fabrikam.com: RCPT TO rejected permanently: 550 5.1.1 User unknown")
    assert "recipient.unknown" in lines[said + 1]
    assert lines[said + 2].strip().startswith("Retry:")


def test_a_capture_from_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(CAPTURE.encode())))
    found = records(capsys, "-")
    assert [record["stage"] for record in found] == ["banner", "ehlo", "mail", "rcpt", "quit"]
    assert [record["line"] for record in found] == [1, 3, 6, 8, 10]
    assert found[3]["command"] == "RCPT TO:<kate@fabrikam.com>"


def test_a_session_has_a_result_in_json_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "session.log"
    file.write_text(CAPTURE)
    *replies, result = every_record(capsys, str(file))
    assert all("event" not in record for record in replies)
    assert (result["event"], result["status"], result["exit"]) == ("result", "permanent-failure", 56)
    assert result["servers"][0]["cause"] == "recipient.unknown"


def test_every_session_that_was_pasted_has_a_result_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "sessions.log"
    file.write_text(CAPTURE + CAPTURE.replace("550 5.1.1 User unknown", "250 2.1.5 Recipient OK"))
    results = [record for record in every_record(capsys, str(file)) if record.get("event") == "result"]
    assert [result["status"] for result in results] == ["permanent-failure", "ok"]


def test_every_record_names_the_version_of_the_schema(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, rows = tmp_path / "session.log", tmp_path / "rows.jsonl"
    file.write_text(CAPTURE)
    rows.write_text('{"code": 550}\nnonsense\n')
    found = [*every_record(capsys, str(file)), *every_record(capsys, "--batch", str(rows))]
    assert {record["schema"] for record in found} == {2}


PARTIAL = ["--from", "chris@contoso.com", "--to", "kate@fabrikam.com", "--to", "lee@fabrikam.com"]


def test_a_transcript_says_what_the_test_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A partial success stays one: the same judge reads the transcript."""
    path = tmp_path / "session.jsonl"
    test = ["test", "--lab", "some-unknown", *PARTIAL, "--helo", "contoso.com", "--no-probes"]
    assert main([*test, "--transcript", str(path)]) == Exit.PARTIAL
    said = [line for line in capsys.readouterr().out.splitlines() if "1 of 2 recipients rejected" in line]
    assert said[0] in explain(capsys, str(path)).splitlines()
    result = every_record(capsys, str(path))[-1]
    assert (result["status"], result["exit"]) == ("partial", Exit.PARTIAL)


def test_a_refusal_that_was_made_good_later_decides_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "session.log"
    rcpt = "RCPT TO:<kate@fabrikam.com>\n"
    file.write_text(CAPTURE.replace("550 5.1.1 User unknown", f"450 4.2.0 Greylisted\n{rcpt}250 2.1.5 Recipient OK"))
    assert "mail1.fabrikam.com: OK up to RCPT TO: 250 2.1.5 Recipient OK" in explain(capsys, str(file)).splitlines()


@pytest.mark.parametrize("text", ["hello there", "", "22 x"])
def test_a_text_without_a_reply(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = refused(capsys, text)
    assert code == Exit.USAGE
    assert "reply" in said


def test_a_file_without_a_reply(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("shopping list\n" * 500)
    code, said = refused(capsys, str(file))
    assert (code, "bounce" in said, "Telnet" in said) == (Exit.USAGE, True, True)


@pytest.mark.parametrize("name", ["missing.log", "folder/missing"])
def test_a_file_that_is_not_there(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = refused(capsys, name)
    assert (code, name in said) == (Exit.LOCAL, True)


def test_a_folder_is_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, str(tmp_path))[0] == Exit.LOCAL


def test_what_a_peer_said_cannot_steer_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "session.log"
    file.write_bytes(b"S: 220 mx\nC: EHLO a.test\nS: 550 5.1.1 \x1b[31m\xff no\n")
    out = explain(capsys, str(file))
    assert "\\x1b[31m\\xff no" in out


# ----------------------------------------------------------------------------------------------------- batches


def batch(tmp_path: Path, capsys: pytest.CaptureFixture[str], *lines: str) -> list[dict[str, object]]:
    file = tmp_path / "replies.jsonl"
    file.write_text("\n".join(lines) + "\n")
    return records(capsys, "--batch", str(file))


def test_a_batch_keeps_its_order_and_the_other_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = batch(
        tmp_path,
        capsys,
        '{"id": "R1", "code": 550, "enhanced": "5.1.1", "text": "550 5.1.1 User unknown", "stage": "rcpt"}',
        '{"id": "R2", "code": "452", "enhanced": null, "text": "Mailbox full", "stage": ""}',
    )
    assert (first["id"], first["cause"], first["stage"]) == ("R1", "recipient.unknown", "rcpt")
    assert (second["id"], second["code"], second["enhanced"], second["stage"]) == ("R2", 452, None, None)
    assert set(KEYS) <= set(second)


@pytest.mark.parametrize(
    "bad",
    [
        *("nonsense", "[1]", "{}", '{"code": "x"}', '{"code": true}', '{"text": 5}', '{"code": 550, "enhanced": "9"}'),
        *('{"code": 550, "stage": "tuesday"}', "[" * 100000, '{"code": 1e999}'),
    ],
)
def test_a_bad_line_is_a_record_with_an_error_and_the_run_goes_on(
    bad: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong, right = batch(tmp_path, capsys, bad, '{"code": 550, "text": "User unknown"}')
    assert "error" in wrong
    assert right["code"] == 550


def test_the_stage_in_other_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (record,) = batch(tmp_path, capsys, '{"code": 550, "text": "no", "stage": "RCPT TO"}')
    assert record["stage"] == "rcpt"


def test_coverage_names_the_rules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "replies.jsonl"
    file.write_text('{"code": 550, "enhanced": "5.1.1"}\n' * 3 + '{"text": "qwerty"}\n')
    lines = explain(capsys, "--coverage", "--batch", str(file)).splitlines()
    assert lines[0].split()[0] == "3"
    assert lines[0].split()[-1] == "recipient.unknown"
    assert lines[-1] == "3 of 4 replies explained"


def test_a_batch_takes_no_other_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, "--batch", "x.jsonl", "550 no")[0] == Exit.USAGE


# -------------------------------------------------------------------------------------------------- start-up


def test_what_is_loaded_to_explain_a_reply() -> None:
    """The budget is 150 ms from process start to the answer: nothing heavy may creep in."""
    modules = loaded("explain", "550 5.1.1 User unknown")
    heavy = {"asyncio", "socket", "ssl", "email", "dataclasses", "typing", "tomllib", "msgspec", "rich", "dns"}
    assert not modules & heavy
    assert not modules & {f"smtpscope.reading.{name}" for name in ("bounce", "dsn", "exchange", "maillog", "marked")}


def test_the_answer_comes_soon() -> None:
    """150 ms are promised; the bound is generous because tests share the machine."""
    command = [sys.executable, "-m", "smtpscope", "explain", "550 5.1.1 User unknown"]
    times = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - start)
    assert min(times) < 1.0


# -------------------------------------------------------------------------------------------------- own entries

OWN = """
[rule."ours.paused"]
cause = "server.maintenance"
any = ["paused by kate"]
meaning = { en = "Kate stopped the queue.", zh = "Kate 暂停了队列。" }
steps = [{ actor = "their-admin", en = "Ask Kate.", zh = "联系 Kate。" }]
example = "501 5.5.4 Paused by Kate"
counterexample = "501 5.5.4 Invalid domain name"
"""


def test_own_entries_come_before_everything_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before the context too: the 501 to a well-formed EHLO name would be a restriction."""
    (tmp_path / "ours.toml").write_text(OWN, encoding="utf-8")
    capture = tmp_path / "session.txt"
    capture.write_text("S: 220 mx ready\nC: EHLO contoso.com\nS: 501 5.5.4 Paused by Kate\n")
    assert records(capsys, str(capture))[-1]["cause"] == "connection.restricted"
    own = records(capsys, str(capture), "--entries", str(tmp_path))[-1]
    assert (own["cause"], own["rule"]) == ("server.maintenance", "ours.paused")


def test_own_entries_that_cannot_be_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ours.toml").write_text("[rule.x]\n", encoding="utf-8")
    assert refused(capsys, "550 no", "--entries", str(tmp_path))[0] == Exit.LOCAL
    assert refused(capsys, "550 no", "--entries", str(tmp_path / "missing"))[0] == Exit.LOCAL


def test_a_batch_from_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"code": 550, "enhanced": "5.1.1"}\n\n')))
    assert [record["cause"] for record in records(capsys, "--batch", "-")] == ["recipient.unknown"]


def test_a_batch_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, "--batch", "missing.jsonl")[0] == Exit.LOCAL


def test_words_without_a_code_that_are_known(capsys: pytest.CaptureFixture[str]) -> None:
    (record,) = records(capsys, "mailbox is full, over quota")
    assert (record["code"], record["cause"]) == (None, "recipient.full")


def test_coverage_of_what_was_pasted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "session.log"
    file.write_text(CAPTURE)
    assert explain(capsys, "--coverage", str(file)).splitlines()[-1] == "5 of 5 replies explained"


def test_replies_in_quotes_of_their_own_are_explained_each(capsys: pytest.CaptureFixture[str]) -> None:
    lines = explain(capsys, "--json", "550 5.1.1 User unknown", "450 4.2.0 Greylisted").splitlines()
    assert [json.loads(line)["cause"] for line in lines] == ["recipient.unknown", "rate.greylisted"]


@pytest.mark.parametrize("code", ["4.7.1", "5.7.1", "5.1.1"])
def test_an_enhanced_code_alone_is_a_reply(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(explain(capsys, "--json", code))["enhanced"] == code


def test_an_empty_file_is_told_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "empty.log"
    file.write_bytes(b"\n")
    assert main(["explain", str(file)]) == Exit.USAGE
    assert "is empty" in capsys.readouterr().err


def test_a_batch_without_line_ends_is_refused_before_the_memory_is_full(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--batch", "/dev/zero"]) == Exit.USAGE
    assert capsys.readouterr().err.startswith("smtpscope: --batch: line 1 has more than 16 MB")


def test_a_log_that_is_too_long_is_cut_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smtpscope.reading.read.LINE_LIMIT", 2)
    line = "Nov 24 10:00:00 mx postfix/smtp[1]: A: to=<k@fabrikam.com>, relay=x[192.0.2.1]:25, status=sent (250 ok)\n"
    log = tmp_path / "mail.log"
    log.write_text(line * 2)
    assert "cut:" not in explain(capsys, str(log))
    log.write_text(line * 3)
    assert explain(capsys, str(log)).count("cut: only the first 2 lines") == 2
    *replies, last = records(capsys, str(log))
    assert len(replies) == 2
    assert (last["cut"], last["line"]) == (True, 2)


def test_a_text_that_is_too_large_is_cut_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "mail.log"
    log.write_text("550 5.1.1 User unknown\n" + ("." * 70 + "\n") * 250_000)
    assert "cut: only the first" in explain(capsys, str(log))
