"""The outcome of a test: every claim needs the event that proves it, and there is no default.

A claim is proven by one event and by nothing else (PROOFS). The first claim without proof names the outcome, and the
obstacle in its way says how it failed. What contradicts a proof undoes it: more replies than commands mean that it is
not certain which reply answered what.
"""

from __future__ import annotations

from smtpscope.diagnosis.claims import infer_claims
from smtpscope.diagnosis.findings import find_findings
from smtpscope.diagnosis.proof import find_proof
from smtpscope.model.claim import PHASES, Claim, Goal
from smtpscope.model.event import (
    Connected,
    Diagnosing,
    Disconnected,
    Done,
    Expected,
    Failed,
    GaveUp,
    Injected,
    Interrupted,
    Noted,
    Notified,
    Planned,
    Received,
    Secured,
    Sent,
    Skipped,
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
            if not any(isinstance(told, Skipped) and told.host == event.host for told in current):
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
    replies = _by_recipient(events)
    taken: dict[Claim, set[int | None]] = {}
    for claim in claims:
        own = claim.subject and claim.goal in (Goal.RECIPIENT, Goal.MESSAGE)
        used = taken.setdefault(claim, set())
        place = find_proof(claim, events, used, replies.get(claim.subject, ()) if own else None)
        used.add(place)
        found.append(Proof(claim, place))
    return tuple(found)


def _by_recipient(events: Sequence[Event]) -> dict[str, list[int]]:
    """The places of the replies about each recipient: there may be thousands, so nobody searches for them again."""
    found: dict[str, list[int]] = {}
    for place, event in enumerate(events):
        if isinstance(event, Received) and event.recipient:
            found.setdefault(event.recipient, []).append(place)
    return found


def _decide(proofs: Sequence[Proof], events: Sequence[Event]) -> Outcome:
    """The outcome: OK only where every claim is proven and nothing contradicts the proofs."""
    open_ = [proof.claim for proof in proofs if not proof.holds]
    interrupted = next((event for event in events if isinstance(event, Interrupted)), None)
    if interrupted:
        claim = open_[0] if open_ else None
        return Outcome(Status.INTERRUPTED, claim, interrupted.phase, _accepted(events), why=interrupted.signal)
    partial = _open_for_some(proofs, events)
    spared, rejected = set(partial), {claim.subject for claim in partial}
    blocking = [claim for claim in open_ if claim not in spared and claim.subject not in rejected]
    if blocking:
        outcome = _first_obstacle(blocking, events)
        if outcome.status is Status.UNPROVEN:  # the session ended before: for a violation, if for anything
            violation = _find_violation(events)
            return violation.replace(claim=blocking[0]) if violation else outcome
        return outcome
    scripted = any(proof.claim.goal is Goal.EXPECTATION for proof in proofs)
    violation = None if scripted else _find_violation(events)  # a script says itself what is right
    if violation:
        return violation
    if partial:
        return _first_obstacle(partial, events).replace(status=Status.PARTIAL)
    return _success(proofs, events)


def _open_for_some(proofs: Sequence[Proof], events: Sequence[Event]) -> list[Claim]:
    """The claims of single recipients that failed for them alone: the server took others.

    A recipient was rejected, and the session went on; or (LMTP) the message was accepted for another one.
    """
    held = {proof.claim.goal for proof in proofs if proof.holds}
    open_ = [proof.claim for proof in proofs if not proof.holds and proof.claim.subject and proof.claim.goal in held]
    if not open_:
        return []
    replies = _by_recipient(events)
    for_all = _find_obstacle(Claim(Goal.RECIPIENT, _NOBODY), events)
    return [claim for claim in open_ if _is_for_one(claim, events, replies.get(claim.subject, []), for_all)]


_NOBODY = "\r\n"  # no recipient that could be named


def _is_for_one(claim: Claim, events: Sequence[Event], replies: Sequence[int], for_all: Outcome) -> bool:
    """``replies``: the places of those about the recipient; ``for_all``: what stands in the way of every recipient."""
    if claim.goal is Goal.MESSAGE:
        return True
    if claim.goal is not Goal.RECIPIENT:
        return False
    end = len(events) if for_all.event is None else for_all.event
    own = (_obstacle(claim, place, events[place], events) for place in replies if place < end)
    obstacle = next((outcome for outcome in own if outcome), for_all)
    return obstacle.reply is not None and obstacle.reply.kind in (4, 5) and obstacle.reply.code != 421


def _success(proofs: Sequence[Proof], events: Sequence[Event]) -> Outcome:
    """Every claim is proven: the last reply that proves one is shown."""
    if any(proof.claim.goal is Goal.EXPECTATION for proof in proofs):
        return Outcome(Status.OK, None, Phase.OTHER, None, proofs[-1].event)
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
    if claim.goal is Goal.HELLO:  # EHLO was rejected, and then HELO: what came of that decides
        hellos = [one for one in found if one.phase is Phase.EHLO]
        return hellos[min(1, len(hellos) - 1)] if hellos and hellos[0].reply else found[0]
    if claim.goal is Goal.EXPECTATION:  # that it was not met says it all, whatever came in place of a reply
        return next((one for one in found if one.status is Status.EXPECTATION), found[0])
    if claim.goal is Goal.CONNECTED:  # of several addresses, the last one tried
        return found[-1]
    return found[0]


def _first_obstacle(claims: Sequence[Claim], events: Sequence[Event]) -> Outcome:
    """The obstacle of the first of ``claims``. With LMTP, a reply that never came says more than one that did."""
    found = _find_obstacle(claims[0], events)
    for claim in claims if claims[0].goal is Goal.MESSAGE and claims[0].subject else ():
        other = _find_obstacle(claim, events)
        if other.reply is None:
            return other.replace(why="missing-reply")
    return found


def _obstacle(claim: Claim, place: int, event: Event, events: Sequence[Event]) -> Outcome | None:
    match event:
        case GaveUp(phase=phase, why=Reason.SERVER_CLOSES):
            return _closing(phase, events[:place])
        case GaveUp(phase=phase, why=why):
            reply = _reply_before(events[:place]) if why is Reason.REPLY_FLOOD else None
            return Outcome(_REASONS[why], phase=phase, reply=reply, why=why)
        case Received():
            return _rejection(claim, event, events[:place])
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


def _rejection(claim: Claim, event: Received, before: Sequence[Event]) -> Outcome | None:
    """A reply on the way to ``claim`` that is no proof of it."""
    phases = _WAYS.get(claim.goal, (PHASES[claim.goal],))
    about = event.recipient in ("", claim.subject) or not claim.subject
    if event.reply.code == 421 and event.phase is not Phase.QUIT:
        return Outcome(Status.TEMPORARY, phase=event.phase, reply=event.reply)
    if event.phase not in phases or not about or _goes_on(event):
        return None
    if claim.goal is Goal.PROXY:
        return _refused_proxy(event.reply) if event.reply.code in _UNKNOWN_COMMAND else None
    status = _status_of(event.reply)
    why = "unexpected-code" if status is Status.PROTOCOL and event.reply.is_sound and event.reply.code else ""
    if event.phase is Phase.BANNER and any(isinstance(earlier, Sent) and earlier.verb == "PROXY" for earlier in before):
        why = why or "rejected-behind-proxy"
    return Outcome(status, phase=event.phase, reply=event.reply, why=why)


# The code that lets the client go on in each phase; MESSAGE and LOGGED_IN have proofs of their own.
_GO_ON: dict[Phase, tuple[int, ...]] = {
    Phase.BANNER: (220,),
    Phase.EHLO: (250,),
    Phase.STARTTLS: (220,),
    Phase.XCLIENT: (220,),
    Phase.AUTH: (334, 235),
    Phase.MAIL: (250,),
    Phase.RCPT: (250, 251, 252),
    Phase.DATA: (354,),
    Phase.END_OF_DATA: (250,),
    Phase.QUIT: (221,),
}


def _goes_on(event: Received) -> bool:
    return event.reply.code in _GO_ON.get(event.phase, (250,)) and event.reply.is_sound


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
    """What contradicts the proofs: the first event after which it is not certain what the replies mean."""
    for place, event in enumerate(events):
        why = _violation(event, events[:place])
        if why:
            reply = event.reply if isinstance(event, Received | Unsolicited) else None
            phase = event.phase if isinstance(event, Received | Unsolicited | Noted) else Phase.STARTTLS
            return Outcome(Status.PROTOCOL, None, phase, reply, place, why)
    return None


def _violation(event: Event, before: Sequence[Event]) -> str:
    """How ``event`` violates SMTP; empty where it does not.

    surplus-replies   more replies than commands: any of them may belong to another command. 421 may come at any time.
    shifted-replies   QUIT was rejected, most likely by the reply to an earlier command
    mixed-codes       the lines of one reply say different things
    unexpected-code   neither the code that lets the client go on, nor a rejection (RFC 5321 section 4.3.2)
    injected          unencrypted text ahead of the TLS handshake (RFC 3207 section 5)
    """
    match event:
        case Unsolicited(reply=reply) if reply.code != 421:
            return "surplus-replies"
        case Noted(topic=Topic.UNASKED):
            return "surplus-replies"
        case Injected():
            return "injected"
        case Received(reply=reply) if Defect.MIXED_CODES in reply.defects:
            return "mixed-codes"
        case Received(phase=Phase.QUIT, reply=reply):
            return "" if reply.kind == 2 or reply.code == 421 else "shifted-replies"
        case Received(phase=phase, reply=reply) if phase in _GO_ON:
            return "" if reply.kind in (4, 5) or _goes_on(event) else "unexpected-code"
    return ""


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
        accepted = reply is not None and _goes_on(reply)
        if accepted and lmtp and sent:
            reply = each.get(recipient)
            accepted = reply is not None and _goes_on(reply)
        found.append(RecipientResult(recipient, reply.reply if reply else None, accepted))
    return tuple(found)
