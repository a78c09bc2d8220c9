"""The outcome of a test: every claim needs the event that proves it, and there is no default.

A claim is proven by one event and by nothing else (PROOFS). The first claim without proof names the outcome, and the
obstacle in its way says how it failed. What contradicts a proof undoes it: more replies than commands mean that it is
not certain which reply answered what.
"""

from __future__ import annotations

from smtpscope.diagnosis.claims import infer_claims
from smtpscope.diagnosis.findings import find_findings
from smtpscope.diagnosis.proof import find_proof, goes_on
from smtpscope.model.claim import PHASES, Claim, Goal
from smtpscope.model.event import (
    Connected,
    Diagnosing,
    Disconnected,
    Done,
    Expected,
    Failed,
    GaveUp,
    Interrupted,
    Noted,
    Notified,
    Planned,
    Received,
    Secured,
    Sent,
    TimedOut,
    Unnotified,
    Unsecured,
    Unsolicited,
)
from smtpscope.model.report import Outcome, Proof, RecipientResult, Report, ServerReport, Status
from smtpscope.model.vocabulary import DsnAction, FailureKind, Party, Reason, Topic
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import Defect, Reply
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from smtpscope.diagnosis.cause import Diagnosis
    from smtpscope.model.event import Event

_TROUBLES: dict[str, Status] = {
    FailureKind.DNS: Status.DNS,
    FailureKind.NULL_MX: Status.DNS,
    FailureKind.REFUSED: Status.REFUSED,
    FailureKind.TIMEOUT: Status.TIMEOUT,
    FailureKind.UNREACHABLE: Status.UNREACHABLE,
    FailureKind.DENIED: Status.UNREACHABLE,
    FailureKind.TLS: Status.TLS,
}

_REASONS: dict[Reason, Status] = {
    Reason.TLS_NOT_ANNOUNCED: Status.NOT_OFFERED,
    Reason.AUTH_NOT_ANNOUNCED: Status.NOT_OFFERED,
    Reason.AUTH_NOT_OFFERED: Status.NOT_OFFERED,
    Reason.AUTH_IN_CLEAR: Status.GAVE_UP,
    Reason.AUTH_ABORTED: Status.GAVE_UP,
    Reason.AUTH_UNPROVEN: Status.GAVE_UP,
    Reason.REPLY_FLOOD: Status.PROTOCOL,
    Reason.UNASKED_FLOOD: Status.PROTOCOL,
    Reason.LINES_UNSENT: Status.LOST,
}

# The phases whose replies may stand in the way of a claim, where it is not the claim's own phase alone.
_WAYS: dict[Goal, tuple[Phase, ...]] = {
    Goal.PROXY: (Phase.EHLO, Phase.QUIT),
    Goal.ENCRYPTED: (Phase.STARTTLS, Phase.TLS),
    Goal.MESSAGE: (Phase.DATA, Phase.END_OF_DATA),
}


def judge(events: Iterable[Event]) -> Report:
    """The report on ``events``: Done ends those of a server; what follows the last Done belongs to one more."""
    servers = tuple(judge_server(part, host) for part, host in _with_notifications(list(_parts(events))))
    return Report(overall(servers), servers)


def _parts(events: Iterable[Event]) -> Iterator[tuple[list[Event], str]]:
    current: list[Event] = []
    for event in events:
        if isinstance(event, Done):
            yield current, event.host
            current = []
        else:
            current.append(event)
    if current:
        yield current, next((event.host for event in current if isinstance(event, Planned)), "")


def _with_notifications(parts: list[tuple[list[Event], str]]) -> list[tuple[list[Event], str]]:
    """The notifications moved to the server that took the message: they are waited for when all were asked."""
    said = [event for part, _host in parts for event in part if isinstance(event, Notified | Unnotified)]
    if not said or len(parts) < 2:
        return parts
    rest = [([event for event in part if event not in said], host) for part, host in parts]
    taken = next((part for part, _host in rest if _accepted(part)), rest[-1][0])
    taken += said
    return rest


def overall(servers: Sequence[ServerReport]) -> Outcome:
    """What came of what was asked. A message is asked of one server: where one took it, the others fail nothing."""
    interrupted = next((server for server in servers if server.status is Status.INTERRUPTED), None)
    if interrupted:
        return interrupted.outcome
    failed = [server for server in servers if server.status is not Status.OK]
    if not servers or not failed:
        return servers[0].outcome if servers else Outcome(Status.UNPROVEN)
    taken = next((server for server in servers if server.queued), None)
    if taken and taken.status is not Status.OK:
        return taken.outcome
    if len(failed) < len(servers):
        first = failed[0].outcome
        return first.replace(status=Status.OTHER_SERVER, why=first.status.value, claim=None)
    return failed[0].outcome


