"""A server may do anything: what it does is recorded and judged, in time, in little memory, without a traceback."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from nameserver import nameserver
from scripted import Act, scripted, trickle

GREET: tuple[Act, ...] = (b"220 mail1.fabrikam.com ready\r\n", "line", b"250 mail1.fabrikam.com\r\n", "line")
TO_DATA: tuple[Act, ...] = (*GREET, b"250 2.1.0 ok\r\n", "line", b"250 2.1.5 ok\r\n", "line", b"354 go\r\n", "message")


def command(port: int, *options: str) -> list[str]:
    """A test of the server on ``port``."""
    envelope = ["--from", "chris@contoso.com", "--to", "kate@fabrikam.com", "--helo", "contoso.com", "--no-probes"]
    return [sys.executable, "-m", "smtpscope", "test", f"127.0.0.1:{port}", *envelope, *options]


def run(port: int, *options: str) -> subprocess.CompletedProcess[str]:
    """What a run prints and ends with. It has 30 s."""
    return subprocess.run(command(port, *options), capture_output=True, timeout=30, encoding="utf-8", check=False)


def records(output: str) -> list[dict[str, object]]:
    """The records of --json."""
    return [json.loads(line) for line in output.splitlines()]


NO_SMTP, LOST, TIMEOUT, OK = 70, 14, 12, 0


@pytest.mark.parametrize(
    ("acts", "code", "shown"),
    [
        ((b"\0\0\0\0\r\n",), NO_SMTP, r"\x00\x00\x00\x00"),
        ((b"220 \xff\xfe\x80 ready\r\n", "line"), LOST, r"220 \xff\xfe\x80 ready"),
        ((b"220 \x1b]0;owned\x07\x1b[2J\r\n", "line"), LOST, r"220 \x1b]0;owned\x07\x1b[2J"),
        ((b"SSH-2.0-OpenSSH_9.2\r\n",), NO_SMTP, "SSH-2.0-OpenSSH_9.2"),
        ((b"HTTP/1.1 400 Bad Request\r\n\r\n",), NO_SMTP, "HTTP/1.1 400 Bad Request"),
        ((b"220 half a li",), LOST, "220 half a li"),
        ((b"220-first\r\n220-second\r\n",), LOST, "220-second"),
        ((b"\r\n",), NO_SMTP, ""),
        ((b"999 what\r\n", "line"), NO_SMTP, "999 what"),
        ((b"250 a greeting with the wrong code\r\n", "line"), NO_SMTP, "wrong code"),
        ((b"550-one\r\n220 two\r\n", "line"), NO_SMTP, "the lines of one reply have different codes"),
        ((b"220 ok\n", "line", b"250 ok\n", "line"), LOST, "a bare LF"),
        (("reset",), LOST, "reset"),
        ((), LOST, "connection closed by the server"),
        ((*GREET, b"250 2.1.0 ok\r\n", "line", "reset"), LOST, "reset"),
        ((*GREET, b"250 ok\r\n", "line", b"250 ok\r\n", "line", b"354 go\r\n"), LOST, "354 go"),
        ((*TO_DATA, b"250 2.0.0 queued\r\n", "line"), OK, "accepted for delivery"),
        ((*TO_DATA, b"250 2.0.0 queued\r\n"), OK, "accepted for delivery"),
        ((*TO_DATA, b"250 2.0.0 queued\r\n421 4.4.2 bye, unasked\r\n", "line"), OK, "accepted for delivery"),
    ],
)
def test_whatever_a_server_says_is_shown_and_judged(acts: tuple[Act, ...], code: int, shown: str) -> None:
    with scripted(*acts) as server:
        ended = run(server.port, "--timeout", "5")
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert shown in ended.stdout
    assert ended.stderr == ""
    assert all(character == "\n" or character.isprintable() for character in ended.stdout)


@pytest.mark.parametrize(
    "acts",
    [
        (30.0,),
        (b"220 and then no line end", 30.0),
        (trickle(b"220 " + b"." * 600, 0.05),),
        (b"220 ready\r\n", "line", trickle(b"250-a\r\n" * 100, 0.05)),
        (*TO_DATA, 30.0),
    ],
    ids=["silence", "half-a-line", "trickle", "trickled-lines", "silence-behind-the-dot"],
)
def test_no_wait_outlasts_its_limit(acts: tuple[Act, ...]) -> None:
    with scripted(*acts) as server:
        begun = time.monotonic()
        ended = run(server.port, "--timeout", "1")
    assert ended.returncode == TIMEOUT, ended.stdout + ended.stderr
    assert time.monotonic() - begun < 10
    assert "no reply within 1 s" in ended.stdout


# The peak of resident memory, in KiB, on standard error: what wait4 tells of a child counts our own memory too.
WITH_PEAK = """
import sys
from smtpscope.cli.main import main
code = main()
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
sys.stderr.write(peak)
sys.exit(code)
"""


def measured(port: int) -> subprocess.CompletedProcess[bytes]:
    """A run against the server on ``port`` that tells its peak of memory on standard error."""
    arguments = [sys.executable, "-c", WITH_PEAK, *command(port, "--timeout", "10")[3:]]
    return subprocess.run(arguments, capture_output=True, timeout=30, check=False)


def peak_of_a_plain_run() -> int:
    """KiB that a conversation without a flood takes."""
    with scripted(b"hello\r\n") as server:
        arguments = command(server.port)[3:]
        ended = subprocess.run(
            [sys.executable, "-c", WITH_PEAK, *arguments], capture_output=True, timeout=30, check=False
        )
    return int(ended.stderr)


@pytest.mark.parametrize(
    "flood",
    [b"A" * 10_000_000, b"220-" + b"A" * 10_000_000 + b"\r\n", b"220-again\r\n" * 900_000, b"\r\n" * 3_000_000],
    ids=["no-line-end", "one-long-line", "endless-lines", "empty-lines"],
)
def test_a_flood_takes_little_memory(flood: bytes) -> None:
    with scripted(flood) as server:
        arguments = command(server.port, "--timeout", "10")[3:]
        ended = subprocess.run(
            [sys.executable, "-c", WITH_PEAK, *arguments], capture_output=True, timeout=30, check=False
        )
    assert ended.returncode in (NO_SMTP, LOST)
    assert len(ended.stdout) < 600_000
    assert int(ended.stderr) < peak_of_a_plain_run() + 8_000, "KiB"


def started(process: subprocess.Popen[str], word: str) -> None:
    """Wait until ``process`` has shown ``word``."""
    assert process.stdout
    for line in process.stdout:
        if word in line:
            return
    raise AssertionError(f"{word!r} was never shown")


def test_ctrl_c_says_quit_and_keeps_the_log(tmp_path: Path) -> None:
    log = tmp_path / "session.log"
    with scripted(*GREET, "line", b"221 bye\r\n") as server:
        child = subprocess.Popen(command(server.port, "--log", str(log)), stdout=subprocess.PIPE, text=True)
        started(child, "MAIL FROM")
        child.send_signal(signal.SIGINT)
        rest, _ = child.communicate(timeout=20)
    assert child.returncode == 130
    assert "interrupted" in rest
    assert "221 bye" in rest
    assert [line for line in log.read_text().splitlines() if "> QUIT" in line]
    assert bytes(server.heard).endswith(b"QUIT\r\n")


def test_ctrl_c_while_a_name_is_looked_up(tmp_path: Path) -> None:
    log, asked = tmp_path / "session.log", threading.Event()
    with nameserver(None, asked) as resolver:
        arguments = ["test", "--to", "kate@fabrikam.com", "--resolver", resolver, "--log", str(log), "--no-probes"]
        child = subprocess.Popen([sys.executable, "-m", "smtpscope", *arguments], stdout=subprocess.PIPE, text=True)
        assert asked.wait(30)
        begun = time.monotonic()
        child.send_signal(signal.SIGINT)
        shown, _ = child.communicate(timeout=20)
    assert child.returncode == 130
    assert time.monotonic() - begun < 5
    assert "interrupted" in shown
    assert "interrupted" in log.read_text()


def test_ctrl_c_in_a_message_is_no_line_of_it(tmp_path: Path) -> None:
    """Behind DATA, QUIT would be content: the connection is closed, and no message was ended."""
    with scripted(*GREET, b"250 ok\r\n", "line", b"250 ok\r\n", "line", 20.0) as server:
        child = subprocess.Popen(command(server.port), stdout=subprocess.PIPE, text=True)
        started(child, "→ DATA")
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=20)
    assert child.returncode == 130
    assert not bytes(server.heard).endswith(b"QUIT\r\n")


def test_the_log_is_complete_when_the_process_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "session.log"
    with scripted(*GREET, 20.0) as server:
        child = subprocess.Popen(command(server.port, "--log", str(log)), stdout=subprocess.PIPE, text=True)
        started(child, "MAIL FROM")
        child.kill()
        child.communicate(timeout=20)
    lines = log.read_text().splitlines()
    assert "> MAIL FROM:<chris@contoso.com>" in lines[-1]
    assert any("< 250 mail1.fabrikam.com" in line for line in lines)


def test_unasked_lines_are_kept_apart() -> None:
    with scripted(b"220 ready\r\n421 4.3.2 going down\r\n", "line", b"250 hi\r\n", "line") as server:
        found = records(run(server.port, "--json").stdout)
    unasked = [record for record in found if record["event"] == "unsolicited"]
    assert unasked[0]["reply"]["code"] == 421  # type: ignore[index]
    assert found[-1]["exit"] == 42
