"""``smtpscope test --await-dsn``: hold the session, then wait for the notifications about this very message."""

from __future__ import annotations

import os

from smtpscope.cli.conflicts import check_notifications
from smtpscope.cli.inboxes import open_inbox
from smtpscope.services.notification import await_dsn
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.cli.options.test import TestOptions
    from smtpscope.dialogue.plan import Plan
    from smtpscope.lab.lab import Lab
    from smtpscope.probes.wish import Wish
    from smtpscope.services.run import Run


def awaited(options: TestOptions, limit: float, plan: Plan, wish: Wish | None, lab: Lab | None) -> Run:
    """The test and then the notifications, for ``limit`` seconds. Raises UsageError, LocalError."""
    check_notifications(plan.envelope)
    inbox = open_inbox(options, lab)
    envid = plan.envelope.envid or f"smtpscope.{os.urandom(8).hex()}"
    named = plan.replace(envelope=plan.envelope.replace(envid=envid, orcpt=True))
    return await_dsn(named, inbox, limit, wish, folders=options.entries)
