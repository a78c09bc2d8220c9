"""``smtpscope test``: from options to a plan, from events to views and an exit code."""

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

    from smtpscope.model.event import Event
    from smtpscope.model.vocabulary import Signal
    from smtpscope.services.run import Run


def run(argv: Sequence[str]) -> int:
    """Hold the conversation. Returns the exit code."""
    options = parse(TestOptions, argv)
    check_test(options)
    check_complete(options)
    if options.lab:
        from smtpscope.cli.in_lab import with_lab_defaults

        options = with_lab_defaults(options)
    return _hold(options)


def _hold(options: TestOptions) -> int:
    """The conversation, told as it goes."""
    _read_entries(options.entries)
    run = _run(options)
    audience = open_views(options, sys.stdout, os.environ)

    def show(event: Event) -> None:
        said = run.said
        audience.show(event)
        if said:
            audience.explain(said)

    try:
        keep_interrupts()
        try:
            for event in run:
                show(event)
        except KeyboardInterrupt as stop:  # a second one, or while an event was shown; else the session answers itself
            run.close()
            for event in _interrupted(run.events, time.time(), signal_name(stop)):
                run.add(event)
                show(event)
        code = exit_code(run.report.outcome)
        audience.conclude(run.report, code)
    finally:
        audience.close()
    return int(audience.code(code))


def _read_entries(folders: Sequence[str]) -> None:
    """Read the folders of --entries: a mistake in them is told before anything is sent. Raises LocalError."""
    if folders:
        from smtpscope.knowledge.catalogue import load

        load(folders)


def _interrupted(events: Sequence[Event], now: float, signal: Signal) -> Iterator[Event]:
    """The end of a conversation that a signal cut off; nothing where it had ended already."""
    from smtpscope.model.event import Connecting, Done, Interrupted
    from smtpscope.protocol.phase import Phase

    if events and isinstance(events[-1], Done):
        return
    tried = [event.host for event in events if isinstance(event, Connecting)]
    phases = [phase for event in events if (phase := getattr(event, "phase", None))]
    if not any(isinstance(event, Interrupted) for event in events):
        yield Interrupted(now, phases[-1] if phases else Phase.CONNECT, signal)
    yield Done(now, tried[-1] if tried else "")


def _run(options: TestOptions) -> Run:
    """What the options ask for; it begins when its first event is taken. Every mistake is found here."""
    session = make_session(options)
    if options.lab:
        from smtpscope.cli.in_lab import run_lab_test

        return run_lab_test(options, session)
    return session.hold(session.plan, None)
