"""``smtpscope test --await-dsn``: hold the session, then wait for the notifications about this very message."""

from __future__ import annotations

import os

from smtpscope.cli import values
from smtpscope.cli.inboxes import open_inbox
from smtpscope.errors import UsageError
from smtpscope.language import _
from smtpscope.services.notification import await_dsn
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from smtpscope.dialogue.plan import Plan
    from smtpscope.probes.wish import Wish
    from smtpscope.services.run import Run


def awaited(given: Mapping[str, object], plan: Plan, wish: Wish | None, folders: Sequence[str]) -> Run:
    """The test and then the notifications. Raises UsageError, LocalError."""
    limit = values.seconds("--await-dsn", given["await_dsn"])
    asked = [plan.envelope.notify_of(number) for number in range(len(plan.envelope.recipients))]
    if not any(asked):
        raise UsageError("--await-dsn", _("say with --notify what you want to be told of, such as success,failure"))
    if all(wishes in ((), ("never",)) for wishes in asked):
        raise UsageError("--await-dsn", _("--notify never asks for no notification: there is nothing to wait for"))
    if not plan.envelope.sender:
        raise UsageError("--await-dsn", _("nobody is told about a message with the null sender"))
    inbox = open_inbox(given)
    envid = plan.envelope.envid or f"smtpscope.{os.urandom(8).hex()}"
    named = plan.replace(envelope=plan.envelope.replace(envid=envid, orcpt=True))
    return await_dsn(named, inbox, limit, wish, folders=folders)