def judge_server(every: Sequence[Event], host: str) -> ServerReport:
    """The report on the events of one server."""
    events = _last_try(every)
    claims = next((event.claims for event in reversed(every) if isinstance(event, Planned)), None)
    proofs = _prove(infer_claims(events) if claims is None else claims, events)
    return ServerReport(
        host=host,
        outcome=_decide(proofs, events),
        proofs=proofs,
        recipients=_recipients(events),
        accepted=_accepted(events),
        secured=next((event for event in reversed(events) if isinstance(event, Secured)), None),
        findings=find_findings(events, proofs),
        diagnosis=_diagnose(every),
        notified=tuple(event for event in events if isinstance(event, Notified)),
        events=tuple(events),
    )


def _last_try(events: Sequence[Event]) -> Sequence[Event]:
    """After a temporary failure and a second try, the second try counts."""
    places = [place for place, event in enumerate(events) if _is_retry(event)]
    return events[places[-1] + 1 :] if places else events


def _is_retry(event: Event) -> bool:
    return isinstance(event, Noted) and event.topic is Topic.RETRY


def _diagnose(events: Sequence[Event]) -> Diagnosis | None:
    """The diagnosis, where probes were asked or a second try was made; else nothing is loaded for it."""
    if not any(isinstance(event, Diagnosing) or _is_retry(event) for event in events):
        return None
    from smtpscope.diagnosis.connection import diagnose

    return diagnose(events)


# ----------------------------------------------------------------------------------------------------------- deciding


def _prove(claims: Sequence[Claim], events: Sequence[Event]) -> tuple[Proof, ...]:
    """Each claim with its proof. Of two equal claims (one recipient named twice) each needs an event of its own."""
    found: list[Proof] = []
    for claim in claims:
        taken = {proof.event for proof in found if proof.claim == claim}
        found.append(Proof(claim, find_proof(claim, events, taken)))
    return tuple(found)


def _decide(proofs: Sequence[Proof], events: Sequence[Event]) -> Outcome:
    """The outcome: OK only where every claim is proven and nothing contradicts the proofs."""
    open_ = [proof.claim for proof in proofs if not proof.holds]
    interrupted = next((event for event in events if isinstance(event, Interrupted)), None)
    if interrupted:
        claim = open_[0] if open_ else None
        return Outcome(Status.INTERRUPTED, claim, interrupted.phase, _accepted(events), why=interrupted.signal)
    partial = _open_for_some(proofs, events)
    rejected = {claim.subject for claim in partial}
    blocking = [claim for claim in open_ if claim not in partial and claim.subject not in rejected]
    if blocking:
        return _find_obstacle(blocking[0], events)
    violation = _find_violation(events)
    if violation:
        return violation
    if partial:
        return _find_obstacle(partial[0], events).replace(status=Status.PARTIAL)
    return _success(proofs, events)


def _open_for_some(proofs: Sequence[Proof], events: Sequence[Event]) -> list[Claim]:
    """The claims of single recipients that failed for them alone: the server took others.

    A recipient was rejected, and the session went on; or (LMTP) the message was accepted for another one.
    """
    held = {proof.claim.goal for proof in proofs if proof.holds}
    return [
        proof.claim
        for proof in proofs
        if not proof.holds and proof.claim.subject and proof.claim.goal in held and _is_for_one(proof.claim, events)
    ]


def _is_for_one(claim: Claim, events: Sequence[Event]) -> bool:
    if claim.goal is Goal.MESSAGE:
        return True
    if claim.goal is not Goal.RECIPIENT:
        return False
    obstacle = _find_obstacle(claim, events)
    return obstacle.reply is not None and obstacle.reply.kind in (4, 5) and obstacle.reply.code != 421


def _success(proofs: Sequence[Proof], events: Sequence[Event]) -> Outcome:
    """Every claim is proven: the last reply that proves one is shown."""
    proven = [(proof.event, events[proof.event]) for proof in proofs if proof.event is not None]
    replies = [(place, event) for place, event in proven if isinstance(event, Received)]
    if not replies:
        place = proven[-1][0] if proven else None
        return Outcome(Status.OK, None, Phase.CONNECT, None, place) if proven else Outcome(Status.UNPROVEN)
    place, event = max(replies, key=lambda pair: pair[0])
    return Outcome(Status.OK, None, event.phase, event.reply, place)


