"""The verdict on a conversation: a fold over its events."""

from __future__ import annotations

from enum import StrEnum

from smtpscope.events import Diagnosing, Done, Failed, Interrupted, Noted, Received, Secured, TimedOut, Unsecured
from smtpscope.protocol.body import ends_message
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import Defect, Reply
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TypeGuard

    from smtpscope.diagnosis.cause import Diagnosis
    from smtpscope.events import Event
    from smtpscope.knowledge.entry import Explanation


class Status(StrEnum):
    """How a conversation ended."""

    OK = "ok"
    PARTIAL = "partial"
    TEMPORARY = "refused-for-now"
    PERMANENT = "refused-for-good"
    DNS = "dns"
    REFUSED = "connection-refused"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    DROPPED = "connection-lost"
    TLS = "tls"
    UNMET = "not-offered"
    EXPECTATION = "expectation"
    PROTOCOL = "protocol"
    INTERRUPTED = "interrupted"


class RecipientResult(Value):
    """What the server said about one recipient."""

    recipient: str
    reply: Reply

    @property
    def accepted(self) -> bool:
        return self.reply.kind == 2


class Verdict(Value):
    """The outcome with one server.

    status      how it ended
    phase       the phase that decided
    reply       the reply that decided, None where none came
    recipients  one result for each RCPT that was answered
    queued      whether the server took charge of the message (RFC 5321 section 6.1)
    diagnosis   the ranked causes and the findings of the probes, None where none were asked
    explanation what the reply that decided means, None where it refused nothing (see interpret.py)
    secured     the encryption that the conversation had at its end, None where it was in clear
    """

    host: str
    status: Status
    phase: Phase
    reply: Reply | None = None
    recipients: tuple[RecipientResult, ...] = ()
    queued: bool = False
    diagnosis: Diagnosis | None = None
    explanation: Explanation | None = None
    secured: Secured | None = None


_FAILURES = {
    "dns": Status.DNS,
    "null-mx": Status.DNS,
    "refused": Status.REFUSED,
    "timeout": Status.TIMEOUT,
    "unreachable": Status.UNREACHABLE,
    "denied": Status.UNREACHABLE,
    "reset": Status.DROPPED,
    "tls": Status.TLS,
}

# The first digits that say "go on" in each phase; what is not here expects 2 (RFC 5321 section 4.3.2).
_EXPECTED = {Phase.DATA: (3,), Phase.AUTH: (2, 3)}

# Notes that say why we went no further.
_UNMET = ("tls-not-announced", "auth-in-clear", "auth-not-announced", "auth-not-offered")


def judge(events: Iterable[Event]) -> tuple[Verdict, ...]:
    """One verdict for each server; events behind the last Done (or all, without one) make the last verdict."""
    verdicts: list[Verdict] = []
    current: list[Event] = []
    for event in events:
        if isinstance(event, Done):
            verdicts.append(_judge_one(current, event.host))
            current = []
        else:
            current.append(event)
    if current:
        verdicts.append(_judge_one(current, ""))
    return tuple(verdicts)


def overall(verdicts: Sequence[Verdict]) -> Verdict:
    """The verdict that stands for all servers: the first that is not ok, else the first."""
    return next((verdict for verdict in verdicts if verdict.status is not Status.OK), verdicts[0])


def _judge_one(every: list[Event], host: str) -> Verdict:
    diagnosis = _diagnose(every)
    events = every if diagnosis is None else _last_try(every)
    replies = [event for event in events if isinstance(event, Received)]
    recipients = _recipients(replies)
    queued = any(_takes_charge(event) for event in replies)
    status, phase, reply = _decide(events, replies, recipients, queued)
    secured = next((event for event in reversed(events) if isinstance(event, Secured)), None)
    return Verdict(host, status, phase, reply, recipients, queued, diagnosis, secured=secured)


def _takes_charge(event: Received) -> bool:
    return event.phase is Phase.END_OF_DATA and event.reply.kind == 2 and ends_message(event.command)


def _diagnose(events: list[Event]) -> Diagnosis | None:
    """The diagnosis, where probes were asked or a second try was made; else nothing is loaded for it."""
    if not any(isinstance(event, Diagnosing) or _is_retry(event) for event in events):
        return None
    from smtpscope.diagnosis.connection import diagnose

    return diagnose(events)


def _is_retry(event: Event) -> bool:
    return isinstance(event, Noted) and event.topic == "retry"


def _last_try(events: list[Event]) -> list[Event]:
    """After a refusal for now and a second try, the second try counts."""
    places = [place for place, event in enumerate(events) if _is_retry(event)]
    return events[places[-1] + 1 :] if places else events


