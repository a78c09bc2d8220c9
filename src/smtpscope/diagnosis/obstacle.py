"""What stands in the way of a claim that is not proven: the event that ended the way to it, and how it failed."""

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

# The phases whose replies may stand in the way of a claim, where it is not the claim's own phase alone.
_WAYS: dict[Goal, tuple[Phase, ...]] = {
    Goal.PROXY: (Phase.EHLO, Phase.QUIT),
    Goal.ENCRYPTED: (Phase.STARTTLS, Phase.TLS),
    Goal.MESSAGE: (Phase.DATA, Phase.END_OF_DATA),
}


def find_obstacle(claim: Claim, events: Sequence[Event]) -> Outcome:
    """What stands in the way of ``claim``: the first event that ended the way to it."""
    found = [
        outcome.replace(claim=claim, event=place)
        for place, event in enumerate(events)
        if (outcome := obstacle_at(claim, place, event, events))
    ]
    if not found:
        missing = find_unanswered(events) if claim.goal is Goal.COMPLETE else None
        return Outcome(Status.UNPROVEN, claim, missing.phase if missing else PHASES[claim.goal])
    if claim.goal is Goal.HELLO:  # EHLO was rejected, and then HELO: what came of that decides
        said = max((place for place, event in enumerate(events) if _says_hello(event)), default=0)
        return next((outcome for outcome in found if (outcome.event or 0) > said), found[0])
    if claim.goal is Goal.EXPECTATION:  # that it was not met says it all, whatever came in place of a reply
        return next((one for one in found if one.status is Status.EXPECTATION), found[0])
    if claim.goal in (Goal.DELIVERED, Goal.NOT_FAILED):  # a delay is reported first, and then the failure
        return next((one for one in found if one.status is Status.DSN_FAILED), found[0])
    if claim.goal is Goal.CONNECTED:  # of several addresses, the last one tried
        return found[-1]
    return found[0]


def _says_hello(event: Event) -> bool:
    return isinstance(event, Sent) and event.phase is Phase.EHLO


def first_obstacle(claims: Sequence[Claim], events: Sequence[Event]) -> Outcome:
    """The obstacle of the first of ``claims``; of a later one, where nothing shows why the first was not tried.

    With LMTP, a reply that never came says more than one that did.
    """
    if claims[0].goal is not Goal.MESSAGE or not claims[0].subject:
        one_of_each = {claim.goal: claim for claim in reversed(claims)}
        every = [find_obstacle(one_of_each[goal], events) for goal in dict.fromkeys(claim.goal for claim in claims)]
        known = (outcome for outcome in every if outcome.status is not Status.UNPROVEN)
        return next(known, every[0]).replace(claim=claims[0])
    found = find_obstacles([claim for claim in claims if claim.goal is Goal.MESSAGE], events)
    return next((one.replace(why="missing-reply") for one in found if one.reply is None), found[0])


_NOBODY = "\r\n"  # no recipient that could be named


def find_obstacles(claims: Sequence[Claim], events: Sequence[Event]) -> list[Outcome]:
    """The obstacle of each of ``claims``, which have one goal and are each about a recipient: there may be thousands.

    It is the rejection of the recipient, or what stands in the way of every recipient, if that comes first.
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
    """What ``event``, at ``place``, puts in the way of ``claim``; None for nothing."""
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
        case Failed(phase=phase, kind=kind) if _counts(phase, events):
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


def _counts(phase: Phase, events: Sequence[Event]) -> bool:
    """An address that could not be reached decides nothing where another one was."""
    return phase is not Phase.CONNECT or not any(isinstance(event, Connected) for event in events)


def _closing(phase: Phase, before: Sequence[Event]) -> Outcome:
    """The server announced that it closes the session: with a 421 that nobody had asked for, or in a reply."""
    said = (event for event in reversed(before) if isinstance(event, Unsolicited | Received))
    reply = next((event.reply for event in said if event.reply.code == 421), None)
    return Outcome(Status.TEMPORARY, phase=phase, reply=reply, why=Reason.SERVER_CLOSES)


def _rejection(claim: Claim, event: Received, place: int, events: Sequence[Event]) -> Outcome | None:
    """A reply on the way to ``claim`` that is no proof of it."""
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
    """Whether the server replied to the header of a proxy, which it does not know, in the place of the next reply."""
    if event.reply.code not in _UNKNOWN_COMMAND or not _has_header(before):
        return False
    said = [earlier for earlier in before if isinstance(earlier, Received) and earlier.reply.code != 220]
    return not said


def _status_of(reply: Reply) -> Status:
    """A rejection is 4yz or 5yz; anything else that is no acceptance violates SMTP (RFC 5321 section 4.2)."""
    if Defect.TOO_LONG in reply.defects:
        return Status.PROTOCOL
    return {4: Status.TEMPORARY, 5: Status.PERMANENT}.get(reply.kind, Status.PROTOCOL)


# Goals whose phase is that of one command of the client.
_SAID = (Goal.HELLO, Goal.XCLIENT, Goal.LOGGED_IN, Goal.SENDER, Goal.RECIPIENT, Goal.DATA)


def _unasked(claim: Claim, place: int, phase: Phase, reply: Reply, events: Sequence[Event]) -> Outcome | None:
    """421 ends the session at any time. A server that does not know the PROXY header replies to it as to a command."""
    if claim.goal is Goal.PROXY:
        return _refused_proxy(reply)
    if reply.code == 421:
        before = PHASES[claim.goal] if claim.goal in _SAID else phase  # what was not said any more
        return Outcome(Status.TEMPORARY, phase=before, reply=reply, why=Reason.SERVER_CLOSES)
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
    reported = {DsnAction.FAILED: Status.DSN_FAILED, DsnAction.DELAYED: Status.DSN_DELAYED}
    if event.action is DsnAction.OTHER:  # an action that RFC 3464 does not know reports nothing
        return Outcome(Status.DSN_MISSING, phase=Phase.CLOSED, why=event.action)
    return Outcome(reported[event.action], phase=Phase.CLOSED, why=event.action) if event.action in reported else None
