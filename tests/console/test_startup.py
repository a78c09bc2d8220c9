"""The console is there at once: what it loads before the first key, and how long that takes."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
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

# The first prompt may take so many times the CPU time in which Python starts and loads what prompt_toolkit brings (1.2
# times where this was written). The clock on the wall would tell what else runs on the machine. Best of some, in turn.
DEAREST, ROUNDS = 1.6, 4


def loaded(module: str) -> set[str]:
    """The modules that importing ``module`` loads. -S: not those that the machine loads."""
    code = f"import sys; sys.path[:] = {sys.path!r}; import {module}; print(' '.join(sys.modules))"
    command = [sys.executable, "-S", "-c", code]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def test_what_the_prompt_loads() -> None:
    assert loaded("smtpscope.console.prompt") & set(LATER) == set()


def test_what_the_plain_console_loads() -> None:
    assert loaded("smtpscope.console.main") & set(PLAIN_LATER) == set()


def test_the_first_prompt_costs_little_more_than_prompt_toolkit(tmp_path: Path) -> None:
    acts = (lambda: first_prompt(tmp_path)), (lambda: import_prompt_toolkit(tmp_path))
    _written_once = [cpu(act) for act in acts]
    pairs = [[cpu(act) for act in acts] for _ in range(ROUNDS)]
    whole, foreign = (min(times) for times in zip(*pairs, strict=True))
    assert whole < DEAREST * foreign, f"{whole * 1000:.0f} ms where prompt_toolkit takes {foreign * 1000:.0f} ms"


def cpu(act: Callable[[], None]) -> float:
    """The seconds of CPU time, of the processes that ``act`` starts and waits for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    act()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def environment(folder: Path) -> dict[str, str]:
    """Compiled files are written to ``folder``, wherever else they may not be."""
    kept = {"PYTHONPYCACHEPREFIX": str(folder / "compiled"), "PYTHONDONTWRITEBYTECODE": ""}
    return {**os.environ, **kept, "TERM": "xterm", "XDG_STATE_HOME": str(folder)}


def import_prompt_toolkit(folder: Path) -> None:
    subprocess.run([sys.executable, "-c", "import prompt_toolkit.shortcuts"], check=True, env=environment(folder))


def first_prompt(folder: Path) -> None:
    """From the start of the process to its prompt, in a pseudo-terminal."""
    arguments = ["-m", "smtpscope", "console", "--color", "never"]
    child = pexpect.spawn(sys.executable, arguments, env=environment(folder), timeout=60, encoding="utf-8")
    try:
        child.expect("smtpscope> ")
    finally:
        child.close(force=True)