# ---------------------------------------------------------------------------------------------------------- obstacles


def _find_obstacle(claim: Claim, events: Sequence[Event]) -> Outcome:
    """What stands in the way of ``claim``: the first event that ended the way to it."""
    found = [
        outcome.replace(claim=claim, event=place)
        for place, event in enumerate(events)
        if (outcome := _obstacle(claim, place, event, events))
    ]
    if not found:
        return Outcome(Status.UNPROVEN, claim, PHASES[claim.goal])
    if claim.goal is Goal.HELLO:  # EHLO was rejected, and then HELO: the last one decides
        return next((one for one in reversed(found) if one.reply and one.phase is Phase.EHLO), found[0])
    if claim.goal is Goal.CONNECTED:  # of several addresses, the last one tried
        return found[-1]
    return found[0]


def _obstacle(claim: Claim, place: int, event: Event, events: Sequence[Event]) -> Outcome | None:
    match event:
        case GaveUp(phase=phase, why=Reason.SERVER_CLOSES):
            return _closing(phase, events[:place])
        case GaveUp(phase=phase, why=why):
            reply = _reply_before(events[:place]) if why is Reason.REPLY_FLOOD else None
            return Outcome(_REASONS[why], phase=phase, reply=reply, why=why)
        case Received():
            return _rejection(claim, event)
        case Unsolicited(phase=phase, reply=reply):
            return _unasked(claim, place, phase, reply, events)
        case Unsecured(phase=phase, kind=kind):
            return Outcome(Status.TLS, phase=phase, why=kind)
        case TimedOut(phase=phase) if phase is not Phase.QUIT:
            return Outcome(Status.TIMEOUT, phase=phase)
        case Failed(phase=phase, kind=kind) if _counts(phase, events):
            return Outcome(_TROUBLES.get(kind, Status.LOST), phase=phase, why=kind)
        case Disconnected(phase=phase, by=Party.PEER) if phase is not Phase.QUIT:
            return Outcome(Status.LOST, phase=phase)
        case Expected(met=False, line=line) if claim == Claim(Goal.EXPECTATION, str(line)):
            return Outcome(Status.EXPECTATION, phase=Phase.OTHER, reply=_reply_before(events[:place]))
        case Notified() | Unnotified():
            return _unreported(claim, event)
    return None


def _counts(phase: Phase, events: Sequence[Event]) -> bool:
    """An address that could not be reached decides nothing where another one was."""
    return phase is not Phase.CONNECT or not any(isinstance(event, Connected) for event in events)


def _closing(phase: Phase, before: Sequence[Event]) -> Outcome:
    """The server announced that it closes the session: with a 421 that nobody had asked for, or in a reply."""
    said = (event for event in reversed(before) if isinstance(event, Unsolicited | Received))
    reply = next((event.reply for event in said if event.reply.code == 421), None)
    return Outcome(Status.TEMPORARY, phase=phase, reply=reply, why=Reason.SERVER_CLOSES)


def _reply_before(events: Sequence[Event]) -> Reply | None:
    said = (event.reply for event in reversed(events) if isinstance(event, Received | Unsolicited))
    return next(said, None)


def _rejection(claim: Claim, event: Received) -> Outcome | None:
    """A reply on the way to ``claim`` that is no proof of it."""
    phases = _WAYS.get(claim.goal, (PHASES[claim.goal],))
    about = event.recipient in ("", claim.subject) or not claim.subject
    if event.reply.code == 421 and event.phase is not Phase.QUIT:
        return Outcome(Status.TEMPORARY, phase=event.phase, reply=event.reply)
    if claim.goal is Goal.COMMAND:
        about = str(event.exchange) == claim.subject
    if event.phase not in phases or not about or goes_on(event.phase, event.reply):
        return None
    if claim.goal is Goal.PROXY:
        return _refused_proxy(event.reply) if event.reply.code in _UNKNOWN_COMMAND else None
    return Outcome(_status_of(event.reply), phase=event.phase, reply=event.reply)


def _status_of(reply: Reply) -> Status:
    """A rejection is 4yz or 5yz; anything else that is no acceptance violates SMTP (RFC 5321 section 4.2)."""
    if Defect.TOO_LONG in reply.defects:
        return Status.PROTOCOL
    return {4: Status.TEMPORARY, 5: Status.PERMANENT}.get(reply.kind, Status.PROTOCOL)


