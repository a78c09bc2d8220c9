"""What the three servers have in common: who they are, their ports, their Maildirs, waiting for them, ending them."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

HOST = "mail1.fabrikam.com"
DOMAINS = ("contoso.com", "fabrikam.com")
# Chris, who sends, has a mailbox too: the notifications (RFC 3464) go there.
MAILBOXES = (
    "kate@fabrikam.com",
    "info@fabrikam.com",
    "用户@fabrikam.com",
    "postmaster@fabrikam.com",
    "chris@contoso.com",
)
# Taken at RCPT, refused when it is delivered: what comes of it is a notification of failure.
BOUNCES = "full@fabrikam.com"
LOGIN, PASSWORD = "chris@contoso.com", "example-password"
SIZE_LIMIT = 4194304
# install.sh unpacks there what cannot be installed side by side.
CACHE = Path("/var/cache/smtpscope-interop")

PATIENCE = 30.0
_PORTS = range(20000, 32000)  # below those that the system hands out to clients


@dataclass(frozen=True)
class Server:
    """A server that runs. Ports are on ``host``; a port of 0 is one that it does not have.

    folder       everything of this server: configuration, queue, log
    certificate  the authority that its TLS certificate comes from, PEM
    log          where its words go; it may have further files that begin like that
    """

    name: str
    folder: Path
    smtp: int
    submission: int = 0
    submissions: int = 0
    host: str = "127.0.0.1"

    @property
    def certificate(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def said(self) -> str:
        """The end of its logs, for a failure to show."""
        logs = sorted(self.folder.glob("log*"))
        return "".join("".join(log.read_text("utf-8", "replace").splitlines(keepends=True)[-40:]) for log in logs)

    def maildir(self, address: str) -> Path:
        """The Maildir of a mailbox. It may not exist before the first message."""
        return maildir(self.folder, address)

    def messages(self, address: str, holding: bytes = b"") -> list[bytes]:
        """What lies in the mailbox now and holds ``holding``, the oldest first."""
        files = sorted((self.maildir(address) / "new").glob("*"), key=lambda file: file.stat().st_mtime_ns)
        return [content for file in files if holding in (content := file.read_bytes())]

    def wait_for(self, address: str, holding: bytes = b"", count: int = 1) -> list[bytes]:
        """The messages of the mailbox that hold ``holding``, as soon as there are ``count``. Raises AssertionError."""

        def delivered() -> list[bytes] | None:
            found = self.messages(address, holding)
            return found if len(found) >= count else None

        found = until(delivered)
        assert found, f"{self.name} delivered nothing like that to {address}:\n{self.said()}"
        return found


def maildir(folder: Path, address: str) -> Path:
    """Where a server that lives in ``folder`` keeps the mailbox ``address``."""
    local, _, domain = address.partition("@")
    return folder / "mail" / domain / local


def until(question: Callable[[], T | None], seconds: float = PATIENCE) -> T | None:
    """The first answer that is not None, asked again and again; None when ``seconds`` have passed."""
    end = time.monotonic() + seconds
    while (answer := question()) is None and time.monotonic() < end:
        time.sleep(0.02)
    return answer


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on."""
    found: list[int] = []
    for port in random.sample(_PORTS, len(_PORTS)):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found.append(port)
        if len(found) == count:
            break
    return found


@contextlib.contextmanager
def new_folder(name: str) -> Iterator[Path]:
    """A folder that every user may enter, as the servers change theirs; removed at the end.

    It lies in /tmp whatever TMPDIR says: the path of a UNIX socket in it must stay below 108 octets.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"smtpscope-{name}-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def wait_for_greeting(server: Server, alive: Callable[[], bool] = lambda: True) -> None:
    """Returns when the SMTP port greets. Raises RuntimeError, with the server's log, when it does not."""
    if not until(lambda: _greets(server) or (None if alive() else False)):
        raise RuntimeError(f"{server.name} does not greet on port {server.smtp}:\n{server.said()}")


def _greets(server: Server) -> bool | None:
    try:
        with socket.create_connection((server.host, server.smtp), timeout=PATIENCE) as connection:
            return connection.recv(512).startswith((b"220", b"* OK")) or None  # SMTP, IMAP
    except OSError:
        return None


@contextlib.contextmanager
def running(server: Server, command: list[str]) -> Iterator[None]:
    """``command``, which stays in the foreground, for as long as the block runs; its words go to the log."""
    with server.log.open("ab") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True
        )
    try:
        wait_for_greeting(server, lambda: process.poll() is None)
        yield
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        # What it started and did not wait for, such as a delivery, is in its process group.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def end_process(number: int, seconds: float = 10.0) -> None:
    """Ask the process to end, and make it when it does not within ``seconds``."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(number, signal.SIGTERM)
        if not until(lambda: True if not Path(f"/proc/{number}").exists() else None, seconds):
            os.kill(number, signal.SIGKILL)


def run(*command: str | Path, text: str = "") -> None:
    """Run a program of the set-up. Raises RuntimeError with what it said."""
    done = subprocess.run([str(word) for word in command], input=text, text=True, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))} failed: {done.stdout}{done.stderr}")
