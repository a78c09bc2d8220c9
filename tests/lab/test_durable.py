"""``--durable``: what was answered with 250 is on the disk.

The system is watched where it promises that: for every file of the message, the file was written out when it had all of
its bytes, and its directory when it had the file's name, and both were done before the client had read the 250.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from smtpscope.cli.lab import run
from smtpscope.values import Value

MESSAGE = b"Subject: x\r\n\r\n" + b"text\r\n" * 40

# Sends a message to the lab that runs this, and writes when the 250 to it was read.
CLIENT = f"""
import os, smtplib, sys, time
with smtplib.SMTP(os.environ["SMTP_HOST"], int(os.environ["SMTP_PORT"]), "contoso.com", timeout=20) as client:
    client.sendmail("chris@contoso.com", ["kate@fabrikam.com"], {MESSAGE!r})
    print(time.monotonic(), file=open(sys.argv[1], "w"))
"""


class Synced(Value):
    """What the disk had: a file of ``size`` bytes, or a directory with ``names``; ``at`` is the time of the clock."""

    at: float
    inode: int
    size: int
    names: frozenset[str]


@pytest.fixture(name="synced")
def watched_disk(monkeypatch: pytest.MonkeyPatch) -> list[Synced]:
    """What was written out, in order. The disk is slow, so that nobody gets the 250 by chance only afterwards."""
    done: list[Synced] = []
    real = {name: getattr(os, name) for name in ("fsync", "fdatasync")}

    def sync(name: str, file: int) -> None:
        about = os.fstat(file)
        place = f"/proc/self/fd/{file}"
        names = frozenset(os.listdir(place)) if os.path.isdir(place) else frozenset()
        real[name](file)
        time.sleep(0.05)
        done.append(Synced(time.monotonic(), about.st_ino, about.st_size, names))

    for name in real:
        monkeypatch.setattr(os, name, lambda file, name=name: sync(name, file))
    return done


def deliver(folder: Path, *options: str) -> float:
    """Run the lab with ``options`` until it has received one message. Returns when the client had read the 250."""
    client, answered = folder / "client.py", folder / "answered"
    client.write_text(CLIENT)
    command = f"{sys.executable} {client} {answered}"
    assert run(["--maildir", str(folder / "box"), "--run", command, *options]) == 0
    return float(answered.read_text())


def missing(folder: Path, synced: list[Synced], answered: float) -> list[str]:
    """What of the message was not on the disk when the client read the 250."""
    before = [item for item in synced if item.at < answered]
    lost = []
    for directory in (folder / "box" / "new", folder / "box" / "envelopes"):
        [file] = directory.iterdir()
        about = file.stat()
        if not any((item.inode, item.size) == (about.st_ino, about.st_size) for item in before):
            lost.append(f"{directory.name}: the file")
        if not any(item.inode == directory.stat().st_ino and file.name in item.names for item in before):
            lost.append(f"{directory.name}: the name")
    return lost


def test_a_message_is_on_the_disk_before_it_is_answered(tmp_path: Path, synced: list[Synced]) -> None:
    answered = deliver(tmp_path, "--durable")
    assert missing(tmp_path, synced, answered) == []
    assert next((tmp_path / "box" / "new").iterdir()).read_bytes() == MESSAGE


def test_nothing_waits_for_the_disk_without_the_option(tmp_path: Path, synced: list[Synced]) -> None:
    answered = deliver(tmp_path)
    assert synced == []
    assert len(missing(tmp_path, synced, answered)) == 4
