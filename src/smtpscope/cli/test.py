"""``smtpscope test``: from options to a plan, from events to views and an exit code."""

from __future__ import annotations

import os
import sys
import time

from smtpscope.cli.exit import exit_code
from smtpscope.cli.options.spec import parse
from smtpscope.cli.options.test import SPEC
from smtpscope.cli.planning import make_plan
from smtpscope.cli.probing import make_wish
from smtpscope.cli.views import open_views
from smtpscope.engine.interrupt import keep_interrupts
from smtpscope.errors import UsageError
from smtpscope.services.test import run_test
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from smtpscope.cli.practice import Place
    from smtpscope.model.event import Event
    from smtpscope.services.run import Run


def run(argv: Sequence[str]) -> int:
    """Hold the conversation. Returns the exit code."""
    given = parse(SPEC, argv, UsageError)
    keep_interrupts()
    if given["lab"]:
        from smtpscope.cli.practice import practise

        return practise(given, _hold)
    return _hold(given)


def _hold(given: Mapping[str, object], place: Place | None = None) -> int:
    """The conversation, told as it goes; ``place``: a lab that will be gone when somebody types what is advised."""
    run = _run(given, _own_entries(given))
    audience = open_views(given, sys.stdout, os.environ)

    def show(event: Event) -> None:
        said = run.said
        audience.show(event)
        if said:
            audience.explain(place.explained(said) if place else said)

    try:
        try:
            for event in run:
                show(event)
        except KeyboardInterrupt:  # while an event was shown; while one is awaited, the session answers itself
            run.close()
            for event in _interrupted(run.events, time.time()):
                run.add(event)
                show(event)
        report = place.report(run.report) if place else run.report
        code = exit_code(report.outcome)
        audience.conclude(report, code)
    finally:
        audience.close()
    return int(audience.code(code))


def _own_entries(given: Mapping[str, object]) -> tuple[str, ...]:
    """The folders of --entries, read now: a mistake in them is told before anything is sent. Raises LocalError."""
    entries = given["entries"]
    if not isinstance(entries, list) or not entries:
        return ()
    from smtpscope.knowledge.catalogue import load
    from smtpscope.language import current

    load(current(), entries)
    return tuple(entries)


def _interrupted(events: Sequence[Event], now: float) -> Iterator[Event]:
    """The end of a conversation that Ctrl-C cut off; nothing where it had ended already."""
    from smtpscope.model.event import Connecting, Done, Interrupted
    from smtpscope.protocol.phase import Phase

    if events and isinstance(events[-1], Done):
        return
    tried = [event.host for event in events if isinstance(event, Connecting)]
    phases = [phase for event in events if (phase := getattr(event, "phase", None))]
    yield Interrupted(now, phases[-1] if phases else Phase.CONNECT)
    yield Done(now, tried[-1] if tried else "")


def _run(given: Mapping[str, object], folders: Sequence[str]) -> Run:
    """What the options ask for; it begins when its first event is taken. Every mistake is found here."""
    if given["script"]:
        from smtpscope.cli.script import scripted

        return scripted(given, folders)
    plan = make_plan(given, time.time(), os.urandom(8).hex())
    if given["await_dsn"] is None:
        return run_test(plan, make_wish(given), folders=folders)
    from smtpscope.cli.awaiting import awaited

    return awaited(given, plan, make_wish(given), folders)
