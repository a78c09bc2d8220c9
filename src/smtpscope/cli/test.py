"""``smtpscope test``: from options to a plan, from events to views and an exit code."""

from __future__ import annotations

import os
import sys
import time

from smtpscope import api
from smtpscope.cli.conflicts import check_test
from smtpscope.cli.exit import Exit, exit_code, stopped_code
from smtpscope.cli.options.parse import parse
from smtpscope.cli.options.test import TestOptions
from smtpscope.cli.planning import make_plan
from smtpscope.cli.probing import make_wish
from smtpscope.cli.views import open_views
from smtpscope.diagnosis.interpret import Interpreter
from smtpscope.diagnosis.verdict import judge, overall
from smtpscope.engine.interrupt import keep_interrupts, signal_name
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from smtpscope.cli.practice import Place
    from smtpscope.events import Event


def run(argv: Sequence[str]) -> int:
    """Hold the conversation. Returns the exit code."""
    options = parse(TestOptions, argv)
    check_test(options)
    if options.lab:
        from smtpscope.cli.practice import practise

        return practise(options, options.lab, _hold)
    return _hold(options)


def _hold(options: TestOptions, place: Place | None = None) -> int:
    """The conversation, told as it goes; ``place``: a lab that will be gone when somebody types what is advised."""
    _read_entries(options.entries)
    conversation = _conversation(options, place)
    audience = open_views(options, sys.stdout, os.environ)
    events: list[Event] = []
    interpreter = Interpreter(options.entries)

    def take(event: Event) -> None:
        events.append(event)
        said = interpreter.take(event)
        audience.show(event)
        if said:
            audience.explain(place.explained(said) if place else said)

    try:
        keep_interrupts()
        try:
            for event in conversation:
                take(event)
        except KeyboardInterrupt as stop:  # a second one, or while an event was shown; else the session answers itself
            _end(conversation)
            for event in _interrupted(events, time.time(), signal_name(stop)):
                take(event)
        verdicts = interpreter.explain(judge(events))
        verdicts = place.verdicts(verdicts) if place else verdicts
        code = stopped_code(events) or exit_code(overall(verdicts)) or _notified(options, events)
        audience.conclude(verdicts, code)
    finally:
        audience.close()
    return int(audience.code(code))


def _read_entries(folders: Sequence[str]) -> None:
    """Read the folders of --entries: a mistake in them is told before anything is sent. Raises LocalError."""
    if folders:
        from smtpscope.knowledge.catalogue import load
        from smtpscope.language import current

        load(current(), folders)


def _interrupted(events: Sequence[Event], now: float, signal: str) -> Iterator[Event]:
    """The end of a conversation that a signal cut off; nothing where it had ended already."""
    from smtpscope.events import Connecting, Done, Interrupted
    from smtpscope.protocol.phase import Phase

    if events and isinstance(events[-1], Done):
        return
    tried = [event.host for event in events if isinstance(event, Connecting)]
    phases = [phase for event in events if (phase := getattr(event, "phase", None))]
    if not any(isinstance(event, Interrupted) for event in events):
        yield Interrupted(now, phases[-1] if phases else Phase.CONNECT, signal)
    yield Done(now, tried[-1] if tried else "")


def _end(conversation: Iterator[Event]) -> None:
    """Close what the conversation holds open."""
    close = getattr(conversation, "close", None)
    if close:
        close()


def _notified(options: TestOptions, events: Sequence[Event]) -> Exit:
    """What the notifications said, where they were waited for."""
    if options.await_dsn is None:
        return Exit.OK
    from smtpscope.cli.awaiting import notified_code

    return notified_code(events)


def _conversation(options: TestOptions, place: Place | None) -> Iterator[Event]:
    """What the options ask for; it begins when its first event is taken. Every mistake is found here."""
    if options.script:
        from smtpscope.cli.script import scripted

        return scripted(options, options.script)
    plan, wish = make_plan(options, time.time(), os.urandom(8).hex()), make_wish(options)
    if options.await_dsn is None:
        return api.check(plan, wish=wish)
    from smtpscope.cli.awaiting import awaited

    return awaited(options, options.await_dsn, plan, wish, place.lab if place else None)
