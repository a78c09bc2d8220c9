"""The console in a pseudo-terminal, with a real Postfix: typed, pasted, thrown out, saved and run again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect
import pytest

from interop.servers.server import LOGIN, PASSWORD, Server

ESCAPE, INTERRUPT = "\x1d", "\x03"


@contextmanager
def terminal(folder: Path, *arguments: str) -> Iterator[pexpect.spawn]:
    """A console in a terminal of its own."""
    child = pexpect.spawn(
        sys.executable,
        ["-m", "smtpscope", "console", "--color", "never", *arguments],
        env={**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8", "XDG_STATE_HOME": str(folder / "state")},
        dimensions=(50, 120),
        encoding="utf-8",
        timeout=60,
        cwd=str(folder),
    )
    try:
        yield child
    finally:
        child.close(force=True)


def say(child: pexpect.spawn, line: str, answer: str) -> None:
    """Type a line and read on until its answer has come."""
    child.send(line + "\r")
    child.expect(answer)


def procedure(mark: str) -> list[tuple[str, str]]:
    """The lines of the procedure and what each is answered; ``mark`` tells this message from others."""
    return [
        ("EHLO contoso.com", "250 [A-Z]"),
        ("MAIL FROM:chris@contoso.com", "250 2.1.0 Ok"),
        ("RCPT TO:kate@fabrikam.com NOTIFY=success,failure", "250 2.1.5 Ok"),
        ("DATA", "354 End data"),
        ("Subject: 来自 Contoso 的测试", "│ Subject"),
        (f"X-Mark: {mark}", "│ X-Mark"),
        ("", "│"),
        ("这是一封测试邮件", "│ 这是一封测试邮件"),
        (".", "250 2.0.0 Ok: queued as"),
        ("QUIT", "221 2.0.0 Bye"),
    ]


def test_the_whole_procedure_typed(postfix: Server, tmp_path: Path) -> None:
    with terminal(tmp_path) as child:
        child.expect("smtpscope> ")
        say(child, "set localecho", "localecho: on")
        say(child, "set logfile test.log", "test.log")
        say(child, f"open {postfix.host} {postfix.smtp}", "220 ")
        for line, answer in procedure("typed"):
            say(child, line, answer)
        child.expect("Connection closed by the server.")
        say(child, "save again.smtp", "run them again")
        child.send("quit\r")
        child.expect(pexpect.EOF)
    (message,) = postfix.wait_for("kate@fabrikam.com", b"X-Mark: typed")
    assert "这是一封测试邮件\n".encode() in message
    assert "> 这是一封测试邮件" in (tmp_path / "test.log").read_text("utf-8")
    assert run_script(postfix, tmp_path / "again.smtp") == 0
    postfix.wait_for("kate@fabrikam.com", b"X-Mark: typed", count=2)


def run_script(server: Server, script: Path) -> int:
    """The exit code of ``test --script``."""
    place = f"{server.host}:{server.smtp}"
    command = [sys.executable, "-m", "smtpscope", "test", place, "--script", str(script)]
    return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode


def test_a_paste_of_the_whole(postfix: Server, tmp_path: Path) -> None:
    with terminal(tmp_path, postfix.host, str(postfix.smtp)) as child:
        child.expect("220 ")
        text = "".join(line + "\n" for line, _ in procedure("pasted"))
        child.send(f"\x1b[200~{text}quit\n\x1b[201~")
        child.expect("queued as")
        child.expect("221 2.0.0 Bye")
        child.expect(pexpect.EOF)
    postfix.wait_for("kate@fabrikam.com", b"X-Mark: pasted")


def test_the_escape_key_ctrl_c_and_wide_characters(postfix: Server, tmp_path: Path) -> None:
    with terminal(tmp_path, postfix.host, str(postfix.smtp)) as child:
        child.expect("220 ")
        say(child, "EHLO contoso.com", "250 [A-Z]")
        child.send("NONSENSE" + INTERRUPT)
        say(child, "MAIL FROM:<用户@fabrikam.com> SMTPUTF8", "250 2.1.0 Ok")
        child.send(ESCAPE)
        child.expect("smtpscope> ")
        say(child, "status", "Phase: rcpt")
        say(child, "", "next: RCPT TO")
        say(child, "RSET", "250 2.0.0 Ok")
        child.send(INTERRUPT + INTERRUPT)
        child.expect("Connection closed.")
        child.expect(pexpect.EOF)


def test_thrown_out_with_a_421(postfix: Server, tmp_path: Path) -> None:
    with terminal(tmp_path, postfix.host, str(postfix.smtp)) as child:
        child.expect("220 ")
        text = "EHLO contoso.com\n" + "NONSENSE\n" * 25
        child.send(f"\x1b[200~{text}\x1b[201~")
        child.expect("421 4.7.0 .*too many errors")
        child.expect("Connection closed by the server.")
        child.expect("smtpscope> ")


def test_starttls_and_a_login(postfix: Server, tmp_path: Path) -> None:
    with terminal(tmp_path, postfix.host, str(postfix.submission)) as child:
        child.expect("220 ")
        say(child, "EHLO contoso.com", "250 [A-Z]")
        say(child, f"{ESCAPE}starttls", "encrypted: TLSv1")
        child.expect("send EHLO again")
        say(child, "EHLO contoso.com", "250 [A-Z]")
        child.send(f"{ESCAPE}auth plain {LOGIN}\r")
        child.expect("password for ")
        child.send(PASSWORD + "\r")
        child.expect("235 2.7.0")
        say(child, "MAIL FROM:<chris@contoso.com>", "250 2.1.0 Ok")
        say(child, "QUIT", "221 ")


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ("EHLO contoso.com\nMAIL FROM:<chris@contoso.com>\nRCPT TO:<kate@fabrikam.com>\nQUIT\n", 0),
        ("EHLO contoso.com\nMAIL FROM:<chris@contoso.com>\nRCPT TO:<nobody@fabrikam.com>\nQUIT\n", 56),
        ("EHLO contoso.com\nMAIL FROM:<chris@contoso.com> COLOUR=red\nQUIT\n", 55),
    ],
)
def test_through_a_pipe(lines: str, code: int, postfix: Server, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "smtpscope", "console", postfix.host, str(postfix.smtp)]
    done = subprocess.run(command, input=lines.encode(), capture_output=True, timeout=60, cwd=tmp_path, check=False)
    assert done.returncode == code, done.stdout.decode()