def _unasked(claim: Claim, place: int, phase: Phase, reply: Reply, events: Sequence[Event]) -> Outcome | None:
    """421 ends the session at any time. A server that does not know the PROXY header replies to it as to a command."""
    if claim.goal is Goal.PROXY:
        return _refused_proxy(reply)
    if reply.code == 421:
        return Outcome(Status.TEMPORARY, phase=phase, reply=reply, why=Reason.SERVER_CLOSES)
    if phase is Phase.END_OF_DATA and reply.kind in (2, 3):
        # It came before the end of the data was sent. What follows, most often the end of the connection, is its fault.
        lost = any(isinstance(event, Disconnected | TimedOut) for event in events[place:])
        return None if lost else Outcome(Status.PROTOCOL, phase=phase, reply=reply, why="early-reply")
    return None


# What a server replies to the PROXY header where it takes it for a command.
_UNKNOWN_COMMAND = (421, 500, 502, 503)


def _refused_proxy(reply: Reply) -> Outcome:
    status = Status.TEMPORARY if reply.kind == 4 else Status.PERMANENT
    return Outcome(status, phase=Phase.PROXY, reply=reply, why="proxy-refused")


def _unreported(claim: Claim, event: Notified | Unnotified) -> Outcome | None:
    """A notification that is not the one which was hoped for."""
    if claim.goal not in (Goal.DELIVERED, Goal.NOT_FAILED) or event.recipient != claim.subject:
        return None
    if isinstance(event, Unnotified):
        return Outcome(Status.DSN_MISSING, phase=Phase.CLOSED)
    status = {DsnAction.FAILED: Status.DSN_FAILED, DsnAction.DELAYED: Status.DSN_DELAYED}.get(event.action)
    return Outcome(status, phase=Phase.CLOSED, why=event.action) if status else None


# --------------------------------------------------------------------------------------------------------- violations


def _find_violation(events: Sequence[Event]) -> Outcome | None:
    """More replies than commands, from MAIL on: it is not certain which reply answered which command.

    A 421 is no such reply: the server may say it at any time. Nor is QUIT's own, unless it rejects QUIT: then it is
    most likely the reply to an earlier command, and every reply before it belongs to the command before its own.
    """
    begun = next(
        (place for place, event in enumerate(events) if isinstance(event, Sent) and event.verb == "MAIL"), None
    )
    for place, event in enumerate(events):
        surplus = isinstance(event, Unsolicited) and begun is not None and place > begun and event.reply.code != 421
        if isinstance(event, GaveUp) and event.why in (Reason.REPLY_FLOOD, Reason.UNASKED_FLOOD):
            return Outcome(Status.PROTOCOL, phase=event.phase, event=place, why=event.why)
        if isinstance(event, Noted) and event.topic is Topic.UNASKED:
            return Outcome(Status.PROTOCOL, phase=event.phase, event=place, why="surplus-replies")
        if isinstance(event, Unsolicited) and (surplus or _behind_quit(events[:place])):
            return Outcome(Status.PROTOCOL, None, event.phase, event.reply, place, "surplus-replies")
        if isinstance(event, Received) and event.phase is Phase.QUIT and not _fits_quit(event.reply):
            return Outcome(Status.PROTOCOL, None, event.phase, event.reply, place, "shifted-replies")
    return None


def _behind_quit(before: Sequence[Event]) -> bool:
    """Whether QUIT had its reply: one more means that it was the reply to another command."""
    return any(
        isinstance(event, Received) and event.phase is Phase.QUIT and event.reply.code != 221 for event in before
    )


def _fits_quit(reply: Reply) -> bool:
    return (reply.kind == 2 or reply.code == 421) and Defect.TOO_LONG not in reply.defects


# --------------------------------------------------------------------------------------------------------- recipients


def _accepted(events: Sequence[Event]) -> Reply | None:
    """The reply with which the server took responsibility for the message, for one recipient at least."""
    place = find_proof(Claim(Goal.MESSAGE), events, set())
    event = events[place] if place is not None else None
    return event.reply if isinstance(event, Received) else None


def _recipients(events: Sequence[Event]) -> tuple[RecipientResult, ...]:
    """What was said about each recipient: at RCPT, and with LMTP behind the message (RFC 2033 section 4.2)."""
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
