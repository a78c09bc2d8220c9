"""``smtpscope test --await-dsn``: run the session, then wait for the DSNs about its message."""

from __future__ import annotations

import os

from smtpscope.cli.conflicts import check_notifications
from smtpscope.cli.inboxes import LabInbox, open_inbox
from smtpscope.services.notification import await_dsn
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.cli.options.test import TestOptions
    from smtpscope.dialogue.plan import Plan
    from smtpscope.lab.server import Lab
    from smtpscope.probes.options import ProbeOptions
    from smtpscope.services.run import Hold, Run


def await_notifications(
    options: TestOptions, limit: float, plan: Plan, probes: ProbeOptions | None
) -> tuple[Plan, Hold]:
    """The plan of the test with an ENVID, and the function that runs it and then waits ``limit`` seconds for DSNs.

    Raises UsageError, LocalError.
    """
    check_notifications(options, plan.envelope)
    inbox = open_inbox(options)
    envid = plan.envelope.envid or f"smtpscope.{os.urandom(8).hex()}"

    def hold(plan: Plan, lab: Lab | None) -> Run:
        return await_dsn(plan, inbox or LabInbox(lab), limit, probes, folders=options.entries)

    return plan.replace(envelope=plan.envelope.replace(envid=envid, orcpt=True)), hold
