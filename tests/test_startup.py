"""What a plain session loads and costs: the price of every start, so it is held here."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

from modules import loaded
from smtpscope.lab.runner import lab_running

# Each of these alone would cost a good part of the lead over swaks (docs/decisions/0002-values.md).
TOO_DEAR = {
    *("asyncio", "contextlib", "cryptography", "dataclasses", "datetime", "dns", "email", "getpass", "hashlib"),
    *("inspect", "ipaddress", "json", "locale", "logging", "msgspec", "pathlib", "prompt_toolkit", "random", "rich"),
    *("selectors", "shutil", "socket", "ssl", "subprocess", "tempfile", "threading", "tomllib", "traceback", "typing"),
}

# All that a plain session needs of the standard library, beside what Python itself loads. Names with an underscore are
# not counted: they are the inner parts of these, and differ from one version of Python to the next.
FOREIGN = {
    *(
        "argparse",
        "binascii",
        "collections",
        "contextvars",
        "copyreg",
        "enum",
        "errno",
        "functools",
        "gc",
        "genericpath",
    ),
    *("gettext", "itertools", "keyword", "operator", "os", "posixpath", "re", "reprlib", "stat"),
    *("types", "warnings"),
}

# What is for failures, for other commands, or for other forms of output.
NOT_YET = {
    *("smtpscope.knowledge", "smtpscope.lab", "smtpscope.reading", "smtpscope.console", "smtpscope.model.transcript"),
    *("smtpscope.net.asynchronous", "smtpscope.net.tls", "smtpscope.net.probing.runner", "smtpscope.probes.builtin"),
    *("smtpscope.dialogue.script", "smtpscope.protocol.sasl", "smtpscope.diagnosis.connection"),
    *("smtpscope.model.finding", "smtpscope.cli.commands"),
    *("smtpscope.render.junit", "smtpscope.render.jsonl", "smtpscope.render.log"),
}

# What only somebody needs who connects to a server.
NO_SESSION = {
    *("smtpscope.api", "smtpscope.services", "smtpscope.net.client", "smtpscope.dialogue", "smtpscope.diagnosis"),
    *("smtpscope.model.event", "smtpscope.protocol", "smtpscope.render", "smtpscope.cli.test", "smtpscope.probes"),
}

TEST = ("--from", "chris@contoso.com", "--to", "kate@fabrikam.com")

# The run may take so many times the CPU time in which Python starts and loads FOREIGN (1.9 times where this was
# written): what is ours may not outgrow what Python needs. Both are the best of several, measured in turn.
DEAREST, ROUNDS = 2.5, 6

MAIN = f"import sys; sys.path[:] = {sys.path!r}; from smtpscope.__main__ import main; sys.exit(main())"


def top(modules: set[str]) -> set[str]:
    """The packages and modules that are not ours, without their inner parts."""
    names = {name.partition(".")[0] for name in modules}
    return {name for name in names if name != "smtpscope" and not name.startswith("_")}


def bare() -> set[str]:
    """What Python has loaded before it does anything."""
    code = "import sys; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, check=True, text=True)
    return top(set(run.stdout.split()))


def test_a_plain_session_loads_what_it_needs_and_no_more() -> None:
    with lab_running() as lab:
        modules = loaded("test", f"127.0.0.1:{lab.port}", *TEST)
    assert lab.messages
    assert "smtpscope.dialogue.conversation" in modules
    assert modules & TOO_DEAR == set()
    assert modules & NOT_YET == set()
    assert top(modules) - bare() <= FOREIGN


def test_the_version_loads_next_to_nothing() -> None:
    modules = loaded("--version")
    assert modules & (TOO_DEAR | NOT_YET | NO_SESSION) == set()


def cpu(compiled: Path, *arguments: str) -> float:
    """The seconds of CPU time, of the process and of the system for it, that Python takes. -S: without the site.

    ``compiled``: the folder of its compiled files, which it may write, wherever else it may not.
    """
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(compiled), "PYTHONDONTWRITEBYTECODE": ""}
    command = [sys.executable, "-S", *arguments]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, capture_output=True, check=True, timeout=60, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_a_plain_session_costs_little_more_than_python_itself(tmp_path: Path) -> None:
    bare = ("-c", f"import {', '.join(sorted(FOREIGN))}")
    with lab_running() as lab:
        run = ("-c", MAIN, "test", f"127.0.0.1:{lab.port}", *TEST)
        _written_once = cpu(tmp_path, *bare), cpu(tmp_path, *run)
        pairs = [(cpu(tmp_path, *bare), cpu(tmp_path, *run)) for _ in range(ROUNDS)]
    foreign, whole = (min(times) for times in zip(*pairs, strict=True))
    assert whole < DEAREST * foreign, f"{whole * 1000:.0f} ms where Python alone takes {foreign * 1000:.0f} ms"
