"""The operating system behind one module: nothing else imports its parts, and gevent can take its place."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import smtpscope
from nameserver import nameserver
from smtpscope.lab.options import Security
from smtpscope.lab.runner import lab_running
from smtpscope.lab.scenario.model import Action, Rule, Scenario, When
from smtpscope.net import system

SOURCE = Path(smtpscope.__file__).parent

# Sessions at the same time, each with a server that waits a second before its banner.
SESSIONS = 5
SLOW = Scenario("slow", rules=(Rule(When(("connect",)), Action(220, ("hi",), delay=1.0)),))

PROGRAM = """
import sys
{first}
{second}
import time
import gevent
from smtpscope.dialogue.plan import Envelope, Plan, Target, Tls
from smtpscope.model.event import Done, Probed, Received, Secured
from smtpscope.probes.options import ProbeOptions
from smtpscope.services.test import run_test

host, port, resolver, ca, mode = sys.argv[1:]
plan = Plan(
    Target(host, int(port), resolver=resolver),
    Envelope("contoso.com", "chris@contoso.com", ("kate@fabrikam.com",)),
    message=b"Subject: x\\r\\n\\r\\ntext\\r\\n",
    tls=Tls(mode=mode, ca=ca, name="localhost"),
)
probes = ProbeOptions("network") if host == "127.0.0.9" else None

def hold():
    return list(run_test(plan, probes))

begun = time.monotonic()
jobs = [gevent.spawn(hold) for _ in range({sessions})]
gevent.joinall(jobs, raise_error=True)
took = time.monotonic() - begun
for kind in (Received, Secured, Probed, Done):
    print(kind.__name__, min(sum(isinstance(event, kind) for event in job.value) for job in jobs))
print("took", took)
"""

PATCH, IMPORT = "from gevent import monkey; monkey.patch_all()", "import smtpscope.services.test"


def run(
    host: str, port: int, resolver: str = "", ca: str = "", mode: str = "never", first: str = PATCH
) -> dict[str, float]:
    """The least number of events of a kind in a session, and the seconds that all sessions took together."""
    code = PROGRAM.format(first=first, second=IMPORT if first == PATCH else PATCH, sessions=SESSIONS)
    done = subprocess.run(
        [sys.executable, "-c", code, host, str(port), resolver, ca, mode],
        capture_output=True,
        text=True,
        timeout=60,
        env={name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")},
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return {name: float(number) for name, number in (line.split() for line in done.stdout.splitlines())}


@pytest.mark.parametrize("first", [PATCH, IMPORT], ids=["patched first", "imported first"])
def test_sessions_wait_at_the_same_time_under_gevent(first: str) -> None:
    with lab_running(SLOW) as lab:
        found = run("127.0.0.1", lab.port, first=first)
    assert found["Received"] >= 6
    assert found["took"] < 2.5


def test_sessions_with_tls_wait_at_the_same_time_under_gevent() -> None:
    with lab_running(SLOW, security=Security(starttls=True)) as lab:
        found = run("127.0.0.1", lab.port, ca=lab.ca_file, mode="require")
    assert found["Secured"] == 1
    assert found["took"] < 2.5


@pytest.mark.parametrize("host", ["localhost", "mx.example.net"])
def test_names_are_resolved_at_the_same_time_under_gevent(host: str) -> None:
    zone = {("mx.example.net.", "A"): ["127.0.0.1"]}
    with nameserver(zone) as resolver, lab_running(SLOW) as lab:
        found = run(host, lab.port, resolver if host == "mx.example.net" else "")
    assert found["Received"] >= 6
    assert found["took"] < 2.5


def test_the_threads_of_the_probes_work_under_gevent() -> None:
    """Nothing listens at this address: the probes look into it."""
    with lab_running(SLOW) as lab:
        found = run("127.0.0.9", lab.port)
    assert found["Probed"] >= 1
    assert found["Done"] == 1


def imported(path: Path) -> set[str]:
    """The modules that a file imports, wherever it does."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def test_no_other_module_takes_what_gevent_cannot_patch() -> None:
    others = [path for path in SOURCE.rglob("*.py") if path != Path(system.__file__)]
    assert len(others) > 100
    assert [path.name for path in others if imported(path) & {"_socket", "_thread", "_signal"}] == []


def test_without_gevent_the_modules_that_load_at_once_are_used() -> None:
    code = "import sys, smtpscope.net.blocking; print('socket' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}; {code}"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "False\n"
