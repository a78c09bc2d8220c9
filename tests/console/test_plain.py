"""The console through a pipe, with the lab: what is shown, what is logged, what it ends with."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scripted import BYE, GREETING, HELLO, OK, Act, replies, scripted
from smtpscope.cli.exit import Exit
from smtpscope.lab.options import Security
from smtpscope.lab.runner import lab_running

PROCEDURE = """set localecho
set logfile test.log
open 127.0.0.1 {port}
EHLO contoso.com
MAIL FROM:chris@contoso.com
RCPT TO:kate@fabrikam.com NOTIFY=success,failure
DATA
Subject: 来自 Contoso 的测试

这是一封测试邮件
.
QUIT
quit
"""


def pipe(text: str, folder: Path, *arguments: str, language: str = "C.UTF-8") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "smtpscope", "console", *arguments],
        input=text,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        cwd=folder,
        env={**os.environ, "LC_ALL": language},
        check=False,
    )


@pytest.mark.measured
def test_the_procedure_line_by_line(tmp_path: Path) -> None:
    with lab_running() as lab:
        done = pipe(PROCEDURE.format(port=lab.port), tmp_path)
        (mail,) = lab.messages
    assert done.returncode == 0, done.stdout + done.stderr
    assert mail.sender == "chris@contoso.com"
    assert mail.recipients[0].parameters == (("NOTIFY", "success,failure"),)
    assert "来自 Contoso 的测试".encode() in mail.content
    log = (tmp_path / "test.log").read_text("utf-8")
    assert "> MAIL FROM:chris@contoso.com" in log
    assert "< 250 2.1.5 Recipient OK" in log
    assert "> 这是一封测试邮件" in log
    assert done.stdout.index("Sender OK") < done.stdout.index("Recipient OK") < done.stdout.index("354 ")


@pytest.mark.parametrize(
    ("scenario", "lines", "code"),
    [
        ("ok", "EHLO contoso_com\nQUIT\n", Exit.EHLO_PERMANENT),
        ("ok", "EHLO contoso.com\nMAIL FROM:<a@@b.test>\nQUIT\n", Exit.MAIL_PERMANENT),
        ("user-unknown", "EHLO a.test\nMAIL FROM:<a@b.test>\nRCPT TO:<c@d.test>\nQUIT\n", Exit.RCPT_PERMANENT),
        ("banner-554", "", Exit.BANNER_PERMANENT),
        ("close-at-banner", "NOOP\n", Exit.CONNECTION_LOST),
        ("drop-at-data", "EHLO a.test\nMAIL FROM:<a@b.test>\nRCPT TO:<c@d.test>\nDATA\nx\n", Exit.CONNECTION_LOST),
    ],
)
def test_the_exit_code_is_that_of_test(scenario: str, lines: str, code: Exit, tmp_path: Path) -> None:
    with lab_running(scenario) as lab:
        done = pipe(lines, tmp_path, "127.0.0.1", str(lab.port))
    assert done.returncode == code, done.stdout


def test_nobody_listens(tmp_path: Path) -> None:
    with lab_running() as lab:
        port = lab.port
    done = pipe("quit\n", tmp_path, f"127.0.0.1:{port}")
    assert done.returncode == Exit.CONNECTION_REFUSED
    assert "nothing listens" in done.stdout


def test_silence_has_a_limit(tmp_path: Path) -> None:
    with lab_running("banner-silence") as lab:
        done = pipe("EHLO a.test\n", tmp_path, f"127.0.0.1:{lab.port}", "--timeout", "0.5")
    assert done.returncode == Exit.TIMEOUT
    assert "EHLO" not in done.stdout


def test_a_mistake_of_the_client_is_a_usage_error(tmp_path: Path) -> None:
    done = pipe("set logfile nowhere/x.log\nquit\n", tmp_path)
    assert done.returncode == Exit.USAGE
    assert "does not exist" in done.stdout


@pytest.mark.measured
def test_the_escape_leads_to_the_client_and_an_empty_line_back(tmp_path: Path) -> None:
    with lab_running() as lab:
        lines = "EHLO a.test\n\x1d\nstatus\nunset hints\n\nNOOP\nQUIT\n"
        done = pipe(lines, tmp_path, f"127.0.0.1:{lab.port}")
    assert done.returncode == 0
    assert "Phase: mail" in done.stdout
    assert done.stdout.index("Phase: mail") < done.stdout.index("NOOP")


def test_hints_off_is_silent_as_telnet(tmp_path: Path) -> None:
    with lab_running() as lab:
        done = pipe(f"unset localecho\nset hints off\nopen 127.0.0.1 {lab.port}\nEHLO a.test\nQUIT\n", tmp_path)
    said = done.stdout.splitlines()
    assert not any(line.startswith(("  ", "› ", "> ")) for line in said)
    assert said[-1] == "Connection closed by the server."


def test_a_message_from_a_file_is_dot_stuffed(tmp_path: Path) -> None:
    (tmp_path / "m.eml").write_bytes(b"Subject: x\r\n\r\n.one\r\n..two\r\n")
    lines = "EHLO a.test\nMAIL FROM:<a@b.test>\nRCPT TO:<c@d.test>\n\x1d\nbody m.eml\nQUIT\n"
    with lab_running() as lab:
        done = pipe(lines, tmp_path, f"127.0.0.1:{lab.port}")
        (mail,) = lab.messages
    assert done.returncode == 0, done.stdout
    assert mail.content.endswith(b"\r\n.one\r\n..two\r\n")


@pytest.mark.measured
def test_a_session_saved_is_a_script_that_passes_and_can_be_replayed(tmp_path: Path) -> None:
    with lab_running() as lab:
        place = f"127.0.0.1:{lab.port}"
        lines = PROCEDURE.format(port=lab.port).replace("\nquit\n", "\nsave my.smtp\nquit\n")
        assert pipe(lines, tmp_path).returncode == 0
        again = [sys.executable, "-m", "smtpscope", "test", place, "--script", "my.smtp"]
        assert subprocess.run(again, cwd=tmp_path, capture_output=True, timeout=60, check=False).returncode == 0
        for recording in ("my.smtp", "test.log"):
            done = pipe(f"open {place}\n\x1d\nreplay {recording}\n", tmp_path)
            assert done.returncode == 0, done.stdout
        assert len(lab.messages) == 4


def test_octets_are_sent_as_they_are(tmp_path: Path) -> None:
    with lab_running() as lab:
        lines = "\x1d\nsend EHLO \\xff\\r\\nNOOP\\r\\n\nQUIT\n"
        done = pipe(lines, tmp_path, f"127.0.0.1:{lab.port}")
    assert "EHLO \\xff" in done.stdout
    assert "501 5.5.4" in done.stdout


def test_control_characters_are_made_visible(tmp_path: Path) -> None:
    with lab_running("control-characters") as lab:
        done = pipe("QUIT\n", tmp_path, f"127.0.0.1:{lab.port}")
    assert "\\x1b[31mred" in done.stdout
    assert "\x1b" not in done.stdout


def test_chinese(tmp_path: Path) -> None:
    with lab_running("user-unknown") as lab:
        lines = "EHLO a.test\nMAIL FROM:<a@b.test>\nRCPT TO:<c@d.test>\nQUIT\n"
        done = pipe(lines, tmp_path, f"127.0.0.1:{lab.port}", "--lang", "zh")
    assert not done.stdout.isascii()
    assert done.returncode == Exit.RCPT_PERMANENT


def test_a_terminal_without_utf_8(tmp_path: Path) -> None:
    with lab_running() as lab:
        environment = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
        done = subprocess.run(
            [sys.executable, "-m", "smtpscope", "console", f"127.0.0.1:{lab.port}"],
            input="EHLO 测试\nQUIT\n".encode(),
            capture_output=True,
            timeout=60,
            cwd=tmp_path,
            env=environment,
            check=False,
        )
    assert b"> EHLO \\u6d4b" in done.stdout
    assert not done.stderr


def test_a_session_with_tls_and_a_login_is_saved_and_run_again(tmp_path: Path) -> None:
    security = Security(starttls=True, users=(("chris", "secret"),))
    with lab_running(security=security) as lab:
        place = f"127.0.0.1:{lab.port}"
        lines = "EHLO a.test\nSTARTTLS\nEHLO a.test\nAUTH PLAIN AGNocmlzAHNlY3JldA==\nNOOP\nQUIT\n"
        done = pipe(f"open {place}\n{lines}save tls.smtp\n", tmp_path)
        assert "235 " in done.stdout
        script = (tmp_path / "tls.smtp").read_text("utf-8")
        assert "<auth PLAIN" in script
        assert "AGNocmlz" not in script + done.stdout
        (tmp_path / "secret").write_text("secret\n")
        command = [sys.executable, "-m", "smtpscope", "test", place, "--script", "tls.smtp", "--no-verify"]
        login = ["--user", "chris", "--password-file", "secret"]
        again = subprocess.run([*command, *login], cwd=tmp_path, capture_output=True, timeout=60, check=False)
        assert again.returncode == 0, again.stdout.decode()
        nobody = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60, check=False)
        assert nobody.returncode == Exit.USAGE


def test_what_follows_a_broken_connection_is_not_taken_for_commands(tmp_path: Path) -> None:
    lines = "EHLO a.test\nMAIL FROM:<a@b.test>\nRCPT TO:<c@d.test>\nDATA\nset logfile never.log\n"
    with lab_running("drop-at-data") as lab:
        done = pipe(lines, tmp_path, f"127.0.0.1:{lab.port}")
    assert done.returncode == Exit.CONNECTION_LOST
    assert "lines not sent: 1" in done.stdout
    assert not (tmp_path / "never.log").exists()


def test_a_byte_order_mark_and_crlf_are_no_part_of_a_command(tmp_path: Path) -> None:
    with lab_running() as lab:
        done = pipe(f"\ufeffopen 127.0.0.1 {lab.port}\r\nEHLO a.test\r\nQUIT\r\n", tmp_path)
    assert done.returncode == 0, done.stdout


HEAD = "EHLO contoso.com\nMAIL FROM:<chris@contoso.com>\nRCPT TO:<kate@fabrikam.com>\n"


@pytest.mark.parametrize("way", ["DATA\n主题：x\n\n..x\n.\n", "\x1d\nbody mail.eml\n"])
def test_a_message_that_nobody_typed_line_by_line_is_remarked_upon_once(way: str, tmp_path: Path) -> None:
    (tmp_path / "mail.eml").write_bytes("主题：x\r\n\r\nx\r\n".encode())
    with lab_running() as lab:
        said = pipe(f"{HEAD}{way}QUIT\n", tmp_path, "127.0.0.1", str(lab.port)).stdout
    assert said.count("! message, line 1: '主题：' is not a header field name") == 1
    assert said.index("! message, line 1:") < said.index("250 2.6.0")


def test_without_hints_no_message_is_remarked_upon(tmp_path: Path) -> None:
    with lab_running() as lab:
        text = f"unset hints\nopen 127.0.0.1 {lab.port}\n{HEAD}DATA\n主题：x\n\nx\n.\nQUIT\n"
        assert "! message" not in pipe(text, tmp_path).stdout


def test_output_on_a_full_disk_is_said(tmp_path: Path) -> None:
    with lab_running() as lab, open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "smtpscope", "console", "127.0.0.1", str(lab.port)],
            input=b"QUIT\n",
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert done.returncode == Exit.LOCAL
    assert b"No space left" in done.stderr


def endless(octets: bytes, *before: bytes) -> tuple[Act, ...]:
    """Each of ``before``, the first at once, the others behind a line; then ``octets`` for ever."""

    def flood(connection: socket.socket) -> None:
        while True:
            connection.sendall(octets * 1000)

    return (*replies(*before, b""), flood) if before else (flood,)


# Runs the console and tells at its end how much memory and processor time it has taken (/proc: not that of its parent).
MEASURED = """
import os, sys
from smtpscope.cli.main import main
code = main()
memory = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")][0]
print(memory, sum(os.times()[:2]), file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize("octets", [b"250-XYZ\r\n", b"250-XYZ", b"250 ok\r\n", b"\r\n", b"\0"], ids=repr)
@pytest.mark.parametrize("count", range(4))
def test_a_flood_ends_the_session_soon_and_in_little_memory(octets: bytes, count: int, tmp_path: Path) -> None:
    lines = b"EHLO contoso.com\nMAIL FROM:<chris@contoso.com>\nRCPT TO:<kate@fabrikam.com>\nQUIT\n"
    with scripted(*endless(octets, *(GREETING, HELLO, OK)[:count])) as server:
        command = [sys.executable, "-c", MEASURED, "console", f"127.0.0.1:{server.port}", "--timeout", "5"]
        done = subprocess.run(command, input=lines, capture_output=True, timeout=60, cwd=tmp_path, check=False)
    memory, seconds = map(float, done.stderr.split())
    assert done.returncode == Exit.PROTOCOL, done.stdout[-500:]
    assert b"giving up" in done.stdout
    assert len(done.stdout) < 500_000
    assert memory < 64 * 1024
    assert seconds < 5


@pytest.mark.parametrize(
    ("lines", "unsent"), [("EHLO a\nMAIL FROM:<a@b.test>\nQUIT\n", 1), ("EHLO a\nQUIT\n", 0), ("EHLO a\n", 0)]
)
def test_421_that_came_unasked_makes_the_exit_code(lines: str, unsent: int, tmp_path: Path) -> None:
    with scripted(GREETING, "line", b"250 x\r\n421 4.4.2 idle too long\r\n", 0.2) as server:
        done = pipe(lines, tmp_path, f"127.0.0.1:{server.port}")
    assert done.returncode == Exit.MAIL_TEMPORARY, done.stdout
    assert server.heard == b"EHLO a\r\n"
    assert ("lines not sent" in done.stdout) is (unsent > 0)
    assert not unsent or f"lines not sent: {unsent + 1}" in done.stdout


@pytest.mark.parametrize(
    ("lines", "acts", "code"),
    [
        ("NOOP\nQUIT\n", replies(GREETING, OK, BYE), Exit.OK),
        ("GARBAGE\nQUIT\n", replies(GREETING, b"500 what?\r\n", BYE), Exit.OTHER_PERMANENT),
        ("GARBAGE\nNOOP\n", replies(GREETING, b"221 Goodbye\r\n"), Exit.PROTOCOL),
        ("VRFY kate\nHELP\nQUIT\n", replies(GREETING, b"252 maybe\r\n", b"214 help\r\n", BYE), Exit.OK),
        ("EHLO a\nSTARTTLS\nQUIT\n", replies(GREETING, HELLO, b"454 not now\r\n", BYE), Exit.STARTTLS_TEMPORARY),
        ("EHLO a\nAUTH PLAIN AGEAYg==\nQUIT\n", replies(GREETING, HELLO, b"235 ok\r\n", BYE), Exit.OK),
        ("EHLO a\nAUTH PLAIN AGEAYg==\nQUIT\n", replies(GREETING, HELLO, b"250 ok\r\n", BYE), Exit.PROTOCOL),
        ("EHLO a\nAUTH PLAIN AGEAYg==\nQUIT\n", replies(GREETING, HELLO, b"535 no\r\n", BYE), Exit.AUTH_PERMANENT),
        ("EHLO a\nQUIT\n", replies(GREETING, HELLO, b"500 what?\r\n"), Exit.PROTOCOL),
    ],
)
def test_the_exit_code_is_that_of_what_was_said(lines: str, acts: tuple[Act, ...], code: Exit, tmp_path: Path) -> None:
    with scripted(*acts) as server:
        done = pipe(lines, tmp_path, f"127.0.0.1:{server.port}")
    assert done.returncode == code, done.stdout


def test_tls_alone_is_a_success(tmp_path: Path) -> None:
    with lab_running(security=Security(starttls=True)) as lab:
        done = pipe("EHLO a\nSTARTTLS\nQUIT\n", tmp_path, f"127.0.0.1:{lab.port}")
    assert done.returncode == 0, done.stdout


def test_no_line_follows_a_connection_that_could_not_be_had(tmp_path: Path) -> None:
    with lab_running() as lab:
        port = lab.port
    done = pipe("EHLO a\nset logfile never.log\n", tmp_path, f"127.0.0.1:{port}")
    assert done.returncode == Exit.CONNECTION_REFUSED
    assert "open HOST" not in done.stdout
    assert not (tmp_path / "never.log").exists()


def test_replaying_a_login_never_sends_the_mark_of_a_secret(tmp_path: Path) -> None:
    security = Security(users=(("chris", "secret"),), auth_in_clear=True)
    with lab_running(security=security) as lab:
        place = f"127.0.0.1:{lab.port}"
        lines = "EHLO a.test\nAUTH LOGIN\nY2hyaXM=\nc2VjcmV0\nNOOP\nQUIT\n"
        assert "235 " in pipe(f"set logfile my.log\nopen {place}\n{lines}", tmp_path).stdout
        done = pipe(f"open {place}\n\x1d\nreplay my.log\n", tmp_path)
    assert "3 lines of a login are left out" in done.stdout
    assert "***" not in done.stdout
    assert "› NOOP" in done.stdout
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, Exit.INTERRUPTED), (signal.SIGTERM, Exit.TERMINATED), (signal.SIGHUP, Exit.HANGUP)],
)
def test_a_signal_ends_it_with_its_own_code(number: int, code: Exit, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "smtpscope", "console"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with lab_running() as lab, subprocess.Popen([*command, "127.0.0.1", str(lab.port)], text=True, **pipes) as process:
        assert process.stdout
        assert process.stderr
        assert any("220 " in line for line in iter(process.stdout.readline, ""))
        process.send_signal(number)
        rest = process.stdout.read()
        assert (process.wait(30), process.stderr.read()) == (code, "")
    assert "Interrupted." in rest


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("delay", [0.0, 0.02, 0.05, 0.1])
def test_a_signal_is_taken_where_the_console_waits_and_nowhere_else(number: int, delay: float, tmp_path: Path) -> None:
    """Right behind the banner the catalogue is loaded and lines are written: a signal must not cut these in two."""
    command = [sys.executable, "-m", "smtpscope", "console"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with lab_running() as lab, subprocess.Popen([*command, "127.0.0.1", str(lab.port)], text=True, **pipes) as process:
        assert process.stdout
        assert process.stderr
        assert any("220 " in line for line in iter(process.stdout.readline, ""))
        time.sleep(delay)
        process.send_signal(number)
        rest = process.stdout.read()
        code = Exit.TERMINATED if number == signal.SIGTERM else Exit.HANGUP
        assert (process.wait(30), process.stderr.read()) == (code, "")
    assert "Interrupted.\nConnection closed.\n" in rest
