"""From the options of ``test`` to a session: its plan, and how to run it. Mistakes in the options are found here."""

from __future__ import annotations

import os
import time

from smtpscope.cli.planning import make_plan
from smtpscope.probes.options import ProbeOptions
from smtpscope.services.test import run_test
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from smtpscope.cli.options.test import TestOptions
    from smtpscope.dialogue.plan import Plan
    from smtpscope.services.run import Hold


class Session(Value):
    """A plan, and the function that runs it. Its arguments are the plan, and the lab if the server is one."""

    plan: Plan
    hold: Hold


def make_session(options: TestOptions) -> Session:
    """The session that the options ask for. It starts when the first event of its run is taken.

    Raises UsageError, LocalError.
    """
    if options.script:
        from smtpscope.cli.script import scripted

        return Session(*scripted(options, options.script))
    plan, probes = make_plan(options, time.time(), os.urandom(8).hex()), make_probe_options(options)
    if options.await_dsn is None:
        return Session(plan, lambda plan, _lab: run_test(plan, probes, folders=options.entries))
    from smtpscope.cli.await_dsn import await_notifications

    return Session(*await_notifications(options, options.await_dsn, plan, probes))


def make_probe_options(options: TestOptions) -> ProbeOptions:
    """The probes that --probes, --no-probes, --control, --retry, and -v allow.

    A reference host (--control) without a port is probed on ports 25 and 443.
    """
    controls: list[tuple[str, int]] = []
    for endpoint in options.control:
        ports = (25, 443) if endpoint.port is None else (endpoint.port,)
        controls += [(endpoint.host, port) for port in ports]
    return ProbeOptions(
        level="none" if options.no_probes else options.probes or "network",
        controls=tuple(controls) or None,
        view=options.verbose and not options.no_probes,
        retry=options.retry,
    )
