"""The lab holds up: many clients, slow ones, floods, large messages; its memory stays flat."""

from __future__ import annotations

import asyncio
import contextlib
import re
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ENVELOPE = b"EHLO contoso.com\r\nMAIL FROM:<chris@contoso.com>\r\nRCPT TO:<kate@fabrikam.com>\r\n"
MEGABYTE = 1048576


class Process:
    """A lab in a process of its own."""

    def __init__(self, number: int, port: int) -> None:
        self.number, self.port = number, port

    def memory(self, field: str = "VmRSS") -> int:
        """Octets of memory; VmHWM: the most that it ever had."""
        status = Path(f"/proc/{self.number}/status").read_text()
        match = re.search(rf"{field}:\s+(\d+) kB", status)
        assert match
        return int(match[1]) * 1024


@contextlib.contextmanager
def lab(*options: str) -> Iterator[Process]:
    command = [sys.executable, "-m", "smtpscope", "lab", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            match = re.search(r"port (\d+)", process.stdout.readline())
            assert match
            yield Process(process.pid, int(match[1]))
        finally:
            process.terminate()
            process.stdout.read()


def send_large(port: int, size: int, end: bytes = b".\r\nQUIT\r\n") -> bytes:
    """Send a message of ``size`` octets in pieces; returns the last answers."""
    piece = (b"x" * 1022 + b"\r\n") * 1024
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall(ENVELOPE + b"DATA\r\n")
        heard = b""
        while b"354" not in heard:
            heard += client.recv(65536)
        for _ in range(size // len(piece)):
            client.sendall(piece)
        client.sendall(end)
        heard = b""
        while part := client.recv(65536):
            heard += part
    return heard


def test_a_hundred_megabytes_go_to_the_disk_and_not_into_memory(tmp_path: Path) -> None:
    with lab("--maildir", str(tmp_path), "--max-size", "200000000") as process:
        before = process.memory()
        assert b"250 2.6.0" in send_large(process.port, 100 * MEGABYTE)
        [file] = (tmp_path / "new").iterdir()
        assert file.stat().st_size == 100 * MEGABYTE
        assert process.memory("VmHWM") - before < 24 * MEGABYTE
    [transcript] = (tmp_path / "sessions").iterdir()
    assert transcript.stat().st_size < 3 * MEGABYTE


def test_a_message_over_the_limit_is_neither_kept_nor_held(tmp_path: Path) -> None:
    with lab("--maildir", str(tmp_path)) as process:
        before = process.memory()
        assert b"552 5.3.4" in send_large(process.port, 60 * MEGABYTE)
        assert process.memory("VmHWM") - before < 24 * MEGABYTE
        assert not list((tmp_path / "tmp").iterdir())
        assert not list((tmp_path / "new").iterdir())


def test_a_message_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    with lab("--maildir", str(tmp_path)) as process:
        with socket.create_connection(("127.0.0.1", process.port), timeout=60) as client:
            client.sendall(ENVELOPE + b"DATA\r\n" + b"x" * MEGABYTE)
        end = time.monotonic() + 20
        while list((tmp_path / "tmp").iterdir()) or not list((tmp_path / "sessions").iterdir()):
            assert time.monotonic() < end
            time.sleep(0.02)


@pytest.fixture
def many_files() -> int:
    """How many connections this process may hold, with its limit of open files raised."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = hard if hard != resource.RLIM_INFINITY and hard < 4096 else 4096
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    return min(2000, max(soft, wanted) - 200)


def test_two_thousand_clients_at_once(many_files: int, tmp_path: Path) -> None:
    """All connect, all wait until everybody is there, then everybody sends."""

    async def crowd(port: int) -> list[bytes]:
        return await asyncio.gather(*(_one(port, gate) for _ in range(many_files)))

    with lab("--discard") as process:
        gate = asyncio.Barrier(many_files)
        before = process.memory()
        answers = asyncio.run(crowd(process.port))
        assert sum(b"250 2.6.0" in answer for answer in answers) == many_files
        assert process.memory("VmHWM") - before < many_files * 40000


async def _one(port: int, gate: asyncio.Barrier) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await reader.readline()
    await gate.wait()
    writer.write(ENVELOPE + b"DATA\r\nSubject: x\r\n\r\ntext\r\n.\r\nQUIT\r\n")
    answer = await reader.read()
    writer.close()
    return answer


def test_slow_clients_do_not_keep_others_out() -> None:
    with lab("--discard", "--idle", "1") as process:
        slow = [socket.create_connection(("127.0.0.1", process.port), timeout=20) for _ in range(300)]
        for client in slow:
            client.sendall(b"E")
        begun = time.monotonic()
        assert b"250 2.6.0" in send_large(process.port, MEGABYTE)
        assert time.monotonic() - begun < 15
        for client in slow:
            heard = b""
            while part := client.recv(1000):
                heard += part
            assert heard.endswith(b"421 4.4.2 mail1.fabrikam.com Idle for too long, closing the connection\r\n")
            client.close()


def test_a_flood_of_recipients_is_bounded() -> None:
    with lab("--discard") as process, socket.create_connection(("127.0.0.1", process.port), timeout=60) as client:
        client.sendall(b"EHLO contoso.com\r\nMAIL FROM:<chris@contoso.com>\r\n")
        client.sendall(b"".join(b"RCPT TO:<u%d@fabrikam.com>\r\n" % number for number in range(5000)) + b"QUIT\r\n")
        heard = b""
        while part := client.recv(65536):
            heard += part
        assert heard.count(b"250 2.1.5") == 1000  # RFC 5321 section 4.5.3.1.10
        assert heard.count(b"452 4.5.3") == 4000


def test_memory_is_flat_over_many_messages(tmp_path: Path) -> None:
    """The second thousand costs no more than what is remembered of it."""

    def thousand(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
            message = ENVELOPE + b"DATA\r\nSubject: x\r\n\r\n" + b"text\r\n" * 200 + b".\r\n"
            for _ in range(1000):
                client.sendall(message)
                heard = b""
                while b"2.6.0" not in heard:
                    heard += client.recv(65536)

    with lab("--discard") as process:
        thousand(process.port)
        before = process.memory()
        thousand(process.port)
        assert process.memory() - before < 6 * MEGABYTE
