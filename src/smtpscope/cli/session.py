"""What a session is, from the options of ``test``: its plan, and how it is held. Every mistake is found here."""

from __future__ import annotations

import os
import time

from smtpscope.cli.planning import make_plan
from smtpscope.cli.probing import make_probe_options
from smtpscope.services.test import run_test
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from smtpscope.cli.options.test import TestOptions
    from smtpscope.dialogue.plan import Plan
    from smtpscope.lab.server import Lab
    from smtpscope.services.run import Run


class Session(Value):
    """A plan, and what holds it: given the plan, and the lab where one is the server."""

    plan: Plan
    hold: Callable[[Plan, Lab | None], Run]


def make_session(options: TestOptions) -> Session:
    """What the options ask for. Nothing is sent before the first event of its run is taken.

    Raises UsageError, LocalError.
    """
    if options.script:
        from smtpscope.cli.script import scripted

        return scripted(options, options.script)
    plan, probes = make_plan(options, time.time(), os.urandom(8).hex()), make_probe_options(options)
    if options.await_dsn is None:
        return Session(plan, lambda plan, _lab: run_test(plan, probes, folders=options.entries))
    from smtpscope.cli.await_dsn import await_notifications

    return await_notifications(options, options.await_dsn, plan, probes)
