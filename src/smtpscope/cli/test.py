"""``smtpscope test``: from options to a plan, from events to views and an exit code."""

from __future__ import annotations

import os
import sys
import time

from smtpscope import api
from smtpscope.cli.exit import Exit, exit_code, stopped_code
from smtpscope.cli.options.spec import parse
from smtpscope.cli.options.test import SPEC
from smtpscope.cli.planning import make_plan
from smtpscope.cli.probing import make_wish
from smtpscope.cli.views import open_views
from smtpscope.diagnosis.interpret import Interpreter
from smtpscope.diagnosis.verdict import judge, overall
from smtpscope.engine.interrupt import keep_interrupts, signal_name
from smtpscope.errors import UsageError
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from smtpscope.cli.practice import Place
    from smtpscope.events import Event


def run(argv: Sequence[str]) -> int:
    """Hold the conversation. Returns the exit code."""
    given = parse(SPEC, argv, UsageError)
    if given["lab"]:
        from smtpscope.cli.practice import practise

        return practise(given, _hold)
    return _hold(given)


def _hold(given: Mapping[str, object], place: Place | None = None) -> int:
    """The conversation, told as it goes; ``place``: a lab that will be gone when somebody types what is advised."""
    folders = _own_entries(given)
    conversation = _conversation(given)
    audience = open_views(given, sys.stdout, os.environ)
    events: list[Event] = []
    interpreter = Interpreter(folders)

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
        code = stopped_code(events) or exit_code(overall(verdicts)) or _notified(given, events)
        audience.conclude(verdicts, code)
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


def _notified(given: Mapping[str, object], events: Sequence[Event]) -> Exit:
    """What the notifications said, where they were waited for."""
    if given["await_dsn"] is None:
        return Exit.OK
    from smtpscope.cli.awaiting import notified_code

    return notified_code(events)


def _conversation(given: Mapping[str, object]) -> Iterator[Event]:
    """What the options ask for; it begins when its first event is taken. Every mistake is found here."""
    if given["script"]:
        from smtpscope.cli.script import scripted

        return scripted(given)
    plan = make_plan(given, time.time(), os.urandom(8).hex())
    if given["await_dsn"] is None:
        return api.check(plan, wish=make_wish(given))
    from smtpscope.cli.awaiting import awaited

    return awaited(given, plan, make_wish(given))
