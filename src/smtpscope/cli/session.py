"""What a session is, from the options of ``test``: its plan, and how it is held. Every mistake is found here."""

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
    from smtpscope.protocol.endpoint import Endpoint
    from smtpscope.services.run import Hold


class Session(Value):
    """A plan, and what holds it: given the plan, and the lab where one is the server."""

    plan: Plan
    hold: Hold


def make_session(options: TestOptions) -> Session:
    """What the options ask for. Nothing is sent before the first event of its run is taken.

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
    """What --probes, --no-probes, --control, --retry and -v allow."""
    controls = tuple(pair for endpoint in options.control for pair in _control(endpoint))
    return ProbeOptions(
        level="none" if options.no_probes else options.probes or "network",
        controls=controls or None,
        view=options.verbose and not options.no_probes,
        retry=options.retry,
    )


def _control(endpoint: Endpoint) -> tuple[tuple[str, int], ...]:
    """HOST:PORT is asked on that port, HOST alone on 25 and 443."""
    host, port = endpoint.host, endpoint.port
    return ((host, 25), (host, 443)) if port is None else ((host, port),)
