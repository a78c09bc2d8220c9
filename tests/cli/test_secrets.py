"""A secret that goes over the line, or stands in what was pasted, is in no output: masked once, where it is heard."""

from __future__ import annotations

import base64 as b64
import json
import smtplib
import subprocess
import sys
from pathlib import Path

import pytest

from scripted import scripted
from smtpscope.cli.main import main
from smtpscope.lab.options import Security
from smtpscope.lab.runner import lab_running


def base64(text: str) -> str:
    return b64.b64encode(text.encode()).decode()


PLAIN, USER, PASSWORD = base64("\0chris\0geheim-9"), base64("chris"), base64("geheim-9")
FORMS = (PLAIN, USER, PASSWORD, "geheim-9", PLAIN[:12], PASSWORD[:8], PLAIN.upper(), PASSWORD.upper())


def assert_no_secret(*texts: str) -> None:
    for text in texts:
        assert [form for form in FORMS if form in text] == [], text


SCRIPTS = {
    "lines": f"S* 220\nC: EHLO contoso.com\nS* 250\nC: AUTH PLAIN {PLAIN}\nS* 5\nC: QUIT\nS* 221",
    "octets": f"S* 220\nR: EHLO contoso.com\\r\\n\nS* 250\nR: AUTH PLAIN {PLAIN}\\r\\n\nS* 5\nC: QUIT\nS* 221",
    "several in one": f"S* 220\nR: EHLO x\\r\\nAUTH PLAIN {PLAIN}\\r\\n{PASSWORD}\\r\\nQUIT\\r\\n\nS* 250\nS* 5\nS* 5",
    "in two pieces": f"S* 220\nC: EHLO x\nS* 250\nR: AUTH PLAIN {PLAIN[:9]}\nR: {PLAIN[9:]}\\r\\n\nS* 5\nC: QUIT",
    "after a refusal": f"S* 220\nC: EHLO x\nS* 250\nC: AUTH LOGIN\nS* 5\nC: {USER}\nS* 5\nC: {PASSWORD}\nS* 5",
    "bare line ends": f"S* 220\nR: EHLO x\\n\nS* 250\nR: AUTH LOGIN\\n\nS* 5\nR: {PASSWORD}\\n\nS* 5",
    "what is expected": f"S* 220\nC: EHLO x\nS* 250\nC: AUTH PLAIN {PLAIN}\nS: 500 not {PLAIN}, {PLAIN.upper()}\n",
    "what is searched": f"S* 220\nC: EHLO x\nS* 250\nC: AUTH LOGIN\nS* 5\nC: {PASSWORD}\nS~ ^500 {PASSWORD}$\n",
    "what is waited for": f"S* 220\nC: EHLO x\nS* 250\nC: AUTH PLAIN {PLAIN}\nS* 999 {PLAIN}\n",
    "a difference": f"S* 220\nC: EHLO x\nS* 250\nR: AUTH PLAIN {PLAIN}\\r\\n\nS: 235 ok\n",
}


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize("shown", [["-v"], ["--json"], ["--raw"], ["-q"]])
def test_a_script_shows_no_secret(
    name: str, shown: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script, log, transcript, junit = (tmp_path / file for file in ("s.smtp", "log", "t.jsonl", "junit.xml"))
    script.write_text(SCRIPTS[name])
    files = ["--log", str(log), "--transcript", str(transcript), "--junit", str(junit)]
    kept = tmp_path / "lab"
    main(
        [
            "test",
            "--lab",
            "ok",
            "--lab-maildir",
            str(kept),
            "--script",
            str(script),
            "--no-probes",
            "--timeout",
            "2",
            *shown,
            *files,
        ]
    )
    sessions = [path.read_text() for path in kept.rglob("*.jsonl")]
    assert sessions
    written = capsys.readouterr()
    assert_no_secret(written.out, written.err, log.read_text(), transcript.read_text(), junit.read_text(), *sessions)
    assert "***" in transcript.read_text()


@pytest.mark.parametrize("echo", ["{}", "'{}'", "<{}>", "x={};"])
def test_a_server_that_repeats_what_it_does_not_understand(
    echo: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = [echo.format(word).encode() for word in (PLAIN, PASSWORD.upper())]
    script, log, transcript = tmp_path / "s.smtp", tmp_path / "log", tmp_path / "t.jsonl"
    script.write_text(f"S* 220\nR: AUTH PLAIN {PLAIN}\\r\\n\nS* 5\nC: {PASSWORD}\nS* 5\n")
    acts = (
        b"220 hi\r\n",
        "line",
        b"500 what is " + said[0] + b"\r\n",
        "line",
        b"500 what is " + said[1] + b"\r\n",
        "line",
    )
    with scripted(*acts) as server:
        options = ["--script", str(script), "--no-probes", "--log", str(log), "--transcript", str(transcript)]
        main(["test", f"127.0.0.1:{server.port}", *options])
    shown = capsys.readouterr().out
    assert "what is " + echo.format("***") in shown
    assert_no_secret(shown, log.read_text(), transcript.read_text())


@pytest.mark.parametrize("scenario", ["ok", "auth-disabled"])
def test_a_list_of_lines_in_the_console(scenario: str, tmp_path: Path) -> None:
    """The list goes on though AUTH was refused: its lines are sent as commands, and are still secrets."""
    lines = (
        f"set logfile log\nEHLO x\nAUTH LOGIN\n{USER}\n{PASSWORD}\nAUTH NTLM\n{PASSWORD}\nQUIT\n\x1d\nsave kept\nquit\n"
    )
    with lab_running(scenario, maildir=str(tmp_path / "lab"), security=Security(users=(("chris", "x"),))) as lab:
        command = [sys.executable, "-m", "smtpscope", "console", "127.0.0.1", str(lab.port)]
        text = f"\x1d\n{lines}" if scenario == "ok" else lines.replace("set logfile log\n", "")
        done = subprocess.run(
            command, input=text, capture_output=True, text=True, timeout=60, cwd=tmp_path, check=False
        )
    assert "***" in done.stdout
    files = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert_no_secret(done.stdout, done.stderr, *files)


PASTED = {
    "reply": f"535 5.7.8 authentication failed; response was {PLAIN}",
    "log": f"Nov 24 16:00:00 mx postfix/smtpd[1]: warning: unknown[192.0.2.1]: SASL PLAIN failed: {PLAIN}\n"
    f"Nov 24 16:00:01 mx postfix/smtp[2]: A1: to=<kate@fabrikam.com>, relay=mx[192.0.2.9]:25, dsn=5.7.8, "
    f"status=bounced (host mx[192.0.2.9] said: 535 5.7.8 no: {PLAIN} (in reply to AUTH PLAIN command))",
    "capture": f"220 mx\nEHLO x\n250 AUTH LOGIN\nAUTH LOGIN\n503 no\n{USER}\n500 what\n{PASSWORD}\n500 what\n",
    "swaks": f"=== Connected to mx.\n<-  220 mx\n -> EHLO x\n<-  250 ok\n -> AUTH LOGIN\n<-  334 VXNlcm5hbWU6\n"
    f" -> {USER}\n<-  334 UGFzc3dvcmQ6\n -> {PASSWORD}\n<** 535 5.7.8 {PLAIN} is wrong\n",
    "multiline": f"550-5.7.8 your request\n550-5.7.8 AUTH PLAIN {PLAIN}\n550 5.7.8 was refused\n",
    "bounce": f"From: MAILER-DAEMON@mx\nSubject: failure notice\n\n<kate@fabrikam.com>:\n550 5.7.1 not with {PLAIN}\n",
    "status": f"Final-Recipient: rfc822; kate@b.test\nStatus: 5.7.8\nDiagnostic-Code: smtp; 535 5.7.8 no {PLAIN}\n",
}


@pytest.mark.parametrize("form", PASTED)
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_what_explain_tells(form: str, options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "pasted"
    path.write_text(PASTED[form])
    assert main(["explain", *options, str(path)]) == 0
    shown = capsys.readouterr().out
    assert shown
    assert_no_secret(shown)


def test_what_a_batch_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "batch"
    path.write_text(json.dumps({"code": 535, "text": f"no: {PLAIN}"}) + "\n")
    assert main(["explain", "--batch", str(path)]) == 0
    shown = capsys.readouterr().out
    assert json.loads(shown)["text"] == "no: ***"
    assert main(["explain", f"535 5.7.8 no: {PLAIN}"]) == 0
    assert_no_secret(shown, capsys.readouterr().out)


def test_what_the_lab_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = ("EHLO x", "AUTH NTLM", PASSWORD, f"AUTH PLAIN {PLAIN}", USER, PASSWORD)
    with (
        lab_running("auth-disabled", maildir=str(tmp_path)) as lab,
        smtplib.SMTP("127.0.0.1", lab.port, timeout=20) as client,
    ):
        for line in lines:
            client.docmd(line)
    [session] = [path.stem for path in (tmp_path / "sessions").iterdir()]
    for options in ([], ["--json"]):
        assert main(["lab", "show", str(tmp_path), session, *options]) == 0
        shown = capsys.readouterr().out
        assert "***" in shown
        assert_no_secret(shown)


def test_what_a_server_repeats_in_the_console(tmp_path: Path) -> None:
    echo = f"500 what are {PASSWORD} and {PASSWORD.upper()}?\r\n".encode()
    with scripted(b"220 hi\r\n", "line", b"503 no\r\n", "line", echo, "line", b"221 bye\r\n") as server:
        command = [sys.executable, "-m", "smtpscope", "console", "127.0.0.1", str(server.port)]
        text = f"AUTH LOGIN\n{PASSWORD}\nQUIT\n\x1d\nsave kept\nquit\n"
        done = subprocess.run(
            command, input=text, capture_output=True, text=True, timeout=60, cwd=tmp_path, check=False
        )
    assert "what are *** and ***?" in done.stdout
    assert_no_secret(done.stdout, done.stderr, (tmp_path / "kept").read_text())
