"""The outcome of a test: every claim needs the event that proves it, and there is no default.

Only one event can prove a claim (PROOFS). The first claim without proof, and its obstacle, decide the outcome. A
violation of SMTP invalidates proofs: with more replies than commands, for example, it is not certain which reply
answers which command.
"""

from __future__ import annotations

from smtpscope.diagnosis.findings import find_findings
from smtpscope.diagnosis.proof import end_of, find_proof, goes_on, reply_before
from smtpscope.diagnosis.violation import find_violation
from smtpscope.model.claim import Claim, Goal
from smtpscope.model.event import (
    Connected,
    Diagnosing,
    Done,
    Interrupted,
    LoggedIn,
    Noted,
    Notified,
    Planned,
    Received,
    Secured,
    Sent,
    Skipped,
    Stopped,
    Unnotified,
)
from smtpscope.model.report import Outcome, Proof, RecipientResult, Report, ServerReport, Status
from smtpscope.model.vocabulary import Topic
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import Reply
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from smtpscope.model.diagnosis import Diagnosis
    from smtpscope.model.event import Event


def judge(events: Iterable[Event]) -> Report:
    """The report on ``events``. Done ends the events of a server; those after the last Done belong to another one."""
    servers = tuple(judge_server(part, host) for part, host in _with_notifications(list(_parts(events))))
    return Report(overall(servers), servers)


def _parts(events: Iterable[Event]) -> Iterator[tuple[list[Event], str]]:
    """The events of each server, and its host, without servers that were skipped."""
    current: list[Event] = []
    for event in events:
        if isinstance(event, Done):
            if not any(isinstance(other, Skipped) and other.host == event.host for other in current):
                yield current, event.host
            current = []
        else:
            current.append(event)
    if current:
        yield current, next((event.host for event in current if isinstance(event, Planned)), "")


def _with_notifications(parts: list[tuple[list[Event], str]]) -> list[tuple[list[Event], str]]:
    """``parts``, with all DSNs moved to the server that accepted the message: they are received after the last test."""
    reports = [event for part, _host in parts for event in part if isinstance(event, Notified | Unnotified)]
    if not reports or len(parts) < 2:
        return parts
    rest = [([event for event in part if event not in reports], host) for part, host in parts]
    accepting = next((part for part, _host in rest if _accepted(part)), rest[-1][0])
    accepting += reports
    return rest


def overall(servers: Sequence[ServerReport]) -> Outcome:
    """The outcome of the run. A message is for one server: if one accepted it, failures of others do not count."""
    interrupted = next((server for server in servers if server.status is Status.INTERRUPTED), None)
    if interrupted:
        return interrupted.outcome
    failed = [server for server in servers if server.status is not Status.OK]
    if not servers or not failed:
        return servers[0].outcome if servers else Outcome(Status.UNPROVEN)
    accepting = next((server for server in servers if server.queued), None)
    if accepting and accepting.status is not Status.OK:
        return accepting.outcome
    if len(failed) < len(servers):
        first = failed[0].outcome
        return first.replace(status=Status.OTHER_SERVER, why=first.status.value, claim=None)
    return failed[0].outcome


def judge_server(every: Sequence[Event], host: str) -> ServerReport:
    """The report on the events of one server."""
    events = _last_try(every)
    planned = next((event for event in reversed(every) if isinstance(event, Planned)), None)
    proofs, outcome = _judge_plan(planned.claims, events) if planned else _judge_unplanned(events)
    return ServerReport(
        host=host,
        outcome=outcome,
        proofs=proofs,
        recipients=_recipients(events),
        accepted=_accepted(events),
        secured=next((event for event in reversed(events) if isinstance(event, Secured)), None),
        findings=find_findings(events, proofs),
        diagnosis=_diagnose(every),
        notified=tuple(event for event in events if isinstance(event, Notified)),
        events=tuple(events),
    )


def _judge_plan(claims: Sequence[Claim], events: Sequence[Event]) -> tuple[tuple[Proof, ...], Outcome]:
    proofs = _prove(claims, events)
    return proofs, _decide(proofs, events)


def _judge_unplanned(events: Sequence[Event]) -> tuple[tuple[Proof, ...], Outcome]:
    """Proofs and outcome of a session whose plan is not known.

    It may have several transactions, and each of them must be proven by its own events.
    """
    from smtpscope.diagnosis.inference import infer_claims, infer_transactions

    proofs, outcome = _judge_plan(infer_claims(events), events)
    if outcome.status is not Status.OK:
        return proofs, outcome
    for start, end, claims in infer_transactions(events):
        own, result = _judge_plan(claims, events[start:end])
        if not all(proof.holds for proof in own):
            return proofs, result.replace(event=None if result.event is None else start + result.event)
    return proofs, outcome


def _last_try(events: Sequence[Event]) -> Sequence[Event]:
    """The events after the last retry; all events if there was none."""
    places = [place for place, event in enumerate(events) if _is_retry(event)]
    return events[places[-1] + 1 :] if places else events


def _is_retry(event: Event) -> bool:
    return isinstance(event, Noted) and event.topic is Topic.RETRY


def _diagnose(events: Sequence[Event]) -> Diagnosis | None:
    """The diagnosis if there were probes or a retry; else None, and its modules are not loaded."""
    if not any(isinstance(event, Diagnosing) or _is_retry(event) for event in events):
        return None
    from smtpscope.diagnosis.connection import diagnose

    return diagnose(events)


# ----------------------------------------------------------------------------------------------------------- deciding


