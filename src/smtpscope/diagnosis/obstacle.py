"""The obstacle of a claim that is not proven: the event that prevented the proof, and the status that follows."""

from __future__ import annotations

from smtpscope.diagnosis.proof import find_unanswered, goes_on, reply_before
from smtpscope.model.claim import PHASES, Claim, Goal
from smtpscope.model.event import (
    Connected,
    Disconnected,
    Expected,
    Failed,
    GaveUp,
    Noted,
    Notified,
    Received,
    Sent,
    TimedOut,
    Unnotified,
    Unsecured,
    Unsolicited,
)
from smtpscope.model.report import Outcome, Status
from smtpscope.model.vocabulary import DsnAction, FailureKind, Party, Reason, Topic
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import Defect, Reply
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    Reason.LINES_UNSENT: Status.LOST,
}

# The phases whose replies may prevent the proof of a claim, if not only the claim's own phase.
_WAYS: dict[Goal, tuple[Phase, ...]] = {
    Goal.PROXY: (Phase.EHLO, Phase.QUIT),
    Goal.ENCRYPTED: (Phase.STARTTLS, Phase.TLS),
    Goal.MESSAGE: (Phase.DATA, Phase.END_OF_DATA),
}


def find_obstacle(claim: Claim, events: Sequence[Event]) -> Outcome:
    """The obstacle of ``claim``: the first event that prevents its proof; UNPROVEN if there is none.

    ``Outcome.event`` is the index of that event.
    """
    found = [
        outcome.replace(claim=claim, event=place)
        for place, event in enumerate(events)
        if (outcome := obstacle_at(claim, place, event, events))
    ]
    if not found:
        missing = find_unanswered(events) if claim.goal is Goal.COMPLETE else None
        return Outcome(Status.UNPROVEN, claim, missing.phase if missing else PHASES[claim.goal])
    if claim.goal is Goal.HELLO:  # EHLO was rejected, and HELO was tried: the result of the last one decides
        hellos = (place for place, event in enumerate(events) if isinstance(event, Sent) and event.phase is Phase.EHLO)
        last = max(hellos, default=0)
        return next((outcome for outcome in found if (outcome.event or 0) > last), found[0])
    if claim.goal is Goal.EXPECTATION:  # that it was not met decides, also if a failure replaced the reply
        return next((one for one in found if one.status is Status.EXPECTATION), found[0])
    if claim.goal in (Goal.DELIVERED, Goal.NOT_FAILED):  # a delay is reported first, and then the failure
        return next((one for one in found if one.status is Status.DSN_FAILED), found[0])
    if claim.goal is Goal.CONNECTED:  # of several addresses, the last one tried
        return found[-1]
    return found[0]


def first_obstacle(claims: Sequence[Claim], events: Sequence[Event]) -> Outcome:
    """The obstacle of the first of ``claims``; of a later one, if no event shows why the first was not tried.

    With LMTP, a missing reply takes precedence over a rejection.
    """
    if claims[0].goal is not Goal.MESSAGE or not claims[0].subject:
        one_of_each = {claim.goal: claim for claim in reversed(claims)}
        every = [find_obstacle(one_of_each[goal], events) for goal in dict.fromkeys(claim.goal for claim in claims)]
        known = (outcome for outcome in every if outcome.status is not Status.UNPROVEN)
        return next(known, every[0]).replace(claim=claims[0])
    found = find_obstacles([claim for claim in claims if claim.goal is Goal.MESSAGE], events)
    return next((one.replace(why="missing-reply") for one in found if one.reply is None), found[0])


_NOBODY = "\r\n"  # not a possible recipient


def find_obstacles(claims: Sequence[Claim], events: Sequence[Event]) -> list[Outcome]:
    """The obstacle of each of ``claims``, which have the same goal and a recipient each. There may be thousands.

    It is the rejection of the recipient, or the obstacle of all recipients, whichever is first.
    """
    if not claims:
        return []
    for_all = find_obstacle(claims[0].replace(subject=_NOBODY), events)
    own: dict[Claim, Outcome] = {}
    for place, event in enumerate(events if for_all.event is None else events[: for_all.event]):
        if isinstance(event, Received) and event.recipient:
            claim = claims[0].replace(subject=event.recipient)
            outcome = None if claim in own else obstacle_at(claim, place, event, events)
            if outcome:
                own[claim] = outcome.replace(claim=claim, event=place)
    return [own.get(claim) or for_all.replace(claim=claim) for claim in claims]


def obstacle_at(claim: Claim, place: int, event: Event, events: Sequence[Event]) -> Outcome | None:
    """The obstacle that ``event``, at index ``place``, is for ``claim``; None if it is none."""
    match event:
        case GaveUp(phase=phase, why=Reason.SERVER_CLOSES):
            return _closing(phase, events[:place])
        case GaveUp(phase=phase, why=why):
            reply = reply_before(events[:place]) if why is Reason.REPLY_FLOOD else None
            return Outcome(_REASONS[why], phase=phase, reply=reply, why=why)
        case Received():
            return _rejection(claim, event, place, events)
        case Unsolicited(phase=phase, reply=reply):
            return _unasked(claim, place, phase, reply, events)
        case Unsecured(phase=phase, kind=kind):
            return Outcome(Status.TLS, phase=phase, why=kind)
        case TimedOut(phase=phase) if phase is not Phase.QUIT:
            return Outcome(Status.TIMEOUT, phase=phase)
        case Failed(phase=phase, kind=kind):
            if phase is Phase.CONNECT and any(isinstance(other, Connected) for other in events):
                return None  # another address of the host was reached
            return Outcome(_TROUBLES.get(kind, Status.LOST), phase=phase, why=kind)
        case Disconnected(phase=phase, by=Party.PEER) if phase is not Phase.QUIT:
            return Outcome(Status.LOST, phase=phase)
        case Expected(met=False, line=line) if claim == Claim(Goal.EXPECTATION, str(line)):
            return Outcome(Status.EXPECTATION, phase=Phase.OTHER, reply=reply_before(events[:place]))
        case Notified() | Unnotified():
            return _unreported(claim, event)
        case Noted(phase=phase, topic=Topic.UNREAD) if claim.goal is Goal.COMPLETE:
            return Outcome(Status.UNPROVEN, phase=phase, why=Topic.UNREAD)
    return None


