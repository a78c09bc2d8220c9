"""Under gevent, sessions take turns while they wait: the blocking driver uses whatever sockets gevent has put in place.

Each test runs a program of its own, for gevent changes the standard library of the process that it is in.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from smtpscope.lab.options import Security
from smtpscope.lab.runner import lab_running
from smtpscope.lab.scenario.model import Action, Rule, Scenario, When

# Each client waits one second for the banner.
SLOW = Scenario("slow-banner", rules=(Rule(When(("connect",)), Action(delay=1.0)),))
CLIENTS = 5

EARLY = "from gevent import monkey; monkey.patch_all(); import smtpscope"
LATE = "import smtpscope, smtpscope.net.connection; from gevent import monkey; monkey.patch_all()"

PROGRAM = """
{order}
import gevent, json, sys, time
from smtpscope import Envelope, Plan, Target, Tls, run_test
from smtpscope.probes.options import ProbeOptions
host, port, mode = sys.argv[1], int(sys.argv[2]), sys.argv[3]
envelope = Envelope("contoso.com", "chris@contoso.com", ("kate@fabrikam.com",))
plan = Plan(Target(host, port), envelope, tls=Tls(mode, verify=False), stop_after="rcpt")
def test():
    run = run_test(plan, ProbeOptions("network"))
    kinds = [type(event).__name__ for event in run]
    return [run.report.status.value, "Secured" in kinds, kinds.count("Probed") > 0]
begun = time.monotonic()
jobs = [gevent.spawn(test) for _ in range({clients})]
gevent.joinall(jobs, raise_error=True)
print(json.dumps([time.monotonic() - begun, [job.value for job in jobs]]))
"""


def sessions(order: str, host: str, port: int, mode: str) -> tuple[float, list[list[object]]]:
    """Seconds that the sessions took; of each the status, whether it was encrypted, and whether probes answered."""
    program = PROGRAM.format(order=order, clients=CLIENTS)
    run = subprocess.run(
        [sys.executable, "-c", program, host, str(port), mode], capture_output=True, text=True, check=True, timeout=60
    )
    seconds, results = json.loads(run.stdout)
    return seconds, results


@pytest.mark.parametrize("order", [EARLY, LATE], ids=["patched before the import", "patched after it"])
@pytest.mark.parametrize(("host", "mode"), [("127.0.0.1", "never"), ("localhost", "never"), ("127.0.0.1", "require")])
def test_sessions_wait_at_the_same_time(order: str, host: str, mode: str) -> None:
    with lab_running(SLOW, security=Security(starttls=True)) as lab:
        seconds, results = sessions(order, host, lab.port, mode)
    assert results == [["ok", mode == "require", False]] * CLIENTS
    assert 1.0 <= seconds < 4.0  # one after the other, five


def test_the_probes_of_a_failed_session_are_answered() -> None:
    closed = Scenario("closed", listening=False)
    with lab_running(closed) as lab:
        _seconds, results = sessions(EARLY, "127.0.0.1", lab.port, "never")
    assert results == [["connection-refused", False, True]] * CLIENTS