def _prove(claims: Sequence[Claim], events: Sequence[Event]) -> tuple[Proof, ...]:
    """Each claim with its proof. Equal claims (the same recipient twice) need an event each."""
    found: list[Proof] = []
    replies, end = _by_recipient(events), end_of(events)
    used_by: dict[Claim, set[int | None]] = {}
    for claim in claims:
        own = claim.subject and claim.goal in (Goal.RECIPIENT, Goal.MESSAGE)
        used = used_by.setdefault(claim, set())
        place = find_proof(claim, events, used, replies.get(claim.subject, ()) if own else None, end)
        used.add(place)
        found.append(Proof(claim, place))
    return tuple(found)


def _by_recipient(events: Sequence[Event]) -> dict[str, list[int]]:
    """The indexes of the replies about each recipient. There may be thousands of recipients, so search only once."""
    found: dict[str, list[int]] = {}
    for place, event in enumerate(events):
        if isinstance(event, Received) and event.recipient:
            found.setdefault(event.recipient, []).append(place)
    return found


def _decide(proofs: Sequence[Proof], events: Sequence[Event]) -> Outcome:
    """The outcome: OK only if every claim is proven and there is no violation of SMTP."""
    open_ = [proof.claim for proof in proofs if not proof.holds]
    interrupted = next((event for event in events if isinstance(event, Interrupted)), None)
    if interrupted:
        claim = open_[0] if open_ else None
        return Outcome(Status.INTERRUPTED, claim, interrupted.phase, _accepted(events), why=interrupted.signal)
    partial = _open_for_some(proofs, events)
    spared, rejected = set(partial), {claim.subject for claim in partial}
    blocking = [claim for claim in open_ if claim not in spared and claim.subject not in rejected]
    if blocking:
        from smtpscope.diagnosis.obstacle import first_obstacle

        outcome = first_obstacle(blocking, events)
        if outcome.status is Status.UNPROVEN:  # no event shows why: a violation may have ended the session
            violation = find_violation(events)
            return violation.replace(claim=blocking[0]) if violation else outcome
        return outcome
    scripted = any(proof.claim.goal is Goal.EXPECTATION for proof in proofs)
    violation = None if scripted else find_violation(events)  # a script defines itself what is correct
    if violation:
        return violation
    if partial:
        from smtpscope.diagnosis.obstacle import first_obstacle

        return first_obstacle(partial, events).replace(status=Status.PARTIAL)
    return _success(proofs, events)


def _open_for_some(proofs: Sequence[Proof], events: Sequence[Event]) -> list[Claim]:
    """The claims that failed for single recipients, while the server accepted others.

    A recipient was rejected, and the session continued; or (LMTP) the message was accepted for another one.
    """
    held = {proof.claim.goal for proof in proofs if proof.holds}
    open_ = [proof.claim for proof in proofs if not proof.holds and proof.claim.subject and proof.claim.goal in held]
    if not open_:
        return []
    from smtpscope.diagnosis.obstacle import find_obstacles

    recipients = [claim for claim in open_ if claim.goal is Goal.RECIPIENT]
    replies = [
        (claim, found.reply) for claim, found in zip(recipients, find_obstacles(recipients, events), strict=True)
    ]
    rejected = {claim for claim, reply in replies if reply and reply.kind in (4, 5) and reply.code != 421}
    return [claim for claim in open_ if claim.goal is Goal.MESSAGE or claim in rejected]


# Goals that are proven after the session: they do not show the last step of the session.
_AFTER = (Goal.COMPLETE, Goal.DELIVERED, Goal.NOT_FAILED)


def _success(proofs: Sequence[Proof], events: Sequence[Event]) -> Outcome:
    """Every claim is proven. The outcome has the last proof with its reply, and the phase of a planned stop."""
    if any(proof.claim.goal is Goal.EXPECTATION for proof in proofs):
        return Outcome(Status.OK, None, Phase.OTHER, None, proofs[-1].event)
    held = [proof.event for proof in proofs if proof.event is not None and proof.claim.goal not in _AFTER]
    if not held:
        return Outcome(Status.UNPROVEN)
    place = max(held)
    last = events[place]
    stopped = next((event.phase for event in events if isinstance(event, Stopped)), None)
    phase = last.phase if isinstance(last, Received | LoggedIn | Secured) else Phase.CONNECT
    reply = None if isinstance(last, Connected) else reply_before(events[: place + 1])
    return Outcome(Status.OK, None, stopped or phase, reply, place)


# --------------------------------------------------------------------------------------------------------- recipients


def _accepted(events: Sequence[Event]) -> Reply | None:
    """The reply that accepts the message for delivery to at least one recipient; None if there is none."""
    about = dict.fromkeys(event.recipient for event in events if isinstance(event, Received) and event.last)
    places = (find_proof(Claim(Goal.MESSAGE, name), events, set()) for name in about)
    found = (events[place] for place in places if place is not None)
    return next((event.reply for event in found if isinstance(event, Received)), None)


def _recipients(events: Sequence[Event]) -> tuple[RecipientResult, ...]:
    """The reply about each recipient: to RCPT, or with LMTP to the message (RFC 2033 section 4.2)."""
    found: list[RecipientResult] = []
    named = [(event.exchange, event.recipient) for event in events if isinstance(event, Sent) and event.verb == "RCPT"]
    replies = {event.exchange: event for event in events if isinstance(event, Received)}
    sent = any(isinstance(event, Sent) and event.final for event in events)
    each = {event.recipient: event for event in replies.values() if event.last and event.recipient}
    lmtp = any(isinstance(event, Sent) and event.verb == "LHLO" for event in events)
    for exchange, recipient in named:
        reply = replies.get(exchange)
        accepted = reply is not None and goes_on(reply.phase, reply.reply)
        if accepted and lmtp and sent:
            reply = each.get(recipient)
            accepted = reply is not None and goes_on(reply.phase, reply.reply)
        found.append(RecipientResult(recipient, reply.reply if reply else None, accepted))
    return tuple(found)