def _closing(phase: Phase, before: Sequence[Event]) -> Outcome:
    """The server closes the session with 421, in reply to a command or without one."""
    replies = (event.reply for event in reversed(before) if isinstance(event, Unsolicited | Received))
    reply = next((reply for reply in replies if reply.code == 421), None)
    return Outcome(Status.TEMPORARY, phase=phase, reply=reply, why=Reason.SERVER_CLOSES)


def _rejection(claim: Claim, event: Received, place: int, events: Sequence[Event]) -> Outcome | None:
    """A reply that prevents the proof of ``claim``; None if ``event`` is another reply."""
    phases = _WAYS.get(claim.goal, (PHASES[claim.goal],))
    about = event.recipient in ("", claim.subject) or not claim.subject
    phase, reply, before = event.phase, event.reply, events[:place]
    ends = reply.code == 421 and phase is not Phase.QUIT
    if not ends and (phase not in phases or not about or goes_on(phase, reply)):
        return None
    if claim.goal is Goal.COMMAND and event.verb != claim.subject:
        return None
    if _takes_header_for_command(event, before):
        return _refused_proxy(reply)
    if claim.goal is Goal.PROXY and phase is Phase.QUIT:
        return None
    status = _status_of(reply)
    why: str = Reason.REPLY_FLOOD if Defect.TOO_LONG in reply.defects else ""
    if status is Status.PROTOCOL and reply.is_sound and reply.code:
        why = "unexpected-code"
    elif phase is Phase.BANNER and _has_header(before):
        why = "rejected-behind-proxy"
    return Outcome(status, phase=phase, reply=reply, why=why)


def _has_header(before: Sequence[Event]) -> bool:
    return any(isinstance(earlier, Sent) and earlier.verb == "PROXY" for earlier in before)


def _takes_header_for_command(event: Received, before: Sequence[Event]) -> bool:
    """Whether ``event`` is most likely the reply to a PROXY header that the server read as an unknown command."""
    if event.reply.code not in _UNKNOWN_COMMAND or not _has_header(before):
        return False
    return not any(isinstance(earlier, Received) and earlier.reply.code != 220 for earlier in before)


def _status_of(reply: Reply) -> Status:
    """The status for a reply that does not accept: 4yz and 5yz reject, others violate SMTP (RFC 5321 section 4.2)."""
    if Defect.TOO_LONG in reply.defects:
        return Status.PROTOCOL
    return {4: Status.TEMPORARY, 5: Status.PERMANENT}.get(reply.kind, Status.PROTOCOL)


# Goals that a single command of the client decides.
_COMMANDS = (Goal.HELLO, Goal.XCLIENT, Goal.LOGGED_IN, Goal.SENDER, Goal.RECIPIENT, Goal.DATA)


def _unasked(claim: Claim, place: int, phase: Phase, reply: Reply, events: Sequence[Event]) -> Outcome | None:
    """The obstacle that a reply without a command is; None if it is none.

    421 ends the session at any time. A server that does not know the PROXY header replies to it as to a command.
    """
    if claim.goal is Goal.PROXY:
        return _refused_proxy(reply)
    if reply.code == 421:
        before = PHASES[claim.goal] if claim.goal in _COMMANDS else phase  # the command that was not sent
        return Outcome(Status.TEMPORARY, phase=before, reply=reply, why=Reason.SERVER_CLOSES)
    if phase is Phase.END_OF_DATA and reply.kind in (2, 3):
        # It was received before the end of data was sent. Usually the connection is lost then, which decides.
        lost = any(isinstance(event, Disconnected | TimedOut) for event in events[place:])
        return None if lost else Outcome(Status.PROTOCOL, phase=phase, reply=reply, why="early-reply")
    return None


# Codes of a server that reads the PROXY header as a command.
_UNKNOWN_COMMAND = (421, 500, 502, 503)


def _refused_proxy(reply: Reply) -> Outcome:
    status = Status.TEMPORARY if reply.kind == 4 else Status.PERMANENT
    return Outcome(status, phase=Phase.PROXY, reply=reply, why="proxy-refused")


def _unreported(claim: Claim, event: Notified | Unnotified) -> Outcome | None:
    """A DSN other than the claimed one; None if ``event`` is about another recipient or claim."""
    if claim.goal not in (Goal.DELIVERED, Goal.NOT_FAILED) or event.recipient != claim.subject:
        return None
    if isinstance(event, Unnotified):
        return Outcome(Status.DSN_MISSING, phase=Phase.CLOSED)
    reported = {DsnAction.FAILED: Status.DSN_FAILED, DsnAction.DELAYED: Status.DSN_DELAYED}
    if event.action is DsnAction.OTHER:  # an action that RFC 3464 does not define reports nothing
        return Outcome(Status.DSN_MISSING, phase=Phase.CLOSED, why=event.action)
    return Outcome(reported[event.action], phase=Phase.CLOSED, why=event.action) if event.action in reported else None
