"""Test a lab of one's own: it runs for as long as the test, and plays what a real server might do."""

from __future__ import annotations

from smtpscope.dialogue.plan import IMPLICIT, NEVER
from smtpscope.lab.options import Security, Service
from smtpscope.lab.runner import lab_running
from smtpscope.services.run import Run
from smtpscope.services.test import run_test
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from smtpscope.dialogue.plan import Login, Plan, Target
    from smtpscope.lab.scenario.model import Scenario
    from smtpscope.lab.server import Lab
    from smtpscope.model.event import Event

    Hold = Callable[[Plan, Lab], Iterable[Event]]

LOOPBACK = "127.0.0.1"


def run_in_lab(
    scenario: str | Scenario, plan: Plan, hold: Hold | None = None, maildir: str = "", folders: Sequence[str] = ()
) -> Run:
    """The run of ``plan`` with a lab that plays ``scenario`` (a name, a file, or a value) in the place of its target.

    The lab's authority is trusted where the plan names none, so that what is wrong with a certificate is what the
    scenario made wrong. ``hold`` holds another session than ``run_test`` does: it is given the plan with the lab as the
    server, and the lab. What the lab takes is kept in ``maildir``; without one, it is forgotten. ``folders`` hold own
    entries of the catalogue. The first event raises UsageError for a scenario that is not there, LocalError for a
    folder that cannot be used.
    """
    return Run(_events(scenario, plan, hold or _test, maildir), folders)


def _test(plan: Plan, lab: Lab) -> Iterable[Event]:
    return run_test(plan)


def _events(scenario: str | Scenario, plan: Plan, hold: Hold, maildir: str) -> Iterator[Event]:
    service = Service(plan.protocol, bool(plan.xclient), bool(plan.proxy))
    security = Security(implicit=plan.tls.mode == IMPLICIT)
    with lab_running(scenario, maildir=maildir, security=security, service=service) as lab:
        yield from hold(_with_lab(plan, lab), lab)


def _with_lab(plan: Plan, lab: Lab) -> Plan:
    """``plan`` with the lab as its server."""
    trusts = lab.encrypts and plan.tls.mode != NEVER and not plan.tls.ca
    tls = plan.tls.replace(ca=lab.ca_file) if trusts else plan.tls
    target = plan.target.replace(host=LOOPBACK, port=lab.port)
    return plan.replace(target=target, tls=tls, login=_at(plan.login, target))


def _at(login: Login | None, target: Target) -> Login | None:
    """The login at ``target``, which some mechanisms say in their messages (RFC 7628 section 3.1)."""
    if login is None:
        return None
    return login.replace(credentials=login.credentials.replace(host=target.host, port=target.port))
