"""Other people's programs, tested with the lab as their authors would: ``smtpscope lab --run``."""

from __future__ import annotations

import os
import subprocess
import sys
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from interop.servers.server import CACHE
from smtpscope.lab.store.archive import Archive

PROGRAMS = Path(__file__).parent.parent.parent / "examples" / "programs"
COMMANDS = {
    "django": f"/usr/bin/python3 {PROGRAMS}/django_mail.py",
    "nodemailer": f"node {PROGRAMS}/nodemailer.js",
    "curl": f"{PROGRAMS}/curl.sh",
    "msmtp": f"{PROGRAMS}/msmtp.sh",
}


def run(program: str, folder: Path, scenario: str = "ok") -> subprocess.CompletedProcess[str]:
    """The program with the lab in its environment."""
    lab = [sys.executable, "-m", "smtpscope", "lab", "--port", "0", "--scenario", scenario, "--maildir", str(folder)]
    modules = CACHE / "node-nodemailer" / "usr" / "share" / "nodejs"
    where = {**os.environ, "NODE_PATH": str(modules), "HOME": str(folder)}
    return subprocess.run(
        [*lab, "--run", COMMANDS[program]], env=where, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("program", COMMANDS)
def test_what_the_program_sends(program: str, tmp_path: Path) -> None:
    done = run(program, tmp_path)
    assert done.returncode == 0, done.stderr
    archive = Archive(str(tmp_path))
    [mail] = archive.mails()
    assert mail.sender == "chris@contoso.com"
    assert [recipient.address for recipient in mail.recipients] == ["kate@fabrikam.com"]
    message = message_from_bytes(archive.content(mail), policy=default)
    assert message["Subject"] == "来自 Contoso 的测试"
    body = message.get_body(("plain",))
    assert body
    assert body.get_content().strip() == "这是一封测试邮件"


@pytest.mark.parametrize("program", COMMANDS)
@pytest.mark.parametrize("scenario", ["user-unknown", "disk-full", "drop-at-data"])
def test_what_the_program_makes_of_a_failure(program: str, scenario: str, tmp_path: Path) -> None:
    done = run(program, tmp_path, scenario)
    assert done.returncode not in (0, 2, 3)
    assert [entry.mail for entry in Archive(str(tmp_path)).entries()] == [None]
