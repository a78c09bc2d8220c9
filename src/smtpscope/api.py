"""The facade: wires the layers together and decides nothing."""

from __future__ import annotations

from smtpscope.diagnosis.verdict import judge
from smtpscope.dialogue.conversation import conversation
from smtpscope.engine.clock import Clock
from smtpscope.engine.interrupt import signal_name
from smtpscope.engine.resolve import Server, find_servers
from smtpscope.engine.run import converse
from smtpscope.events import Diagnosing, Interrupted, Noted
from smtpscope.protocol.phase import TIMEOUTS, Phase
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from smtpscope.dialogue.plan import Plan, Target
    from smtpscope.dialogue.step import Dialogue
    from smtpscope.events import Event
    from smtpscope.probes.wish import Wish

# Servers of a domain whose failure is looked into; the others fail for the same reason, as a rule.
DIAGNOSES = 2


def check(plan: Plan, clock: Clock | None = None, wish: Wish | None = None) -> Iterator[Event]:
    """Hold the conversation that ``plan`` describes, with the server named or with every MX in order of preference.

    ``wish`` allows the probes that tell the causes of a failure apart; without it, none are asked.

    Yields the events as they happen; a Done event ends each server. The message is given to one MX only: once one
    has taken it, the others are asked about the recipients and no more. Raises nothing for what a peer does.
    """
    clock = clock or Clock()
    try:
        servers = yield from _servers(plan, clock, wish)
    except KeyboardInterrupt as stop:
        yield Interrupted(clock.now(), Phase.RESOLVE, signal_name(stop))
        return
    taken, looked_into = False, 0
    for server in servers:
        current = plan if not taken else plan.replace(stop_after=plan.stop_after or "rcpt")
        if taken and not plan.stop_after:
            yield Noted(clock.now(), Phase.CONNECT, "mx-copy", (("host", server.host),))
        events = []
        for event in _talk(current, server, clock, wish if looked_into < DIAGNOSES else None):
            events.append(event)
            yield event
        taken = taken or any(verdict.queued for verdict in judge(events))
        looked_into += any(isinstance(event, Diagnosing) for event in events)
        if any(isinstance(event, Interrupted) for event in events):
            return


def hand_over(host: str, port: int, helo: str, recipient: str, message: bytes) -> str:
    """Give ``message``, from the null sender, to a server. Returns what came of it, in words."""
    from smtpscope.dialogue.plan import Envelope, Plan, Target
    from smtpscope.render.verdict import sentence

    plan = Plan(Target(host, port), Envelope(helo, "", (recipient,)), message=message)
    verdicts = judge(tuple(check(plan)))
    return "; ".join(sentence(verdict) for verdict in verdicts)


def perform(
    target: Target, dialogue: Dialogue, timeouts: Mapping[Phase, float] = TIMEOUTS, clock: Clock | None = None
) -> Iterator[Event]:
    """Hold ``dialogue`` with the server that ``target`` names; yields the events as they happen, Done last."""
    return converse(target, target.host, target.port, dialogue, timeouts, clock or Clock())


def _talk(plan: Plan, server: Server, clock: Clock, wish: Wish | None) -> Iterator[Event]:
    """The conversation with one server, with the probes and the second try that ``wish`` allows."""
    if wish is None:
        return converse(plan.target, server.host, server.port, conversation(plan), plan.timeouts, clock)
    from smtpscope.engine.watch import talk

    return talk(plan, server, wish, clock)


def _servers(plan: Plan, clock: Clock, wish: Wish | None) -> Generator[Event, None, list[Server]]:
    """The servers of the plan, yielding the events of the look-up on the way."""
    if plan.target.host:
        return [Server(plan.target.host, plan.target.port)]
    domain = plan.envelope.recipients[0].rpartition("@")[2]
    events = []
    found = find_servers(plan.target, domain, plan.timeouts[Phase.RESOLVE], clock)
    while True:
        try:
            events.append(next(found))
        except StopIteration as end:
            servers: list[Server] = end.value
            break
        yield events[-1]
    if not servers and wish:
        from smtpscope.engine.watch import probe

        yield from probe(events, plan, wish, clock)
    return servers
