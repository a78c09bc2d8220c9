"""``smtpscope test``: run a session, show its events, and return an exit code."""

from __future__ import annotations

import os
import sys
import time

from smtpscope.cli.conflicts import check_complete, check_test
from smtpscope.cli.exit import exit_code
from smtpscope.cli.options.parse import parse
from smtpscope.cli.options.test import TestOptions
from smtpscope.cli.session import make_session
from smtpscope.cli.views import open_views
from smtpscope.net.signals import keep_interrupts, signal_name
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from smtpscope.cli.views import Views
    from smtpscope.model.event import Event
    from smtpscope.model.vocabulary import Signal
    from smtpscope.services.run import Run


def run(argv: Sequence[str]) -> int:
    """Run ``smtpscope test``. Returns the exit code. Raises UsageError, LocalError before anything is sent."""
    options = parse(TestOptions, argv)
    check_test(options)
    check_complete(options)
    if options.lab:
        from smtpscope.cli.in_lab import with_lab_defaults

        options = with_lab_defaults(options)
    if options.entries:  # read them now, to report a mistake before anything is sent
        from smtpscope.knowledge.catalogue import load

        load(options.entries)
    run = _run(options)
    views = open_views(options, sys.stdout, os.environ)
    try:
        _show(run, views)
        code = exit_code(run.report.outcome)
        views.conclude(run.report, code)
    finally:
        views.close()
    return int(views.code(code))


def _run(options: TestOptions) -> Run:
    """The run that the options ask for. It starts when its first event is taken. Raises UsageError, LocalError."""
    session = make_session(options)
    if options.lab:
        from smtpscope.cli.in_lab import run_lab_test

        return run_lab_test(options, session)
    return session.hold(session.plan, None)


def _show(run: Run, views: Views) -> None:
    """Show each event as it happens, with its explanation."""

    def show(event: Event) -> None:
        explained = run.said
        views.show(event)
        if explained:
            views.explain(explained)

    keep_interrupts()
    try:
        for event in run:
            show(event)
    except KeyboardInterrupt as stop:  # a second signal, or one while an event was shown; the session handles others
        run.close()
        for event in _interrupted(run.events, time.time(), signal_name(stop)):
            run.add(event)
            show(event)


def _interrupted(events: Sequence[Event], now: float, signal: Signal) -> Iterator[Event]:
    """The last events of a session that a signal ended; none if it had ended already."""
    from smtpscope.model.event import Connecting, Done, Interrupted
    from smtpscope.protocol.phase import Phase

    if events and isinstance(events[-1], Done):
        return
    hosts = [event.host for event in events if isinstance(event, Connecting)]
    phases = [phase for event in events if (phase := getattr(event, "phase", None))]
    if not any(isinstance(event, Interrupted) for event in events):
        yield Interrupted(now, phases[-1] if phases else Phase.CONNECT, signal)
    yield Done(now, hosts[-1] if hosts else "")
