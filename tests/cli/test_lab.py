"""``smtpscope lab`` as a process."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from smtpscope.cli.main import main

COMMAND = [sys.executable, "-m", "smtpscope", "lab"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_in_order(tmp_path: Path, number: int) -> None:
    command = [*COMMAND, "--port", "0", "--maildir", str(tmp_path), "--scenario-port", "0=greylist"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(3)]
        assert re.fullmatch(r"listening on 127\.0\.0\.1, port [0-9]+; scenario ok\n", lines[0])
        assert lines[1].endswith("scenario greylist\n")
        assert lines[2] == f"messages are stored in {tmp_path}; press Ctrl-C to stop\n"
        process.send_signal(number)
        assert process.stdout.read() == "messages received: 0\n"
        assert process.wait(20) == 0


def test_another_address_than_loopback_is_warned_about() -> None:
    command = [*COMMAND, "--port", "0", "--host", "0.0.0.0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(3)]
        process.terminate()
        assert lines[2].startswith("warning: 0.0.0.0 is reachable from other machines")
        process.stdout.read()


def test_the_list_says_what_each_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lab", "--list"]) == 0
    assert re.search(r"^greylist  +450 4\.7\.1 to the first try", capsys.readouterr().out, re.MULTILINE)
    assert main(["--lang", "zh", "lab", "--list"]) == 0
    assert re.search(r"^greylist  +.*第一次", capsys.readouterr().out, re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--scenario", "gray-list"], "did you mean 'greylist'?"),
        (["--scenario-port", "greylist"], "2526=greylist"),
        (["--scenario-port", "x=greylist"], "is no port"),
        (["--max-size", "big"], "--max-size"),
        (["--idle", "0"], "--idle"),
        (["--maildir", "/proc/none"], "--maildir"),
    ],
)
def test_mistakes_are_told_before_it_starts(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert main(["lab", *arguments]) == (3 if "--maildir" in arguments else 2)
    assert words in capsys.readouterr().err


def test_a_command_runs_with_the_lab_in_its_environment(tmp_path: Path) -> None:
    script = tmp_path / "send.py"
    script.write_text(
        "import os, smtplib, urllib.request\n"
        "with smtplib.SMTP(os.environ['SMTP_HOST'], int(os.environ['SMTP_PORT'])) as client:\n"
        "    client.sendmail('a@b.test', ['c@d.test'], 'Subject: x\\r\\n\\r\\ny')\n"
        "print(urllib.request.urlopen(os.environ['SMTP_LAB_URL'] + '/messages').status)\n"
        "raise SystemExit(7)\n"
    )
    command = [*COMMAND, "--port", "0", "--control", "0", "--maildir", str(tmp_path / "box")]
    done = subprocess.run(
        [*command, "--run", f"{sys.executable} {script}"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (7, "200\n")
    assert "smtpscope lab: messages received: 1" in done.stderr


def test_a_signal_ends_the_command_too(tmp_path: Path) -> None:
    command = [*COMMAND, "--port", "0", "--maildir", str(tmp_path), "--run", "echo begun; exec sleep 60"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline() == "begun\n"
        process.terminate()
        process.stderr.read()
        assert process.wait(20) == 128 + signal.SIGTERM


def test_what_is_thrown_away_cannot_be_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lab", "--discard", "--maildir", str(tmp_path)]) == 2
    assert "--discard: --discard and --maildir cannot be used together" in capsys.readouterr().err


@pytest.mark.parametrize("verbose", [False, True])
def test_messages_and_refusals_are_shown_as_they_come(tmp_path: Path, verbose: bool) -> None:
    options = ["--port", "0", "--maildir", str(tmp_path), *(["--verbose"] if verbose else [])]
    with subprocess.Popen([*COMMAND, *options], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        port = re.search(r"port ([0-9]+)", process.stdout.readline())
        assert port
        with socket.create_connection(("127.0.0.1", int(port[1])), timeout=20) as client:
            client.sendall(
                b"EHLO contoso.com\r\n\x1b[31m\r\nMAIL FROM:<chris@contoso.com>\r\nRCPT TO:<550-5.1.1@b.test>\r\n"
                b"RCPT TO:<kate@b.test>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n"
            )
            while client.recv(65536):
                pass
        process.terminate()
        shown = process.stdout.read().splitlines()[1:-1]
    watched = [
        r"127.0.0.1 \x1b[31m: 500 5.3.3 Unrecognized command",
        "127.0.0.1 RCPT TO:<550-5.1.1@b.test>: 550 5.1.1 User unknown",
        f"received {next((tmp_path / 'new').iterdir()).name}: <chris@contoso.com> -> kate@b.test (3 bytes)",
    ]
    assert shown == (watched if verbose else [])


@pytest.mark.parametrize("used", [False, True])
def test_a_temporary_folder_in_which_nothing_lies_is_removed(used: bool) -> None:
    with subprocess.Popen([*COMMAND, "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        port = re.search(r"port ([0-9]+)", process.stdout.readline())
        assert port
        folder = Path(process.stdout.readline().partition(" stored in ")[2].partition(";")[0])
        assert folder.is_dir()
        if used:
            with socket.create_connection(("127.0.0.1", int(port[1])), timeout=20) as client:
                client.sendall(b"QUIT\r\n")
                while client.recv(65536):
                    pass
        process.terminate()
        process.stdout.read()
    assert folder.is_dir() == used
    shutil.rmtree(folder, ignore_errors=True)
