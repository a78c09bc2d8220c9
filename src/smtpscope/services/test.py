"""Test a server: the one that is named, or every MX of a domain in order of preference."""

from __future__ import annotations

from smtpscope.diagnosis.claims import plan_claims
from smtpscope.diagnosis.outcome import judge
from smtpscope.dialogue.conversation import conversation
from smtpscope.model.event import Connecting, Diagnosing, Interrupted, Noted, Planned
from smtpscope.model.vocabulary import Topic
from smtpscope.net.blocking import converse
from smtpscope.net.clock import Clock
from smtpscope.net.resolver import Server, find_servers
from smtpscope.net.signals import signal_name
from smtpscope.protocol.phase import Phase
from smtpscope.services.run import Run
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterator, Sequence

    from smtpscope.dialogue.plan import Plan
    from smtpscope.model.event import Event
    from smtpscope.probes.options import ProbeOptions

# Servers of a domain whose failure is probed; the others usually fail for the same reason.
DIAGNOSES = 2


def run_test(
    plan: Plan, probes: ProbeOptions | None = None, clock: Clock | None = None, folders: Sequence[str] = ()
) -> Run:
    """The run that ``plan`` describes.

    ``probes`` allows the probes that narrow down the causes of a failure; without it, there are none. ``folders``
    have further entries of the catalogue. The message goes to one MX only: once one has accepted it, the others are
    tested up to the recipients. Raises nothing for what a peer does.
    """
    return Run(_events(plan, probes, clock or Clock()), folders)


def _events(plan: Plan, probes: ProbeOptions | None, clock: Clock) -> Iterator[Event]:
    """The events of a test; a Done event ends each server."""
    try:
        servers = yield from _find_servers(plan, probes, clock)
    except KeyboardInterrupt as stop:
        yield Interrupted(clock.now(), Phase.RESOLVE, signal_name(stop))
        return
    taken, looked_into, known = False, 0, set[str]()
    for server in servers:
        current = plan.replace(stop_after=plan.stop_after or "rcpt") if taken else plan
        if taken and not plan.stop_after:
            yield Noted(clock.now(), Phase.CONNECT, Topic.MX_COPY, (("host", server.host),))
        events: list[Event] = []
        for event in _test_one(current, server, clock, probes if looked_into < DIAGNOSES else None, known):
            events.append(event)
            yield event
        if server is servers[-1]:
            return
        known |= {event.address for event in events if isinstance(event, Connecting)}
        taken = taken or any(report.queued for report in judge(events).servers)
        looked_into += any(isinstance(event, Diagnosing) for event in events)
        if any(isinstance(event, Interrupted) for event in events):
            return


def _test_one(
    plan: Plan, server: Server, clock: Clock, probes: ProbeOptions | None, known: Collection[str]
) -> Iterator[Event]:
    """The session with one server, with the probes and the second try that ``probes`` allows.

    ``known``: the addresses of other servers of the domain, which are skipped.
    """
    yield Planned(clock.now(), server.host, plan_claims(plan))
    if probes is None:
        dialogue = conversation(plan)
        yield from converse(plan.target, server.host, server.port, dialogue, plan.timeouts, clock, known=known)
        return
    from smtpscope.net.probed_session import probed_session

    yield from probed_session(plan, server, probes, clock, known)


def _find_servers(plan: Plan, probes: ProbeOptions | None, clock: Clock) -> Generator[Event, None, list[Server]]:
    """The servers of the plan, yielding the events of the lookup on the way."""
    if plan.target.host:
        return [Server(plan.target.host, plan.target.port)]
    domain = plan.envelope.recipients[0].rpartition("@")[2]
    events: list[Event] = []
    found = find_servers(plan.target, domain, plan.timeouts[Phase.RESOLVE], clock)
    while True:
        try:
            events.append(next(found))
        except StopIteration as end:
            servers: list[Server] = end.value
            break
        yield events[-1]
    if not servers:
        yield Planned(clock.now(), domain, plan_claims(plan))
        if probes:
            from smtpscope.net.probed_session import probe

            yield from probe(events, plan, probes, clock)
    return servers
