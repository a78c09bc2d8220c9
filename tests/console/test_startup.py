"""The console is there at once: what it loads before the first key, and how long that takes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pexpect

# What smtpscope needs at some time, but not for a prompt. (prompt_toolkit brings asyncio, ssl and socket.)
LATER = (
    "rich",
    "msgspec",
    "dns",
    "cryptography",
    "pygments",
    "smtpscope.knowledge",
    "smtpscope.net.tls",
    "smtpscope.protocol.sasl",
    "smtpscope.model.transcript",
    "smtpscope.lab",
    "smtpscope.dialogue.lint",
    "smtpscope.dialogue.play",
)
PLAIN_LATER = (*LATER, "prompt_toolkit", "asyncio", "ssl", "json", "logging", "email")

# Seconds to the first prompt. It takes 0.15 on the machine where this was written; the promise is 0.3. One of some
# tries must keep it, and the bound is wider, as other programs may run beside the tests.
PROMISED, TRIES = 0.6, 5


def loaded(module: str) -> set[str]:
    """The modules that importing ``module`` loads. -S: not those that the machine loads."""
    code = f"import sys; sys.path[:] = {sys.path!r}; import {module}; print(' '.join(sys.modules))"
    command = [sys.executable, "-S", "-c", code]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def test_what_the_prompt_loads() -> None:
    assert loaded("smtpscope.console.prompt") & set(LATER) == set()


def test_what_the_plain_console_loads() -> None:
    assert loaded("smtpscope.console.main") & set(PLAIN_LATER) == set()


def test_the_first_prompt_is_there_soon(tmp_path: Path) -> None:
    assert any(first_prompt(tmp_path) < PROMISED for _ in range(TRIES))


def first_prompt(folder: Path) -> float:
    """Seconds from the start of the process to its prompt, in a pseudo-terminal."""
    environment = {**os.environ, "TERM": "xterm", "XDG_STATE_HOME": str(folder)}
    begun = time.monotonic()
    arguments = ["-m", "smtpscope", "console", "--color", "never"]
    child = pexpect.spawn(sys.executable, arguments, env=environment, timeout=60, encoding="utf-8")
    try:
        child.expect("smtpscope> ")
        return time.monotonic() - begun
    finally:
        child.close(force=True)
