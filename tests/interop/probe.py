"""``smtpscope test`` as a user calls it, and what it tells: exit code, events, result."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from smtpscope.model.event import Event, Noted, Received, Sent
from smtpscope.model.transcript import read_lines
from smtpscope.protocol.phase import Phase

from .servers.server import Server

# No conversation here takes longer; a hang is a failure.
LIMIT = 60


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    server  the result for the server asked, as in the last line of --json
    causes  the id of the cause in each explanation of a refusal, in order
    """

    code: int
    events: tuple[Event, ...]
    server: dict[str, Any]
    causes: tuple[str, ...]

    @property
    def status(self) -> str:
        return str(self.server["status"])

    @property
    def queued(self) -> bool:
        return bool(self.server["queued"])

    @property
    def said(self) -> list[str]:
        """The command lines sent, in order."""
        return [event.data.decode() for event in self.events if isinstance(event, Sent) and not event.body]

    @property
    def message(self) -> bytes:
        """The message as it went over the line, without the dot that ends it and those that were stuffed in."""
        octets = b"".join(event.data for event in self.events if isinstance(event, Sent) and event.body)
        if any(line.startswith("BDAT") for line in self.said):
            return octets
        assert octets.endswith(b"\r\n.\r\n")
        lines = octets.removesuffix(b".\r\n").split(b"\r\n")
        return b"\r\n".join(line[1:] if line.startswith(b"..") else line for line in lines)

    def codes(self, phase: Phase) -> list[int]:
        """The reply codes of a phase, in order."""
        return [event.reply.code for event in self.events if isinstance(event, Received) and event.phase is phase]

    def notes(self, topic: str) -> list[str]:
        """The first detail of each note on ``topic``."""
        return [event.details[0][1] for event in self.events if isinstance(event, Noted) and event.topic == topic]


def probe(
    server: Server,
    *options: str,
    sender: str = "chris@contoso.com",
    helo: str = "contoso.com",
    port: int = 0,
    tls: str = "never",
) -> Outcome:
    """Hold the conversation with ``port`` of ``server`` (0: its SMTP port); ``tls`` as in --tls.

    Raises AssertionError for words on standard error.
    """
    place = f"{server.host}:{port or server.smtp}"
    who = ("--from", sender, "--helo", helo)
    command = [sys.executable, "-m", "smtpscope", "test", place, *who, "--tls", tls, "--json", *options]
    done = subprocess.run(command, capture_output=True, timeout=LIMIT, check=False)
    assert done.stderr == b"", done.stderr.decode()
    lines = done.stdout.decode().splitlines()
    result = json.loads(lines[-1])
    assert result["event"] == "result"
    assert result["exit"] == done.returncode
    causes = tuple(record["cause"] for line in lines if (record := json.loads(line))["event"] == "explanation")
    return Outcome(done.returncode, read_lines(lines), result["servers"][0], causes)
