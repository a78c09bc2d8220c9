"""Test a server, then wait for the delivery status notifications about this very message."""

from __future__ import annotations

from smtpscope.diagnosis.outcome import judge
from smtpscope.dialogue.message import header_of
from smtpscope.model.claim import Claim, Goal
from smtpscope.model.event import Done, Interrupted, Noted, Notified, Planned, Unnotified
from smtpscope.model.vocabulary import DsnAction, Topic
from smtpscope.net.clock import Clock
from smtpscope.net.signals import INTERRUPTIBLE, signal_name
from smtpscope.protocol.phase import Phase
from smtpscope.reading.notification import FINAL, awaited_message, read_notification
from smtpscope.services.run import Run
from smtpscope.services.test import run_test
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from smtpscope.dialogue.plan import Envelope, Plan
    from smtpscope.model.event import Event
    from smtpscope.net.inbox import Inbox
    from smtpscope.probes.options import ProbeOptions
    from smtpscope.reading.notification import Awaited, RecipientStatus

# Seconds between two looks into the place where notifications arrive.
PAUSE = 0.3


def await_dsn(
    plan: Plan,
    inbox: Inbox,
    limit: float,
    probes: ProbeOptions | None = None,
    clock: Clock | None = None,
    folders: Sequence[str] = (),
) -> Run:
    """The run of ``plan``, which then looks into ``inbox`` for up to ``limit`` seconds.

    ``plan`` needs an envelope id, by which a notification is recognised; where a server drops it, the Message-ID of
    the message serves. The rest is as in ``run_test``.
    """
    return Run(_events(plan, inbox, limit, probes, clock or Clock()), folders)


def _events(plan: Plan, inbox: Inbox, limit: float, probes: ProbeOptions | None, clock: Clock) -> Iterator[Event]:
    since = clock.now()
    events: list[Event] = []
    last: Done | None = None
    try:
        with INTERRUPTIBLE:
            inbox.begin()
        for event in run_test(plan, probes, clock):
            if last:
                yield last  # one more server is asked
                last = None
            events.append(event)
            if isinstance(event, Done):
                last = event
            else:
                yield _with_claims(event, plan.envelope) if isinstance(event, Planned) else event
        taken = _taken(events)
        if taken and not any(isinstance(event, Interrupted) for event in events):
            header = plan.message or (header_of(plan.draft) if plan.draft else b"")
            awaited = awaited_message(header, plan.envelope.envid, taken, since)
            yield from _wait(plan.envelope, awaited, inbox, limit, clock)
    except KeyboardInterrupt as stop:
        yield Interrupted(clock.now(), Phase.CLOSED, signal_name(stop))
    finally:
        inbox.close()
    if last:
        yield last


def _with_claims(planned: Planned, envelope: Envelope) -> Planned:
    """The claims of a test, and that each recipient is reported as it was asked for."""
    if not any(claim.goal is Goal.MESSAGE for claim in planned.claims):
        return planned
    asked = [(name, envelope.notify_of(number)) for number, name in enumerate(envelope.recipients)]
    more = [
        Claim(Goal.DELIVERED if "success" in conditions else Goal.NOT_FAILED, name)
        for name, conditions in asked
        if conditions not in ((), ("never",))
    ]
    return planned.replace(claims=(*planned.claims, *more))


def _taken(events: Sequence[Event]) -> tuple[str, ...]:
    """The recipients for whom a server took responsibility."""
    servers = [server for server in judge(events).servers if server.queued]
    return tuple(result.recipient for server in servers for result in server.recipients if result.accepted)


def _wait(envelope: Envelope, awaited: Awaited, inbox: Inbox, limit: float, clock: Clock) -> Iterator[Event]:
    details = (("seconds", f"{limit:g}"), ("envid", awaited.envid))
    yield Noted(clock.now(), Phase.CLOSED, Topic.DSN_WAITING, details)
    asked = {to: envelope.notify_of(number) for number, to in enumerate(envelope.recipients)}
    missing = [to for to in awaited.recipients if asked[to] not in ((), ("never",))]
    begun, delayed = clock.monotonic(), set[str]()
    while missing and clock.monotonic() < begun + limit:
        for octets in _arrived(inbox):
            for told in read_notification(octets, awaited):
                event = _notified(told, clock.now(), clock.monotonic() - begun)
                yield event
                if event.action in FINAL and told.recipient in missing:
                    missing.remove(told.recipient)
                else:
                    delayed.add(told.recipient)
        if missing:
            with INTERRUPTIBLE:
                clock.sleep(PAUSE)
    for recipient in missing:
        if recipient not in delayed:
            yield Unnotified(clock.now(), recipient, limit)


def _arrived(inbox: Inbox) -> Iterator[bytes]:
    """What is new in ``inbox``, one message at a time: there may be many, and large ones. A signal ends the wait."""
    found = inbox.fetch()
    while True:
        with INTERRUPTIBLE:
            octets = next(found, None)
        if octets is None:
            return
        yield octets


def _notified(told: RecipientStatus, now: float, waited: float) -> Notified:
    report = told.report
    known = report.action in [action.value for action in DsnAction]
    action = DsnAction(report.action) if known else DsnAction.OTHER
    said = report.diagnostic or report.status
    return Notified(
        now,
        told.recipient,
        action,
        report.action,
        report.status,
        said,
        told.reporter,
        report.remote_mta,
        waited,
        told.by,
    )