def _decide(
    events: list[Event], replies: list[Received], recipients: tuple[RecipientResult, ...], queued: bool
) -> tuple[Status, Phase, Reply | None]:
    stop = next((event for event in events if isinstance(event, Interrupted)), None)
    if stop:
        return Status.INTERRUPTED, stop.phase, None
    scripted = [event for event in events if isinstance(event, Noted) and event.topic in ("met", "differs")]
    if scripted:
        return _decide_scripted(scripted, replies)
    unmet = next((event for event in events if isinstance(event, Noted) and event.topic in _UNMET), None)
    if unmet:
        return Status.UNMET, unmet.phase, None
    refusal = _first_refusal(replies, recipients)
    if refusal:
        return refusal
    trouble = _trouble(events, replies)
    if trouble and not queued:
        return trouble
    last = replies[-1] if replies else None
    refused = [result for result in recipients if not result.accepted]
    if refused:
        return Status.PARTIAL, Phase.RCPT, refused[0].reply
    decisive = [event for event in replies if event.phase is not Phase.QUIT]
    last = decisive[-1] if decisive else None
    return Status.OK, last.phase if last else Phase.CONNECT, last.reply if last else None


def _decide_scripted(notes: list[Noted], replies: list[Received]) -> tuple[Status, Phase, Reply | None]:
    """A script says itself what is right: a refusal that it expected is none."""
    decisive = [event for event in replies if event.phase is not Phase.QUIT] or replies
    last = decisive[-1] if decisive else None
    wrong = any(note.topic == "differs" for note in notes)
    status = Status.EXPECTATION if wrong else Status.OK
    return (status, last.phase, last.reply) if last else (status, Phase.CONNECT, None)


def _first_refusal(
    replies: list[Received], recipients: tuple[RecipientResult, ...]
) -> tuple[Status, Phase, Reply] | None:
    """The first reply that ended the conversation: RCPT only when no recipient at all was accepted."""
    some_accepted = any(result.accepted for result in recipients)
    greeted = any(event.phase is Phase.EHLO and _went_well(event) for event in replies)
    went_on = any(event.phase in (Phase.MAIL, Phase.AUTH) for event in replies)
    for event in replies:
        if event.phase is Phase.QUIT or _went_well(event):
            continue
        if event.phase is Phase.EHLO and greeted:
            continue  # EHLO was refused and HELO taken
        if event.phase is Phase.RCPT and some_accepted and event.reply.code != 421:
            continue
        if event.phase is Phase.END_OF_DATA and some_accepted and "<" in event.command:
            continue  # LMTP: refused for this recipient
        if event.phase is Phase.STARTTLS and went_on:
            continue  # TLS was only wanted where it is to be had
        return _refusal_status(event.reply), event.phase, event.reply
    return None


def _went_well(event: Received) -> bool:
    return event.reply.kind in _EXPECTED.get(event.phase, (2,)) and Defect.TOO_LONG not in event.reply.defects


def _refusal_status(reply: Reply) -> Status:
    if Defect.TOO_LONG in reply.defects:  # given up in the middle of it
        return Status.PROTOCOL
    return {4: Status.TEMPORARY, 5: Status.PERMANENT}.get(reply.kind, Status.PROTOCOL)


def _trouble(events: list[Event], replies: list[Received]) -> tuple[Status, Phase, Reply | None] | None:
    """A failure of the network or a silence that ended the conversation."""
    from smtpscope.events import Connected, Disconnected

    connected = any(isinstance(event, Connected) for event in events)
    planned_end = any(isinstance(event, Noted) and event.topic == "stop" for event in events)
    insecure = next((event for event in events if _is_insecure(event)), None)
    if insecure:
        return Status.TLS, insecure.phase, None
    for event in reversed(events):
        if isinstance(event, TimedOut) and event.phase is not Phase.QUIT:
            return Status.TIMEOUT, event.phase, None
        if isinstance(event, Failed) and (not connected or event.phase is not Phase.CONNECT):
            return _FAILURES.get(event.kind, Status.DROPPED), event.phase, None
        if isinstance(event, Disconnected) and event.by == "peer" and event.phase is not Phase.QUIT and not planned_end:
            return Status.DROPPED, event.phase, None
    return None if replies or planned_end else (Status.DROPPED, Phase.CONNECT, None)


def _is_insecure(event: Event) -> TypeGuard[Unsecured | Failed]:
    """Whether TLS failed in ``event``; at the end nothing depends on it any more."""
    if isinstance(event, Failed):
        return event.kind == "tls" and event.phase is not Phase.QUIT
    return isinstance(event, Unsecured)


def _recipients(replies: list[Received]) -> tuple[RecipientResult, ...]:
    """What was said about each recipient: at RCPT, and with LMTP behind the message (RFC 2033 section 4.2)."""
    found = [RecipientResult(_recipient(event.command), event.reply) for event in replies if event.phase is Phase.RCPT]
    for event in replies:
        if event.phase is not Phase.END_OF_DATA or "<" not in event.command:
            continue
        name = _recipient(event.command)
        open_ = (place for place, item in enumerate(found) if item.recipient == name and item.accepted)
        place = next(open_, None)
        if place is not None:
            found[place] = RecipientResult(name, event.reply)
    return tuple(found)


def _recipient(command: str) -> str:
    """``RCPT TO:<a@b> NOTIFY=...`` -> ``a@b``."""
    start, end = command.find("<"), command.rfind(">")
    return command[start + 1 : end] if 0 <= start < end else command
