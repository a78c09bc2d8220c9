"""A session, with probes where it fails. They run before the connection is closed, where there is one."""

from __future__ import annotations

from smtpscope.dialogue.conversation import conversation
from smtpscope.model.event import (
    Connected,
    Diagnosing,
    Disconnected,
    Done,
    Failed,
    Interrupted,
    Noted,
    Received,
    TimedOut,
    Waiting,
)
from smtpscope.model.vocabulary import Party, Topic
from smtpscope.net.blocking import converse
from smtpscope.net.signals import INTERRUPTIBLE, signal_name
from smtpscope.protocol.phase import Phase
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterator, Sequence

    from smtpscope.dialogue.plan import Plan
    from smtpscope.model.event import Event
    from smtpscope.net.clock import Clock
    from smtpscope.net.resolver import Server
    from smtpscope.probes.options import ProbeOptions

# Seconds after the timeout in which a late banner is still read, while the probes run: at most, and at least.
PATIENCE, LEAST = 11.0, 6.0

# Seconds in which a short wait and what follows it must be over.
ALTOGETHER = 14.0

# The weight of a cause from which on no further wait is needed (diagnosis.connection).
CERTAIN = 9


def probe_on_failure(
    session: Generator[Event, None, None], plan: Plan, probes: ProbeOptions, clock: Clock
) -> Iterator[Event]:
    """The events of ``session``, and of the probes where it fails. Both end with Done."""
    events: list[Event] = []
    asked = False
    for event in session:
        if isinstance(event, Done):
            break
        events.append(event)
        yield event
        if isinstance(event, Waiting | TimedOut) and event.phase is Phase.BANNER and not asked:
            asked = True
            interrupted = yield from _add(events, probe(events, plan, probes, clock))
            if interrupted or is_certain(events):
                session.close()
                yield from _break_off(event, interrupted, clock)
                break
    if not any(isinstance(event, Interrupted) for event in events) and not (asked and _failed(events)):
        yield from probe(events, plan, probes, clock)
    yield Done(clock.now(), event.host if isinstance(event, Done) else _host(events))


def _failed(events: Sequence[Event]) -> bool:
    """Whether no good banner came in the end, so that the probes have asked everything."""
    from smtpscope.diagnosis.failure import find_failure

    failure = find_failure(events)
    return failure is not None and failure.kind != "slow"


def _add(events: list[Event], more: Iterator[Event]) -> Generator[Event, None, bool]:
    """Yield ``more`` and keep it. Returns whether Ctrl-C ended it."""
    for event in more:
        events.append(event)
        yield event
    return isinstance(events[-1], Interrupted)


def _break_off(event: Waiting | TimedOut, interrupted: bool, clock: Clock) -> Iterator[Event]:
    """Stop waiting: the answers of the probes decide."""
    if isinstance(event, Waiting) and not interrupted:
        yield TimedOut(clock.now(), Phase.BANNER, event.waited, b"")
    yield Disconnected(clock.now(), Phase.BANNER, Party.US)


def _host(events: Sequence[Event]) -> str:
    return next((event.host for event in events if isinstance(event, Connected)), "")


def is_certain(events: Sequence[Event]) -> bool:
    """Whether the answers so far are decisive: then a longer wait adds nothing."""
    from smtpscope.diagnosis.connection import diagnose, is_open

    diagnosis = diagnose(events)
    return bool(
        diagnosis and diagnosis.causes and diagnosis.causes[0].weight >= CERTAIN and not is_open(diagnosis.causes)
    )


def probe(events: Sequence[Event], plan: Plan, probes: ProbeOptions, clock: Clock) -> Iterator[Event]:
    """Probe what the events so far leave open. Ctrl-C ends it with an Interrupted event."""
    if not (probes.view or probes.level == "all" or any(map(_is_trouble, events))):
        return
    from smtpscope.model.trouble import ProbeLevel, TroubleKind
    from smtpscope.net.probing.runner import ProbeRun, has_questions, run_probes
    from smtpscope.probes.builtin import BUILTIN
    from smtpscope.probes.situation import find_situations

    for situation in find_situations(events, plan, probes):
        if situation.is_step and not has_questions(BUILTIN, situation, probes.level):
            continue
        recipient = plan.envelope.recipients[0] if plan.envelope.recipients else ""
        yield Diagnosing(
            clock.now(),
            TroubleKind(situation.trouble),
            situation.host,
            situation.address,
            situation.port,
            ProbeLevel(probes.level),
            recipient,
        )
        try:
            yield from run_probes(ProbeRun(BUILTIN, probes.level, situation, plan.target), clock)
        except KeyboardInterrupt as stop:
            yield Interrupted(clock.now(), Phase.CONNECT, signal_name(stop))
            return


def _is_trouble(event: Event) -> bool:
    """Whether anything went wrong; otherwise the probes have no questions."""
    if isinstance(event, Received):
        return event.reply.kind not in (2, 3)
    return isinstance(event, Failed | TimedOut | Waiting) or (
        isinstance(event, Disconnected) and event.by is Party.PEER
    )


def probed_session(
    plan: Plan, server: Server, probes: ProbeOptions, clock: Clock, known: Collection[str] = ()
) -> Iterator[Event]:
    """The session with ``server``, with probes where it fails; after a 4yz reply, once more if ``probes`` allows it."""
    events = []
    patience = 0.0 if probes.level == "none" else patience_behind(plan.timeouts[Phase.BANNER])
    for event in probe_on_failure(_converse(plan, server, clock, patience, known), plan, probes, clock):
        if isinstance(event, Done):
            break
        events.append(event)
        yield event
    delay = retry_delay(events, probes)
    if delay is not None:
        yield Noted(clock.now(), Phase.CONNECT, Topic.RETRY, (("seconds", f"{delay:g}"),))
        try:
            with INTERRUPTIBLE:
                clock.sleep(delay)
        except KeyboardInterrupt as stop:
            yield Interrupted(clock.now(), Phase.CONNECT, signal_name(stop))
        else:
            yield from (event for event in _converse(plan, server, clock) if not isinstance(event, Done))
    yield Done(clock.now(), server.host)


def _converse(
    plan: Plan, server: Server, clock: Clock, patience: float = 0.0, known: Collection[str] = ()
) -> Generator[Event, None, None]:
    dialogue = conversation(plan)
    yield from converse(plan.target, server.host, server.port, dialogue, plan.timeouts, clock, patience, known)


def patience_behind(limit: float) -> float:
    """Seconds in which a late banner is still read after a timeout of ``limit`` seconds."""
    return PATIENCE if limit > ALTOGETHER else min(PATIENCE, max(ALTOGETHER - limit, LEAST))


def retry_delay(events: Sequence[Event], probes: ProbeOptions) -> float | None:
    """Seconds until a second try; None where none is wanted, or nothing was rejected temporarily."""
    refusal = next((e for e in events if isinstance(e, Received) and e.reply.kind == 4), None)
    if probes.retry is None or refusal is None or any(isinstance(e, Interrupted) for e in events):
        return None
    from smtpscope.diagnosis.greylisting import GREYLIST, named_delay

    return probes.retry or named_delay(refusal.reply.text) or GREYLIST
