"""``smtpscope test --await-dsn``: hold the conversation, then wait for the notifications about this very message."""

from __future__ import annotations

import os
import time

from smtpscope import api
from smtpscope.cli.conflicts import check_notifications
from smtpscope.cli.exit import Exit
from smtpscope.cli.inboxes import open_inbox
from smtpscope.diagnosis.verdict import judge
from smtpscope.engine.interrupt import WAITS, signal_name
from smtpscope.events import Done, Interrupted, Noted
from smtpscope.language import current
from smtpscope.protocol.phase import Phase
from smtpscope.reading.notification import FINAL, Awaited, Told, read_notification
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from smtpscope.cli.options.test import TestOptions
    from smtpscope.dialogue.plan import Plan
    from smtpscope.engine.inbox import Inbox
    from smtpscope.events import Event
    from smtpscope.lab.lab import Lab
    from smtpscope.probes.wish import Wish

# Seconds between two looks into the place where notifications arrive.
PAUSE = 0.3


def awaited(options: TestOptions, limit: float, plan: Plan, wish: Wish | None, lab: Lab | None) -> Iterator[Event]:
    """The conversation and then the notifications, as notes, for ``limit`` seconds. Raises UsageError, LocalError."""
    check_notifications(plan.envelope)
    inbox = open_inbox(options, lab)
    envid = plan.envelope.envid or f"smtpscope.{os.urandom(8).hex()}"
    named = plan.replace(envelope=plan.envelope.replace(envid=envid, orcpt=True))
    return _converse_and_wait(named, wish, inbox, limit)


def _converse_and_wait(plan: Plan, wish: Wish | None, inbox: Inbox, limit: float) -> Iterator[Event]:
    events: list[Event] = []
    try:
        with WAITS:
            inbox.begin()
        for event in api.check(plan, wish=wish):
            if events and isinstance(events[-1], Done):
                yield events[-1]  # one more server is asked
            events.append(event)
            if not isinstance(event, Done):
                yield event
        taken = _taken(events)
        if taken and not any(isinstance(event, Interrupted) for event in events):
            yield from _wait(plan, taken, inbox, limit)
    except KeyboardInterrupt as stop:
        yield Interrupted(time.time(), Phase.CLOSED, signal_name(stop))
    finally:
        inbox.close()
    if events and isinstance(events[-1], Done):
        yield events[-1]  # the last word, as in every conversation


def _taken(events: Sequence[Event]) -> tuple[str, ...]:
    """The recipients that a server has taken charge of."""
    queued = [verdict for verdict in judge(events) if verdict.queued]
    return tuple(result.recipient for verdict in queued for result in verdict.recipients if result.accepted)


def _wait(plan: Plan, recipients: tuple[str, ...], inbox: Inbox, limit: float) -> Iterator[Event]:
    run_id = f"<{plan.draft.run_id}.smtpscope@" if plan.draft else ""
    waited = Awaited(plan.envelope.envid, run_id, recipients)
    yield _note("dsn-waiting", seconds=f"{limit:g}", envid=plan.envelope.envid)
    envelope = plan.envelope
    wishes = {to: envelope.notify_of(number) for number, to in enumerate(envelope.recipients)}
    begun, late = time.monotonic(), set[str]()
    missing = [to for to in recipients if wishes[to] != ("never",)]
    while missing and time.monotonic() < begun + limit:
        with WAITS:
            found = inbox.fetch()
        for octets in found:
            for told in read_notification(octets, waited):
                yield _said(told, time.monotonic() - begun)
                late.add(told.recipient)
                if told.report.action in FINAL and told.recipient in missing:
                    missing.remove(told.recipient)
        if missing:
            with WAITS:
                time.sleep(PAUSE)
    for recipient in missing:
        yield from _silence(recipient, recipient in late, wishes[recipient], limit)


def _said(told: Told, after: float) -> Noted:
    from smtpscope.knowledge.catalogue import explain

    action, report = told.report.action, told.report
    topic = f"dsn-{action}" if action in (*FINAL, "delayed") else "dsn-other"
    meaning = explain(report.reply, language=current()).meaning if action in ("failed", "delayed") else ""
    return _note(
        topic,
        recipient=told.recipient,
        action=action,
        status=report.status,
        words=report.diagnostic or report.status,
        reporter=told.reporter,
        remote=report.remote_mta,
        seconds=f"{after:.1f}",
        meaning=meaning,
    )


def _silence(recipient: str, delayed: bool, notify: tuple[str, ...], limit: float) -> Iterator[Noted]:
    """What it means that nothing final came: silence is good news only where failures alone were asked for."""
    if not delayed:
        topic = "dsn-none" if "success" in notify else "dsn-no-failure"
        yield _note(topic, recipient=recipient, seconds=f"{limit:g}")


def _note(topic: str, **details: str) -> Noted:
    return Noted(time.time(), Phase.CLOSED, topic, tuple(details.items()))


def notified_code(events: Sequence[Event]) -> Exit:
    """The exit code that the notifications ask for; OK where they are good, or none was waited for."""
    topics = [event.topic for event in events if isinstance(event, Noted)]
    for topic, code in (("dsn-failed", Exit.DSN_FAILED), ("dsn-none", Exit.DSN_NONE)):
        if topic in topics:
            return code
    told = _named(events, *(f"dsn-{action}" for action in FINAL))
    return Exit.DSN_DELAYED if _named(events, "dsn-delayed") - told else Exit.OK


def _named(events: Sequence[Event], *topics: str) -> set[str]:
    """The recipients that notes of these topics name."""
    return {dict(event.details)["recipient"] for event in events if isinstance(event, Noted) and event.topic in topics}
