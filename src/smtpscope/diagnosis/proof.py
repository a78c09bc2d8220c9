"""The event that proves a claim, for each goal: a reply with the correct code, or an event of this client.

Codes: RFC 5321 section 4.3.2; 235 RFC 4954 section 6; 220 to STARTTLS RFC 3207 section 4. A 3yz reply, another 2yz
reply, or a reply with an unreliable code proves nothing.
"""

from __future__ import annotations

from smtpscope.model.claim import Claim, Goal
from smtpscope.model.event import (
    Connected,
    Disconnected,
    Event,
    Expected,
    Failed,
    GaveUp,
    LoggedIn,
    Noted,
    Notified,
    Received,
    Secured,
    Sent,
    TimedOut,
    Unnotified,
    Unsolicited,
)
from smtpscope.model.vocabulary import DsnAction, Party, Reason, Topic
from smtpscope.protocol.phase import Phase
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence, Set
    from typing import TypeAlias

    from smtpscope.protocol.reply import Reply

    Test: TypeAlias = Callable[[Claim, int, Event, Sequence[Event]], bool]


def find_proof(
    claim: Claim,
    events: Sequence[Event],
    taken: Set[int | None],
    among: Iterable[int] | None = None,
    end: int | None = None,
) -> int | None:
    """The index of the first event that proves ``claim``; None if there is none.

    taken  indexes of events that prove an equal claim already
    among  the indexes to search, if they are known; else all
    end    the result of ``end_of``, if it is known: a reply after a 421 proves nothing, because the 421 ends the
           session (RFC 5321 section 3.8)
    """
    proves = PROOFS[claim.goal]
    end = len(events) if claim.goal in _BEHIND else end_of(events) if end is None else end
    places = range(end) if among is None else (place for place in among if place < end)
    proven = (place for place in places if place not in taken and proves(claim, place, events[place], events))
    return next(proven, None)


# Goals whose proof may follow the end of the session.
_BEHIND = (Goal.EXPECTATION, Goal.DELIVERED, Goal.NOT_FAILED, Goal.COMPLETE)


def end_of(events: Sequence[Event]) -> int:
    """The index of the first 421; the number of events if there is none."""
    ends = (place for place, event in enumerate(events) if isinstance(event, Received | Unsolicited) and _closes(event))
    return next(ends, len(events))


def _closes(event: Received | Unsolicited) -> bool:
    return event.reply.code == 421


def reply_before(events: Sequence[Event]) -> Reply | None:
    """The last reply in ``events``; None if there is none."""
    replies = (event.reply for event in reversed(events) if isinstance(event, Received | Unsolicited))
    return next(replies, None)


# Codes that only one command, or the banner, may get: for any other command they are wrong.
OWNED = (220, 221, 235)

# The codes with which the client continues in each phase. MESSAGE and LOGGED_IN have proofs of their own.
GO_ON: dict[Phase, tuple[int, ...]] = {
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


def codes_of(phase: Phase) -> tuple[int, ...]:
    """The codes with which the client continues after a command of ``phase``."""
    return GO_ON.get(phase, (250,))


def goes_on(phase: Phase, reply: Reply) -> bool:
    """Whether the client continues after ``reply`` to a command of ``phase``."""
    return reply.code in codes_of(phase) and reply.is_sound


def _says(event: Event, phase: Phase, *codes: int) -> bool:
    """Whether ``event`` is a sound reply in ``phase`` with one of ``codes``."""
    return isinstance(event, Received) and event.phase is phase and event.reply.code in codes and event.reply.is_sound


def _connected(claim: Claim, place: int, event: Event, events: Sequence[Event]) -> bool:
    return isinstance(event, Connected)


def _encrypted(claim: Claim, place: int, event: Event, events: Sequence[Event]) -> bool:
    return isinstance(event, Secured)


def _greeted(claim: Claim, place: int, event: Event, events: Sequence[Event]) -> bool:
    return _says(event, Phase.BANNER, 220)


def _hello(claim: Claim, place: int, event: Event, events: Sequence[Event]) -> bool:
    """250, and no later TLS (RFC 3207 section 4.2) or XCLIENT, after which another hello is required."""
    if not _says(event, Phase.EHLO, 250):
        return False
    return not any(isinstance(later, Secured) or _says(later, Phase.XCLIENT, 220) for later in events[place + 1 :])


def _proxy(claim: Claim, place: int, event: Event, events: Sequence[Event]) -> bool:
    """The banner is 220, and the first command is accepted: so the server has read the header as a header."""
    if not (_says(event, Phase.EHLO, 250) or _says(event, Phase.QUIT, 221)):
        return False
    before = events[:place]
    if not any(isinstance(earlier, Sent) and earlier.verb == "PROXY" for earlier in before):
        return False
    return any(_says(earlier, Phase.BANNER, 220) for earlier in before) and not any(
        isinstance(earlier, Unsolicited) or (isinstance(earlier, Received) and earlier.phase is Phase.EHLO)
        for earlier in before
    )


def _xclient(claim: Claim, place: int, event: Event, events: Sequence[Event]) -> bool:
    return _says(event, Phase.XCLIENT, 220)


def _logged_in(claim: Claim, place: int, event: Event, events: Sequence[Event]) -> bool:
    """235, then this client's checks of the server's proof, and no decision before to give up."""
    if not isinstance(event, LoggedIn):
        return False
    before = events[:place]
    gave_up = any(isinstance(earlier, GaveUp) and earlier.phase is Phase.AUTH for earlier in before)
    return not gave_up and any(_says(earlier, Phase.AUTH, 235) for earlier in before)


def _sender(claim: Claim, place: int, event: Event, events: Sequence[Event]) -> bool:
    return _says(event, Phase.MAIL, 250)


def _recipient(claim: Claim, place: int, event: Event, events: Sequence[Event]) -> bool:
    if not (isinstance(event, Received) and event.recipient == claim.subject):
        return False
    return _says(event, Phase.RCPT, 250, 251, 252)


def _data(claim: Claim, place: int, event: Event, events: Sequence[Event]) -> bool:
    return _says(event, Phase.DATA, 354)


def _message(claim: Claim, place: int, event: Event, events: Sequence[Event]) -> bool:
    """250 after the last byte of a whole message with a recipient; with LMTP, the reply is about this recipient."""
    if not (isinstance(event, Received) and event.last and not event.early and _says(event, Phase.END_OF_DATA, 250)):
        return False
    if event.recipient != claim.subject:
        return False
    return _is_complete(events, place) and _has_recipient(claim.subject, event, events[:place])


def _has_recipient(name: str, reply: Received, before: Sequence[Event]) -> bool:
    """Whether a recipient (with LMTP, ``name``) was accepted in the transaction of the message that ``reply`` is about.

    ``before``: the events before ``reply``.
    """
    message = max(
        (event.exchange for event in before if isinstance(event, Sent) and event.verb in (".", "BDAT")), default=0
    )
    for event in reversed(before):
        if not isinstance(event, Received):
            continue
        if _says(event, Phase.RCPT, 250, 251, 252) and name in ("", event.recipient):
            return True
        if _ends_transaction(event, min(message, reply.exchange)):
            return False
    return False


def _ends_transaction(event: Received, message: int) -> bool:
    """Whether the events before ``event`` belong to another transaction (RFC 5321 section 4.1.1).

    MAIL begins one; RSET, a new hello, and the end of an earlier message (an exchange before ``message``) end it.
    """
    if event.last:
        return event.exchange < message
    begins = event.phase in (Phase.MAIL, Phase.EHLO) or event.verb == "RSET"
    return begins and event.reply.kind == 2


def _is_complete(events: Sequence[Event], place: int) -> bool:
    """Whether the message before index ``place`` was sent completely: with the final dot, or with the last chunk."""
    for number in range(place - 1, -1, -1):
        event = events[number]
        if not isinstance(event, Sent):
            continue
        if event.phase is Phase.MAIL:
            return False
        if event.verb == "BDAT" and not event.body and event.data.upper().split()[1:2] == [b"0"]:
            return _is_last(event)  # an empty chunk has no block
        if event.body and event.final:
            return event.verb != "BDAT" or _is_last(_command_of(event, events, number))
    return False


def _command_of(content: Sent, events: Sequence[Event], place: int) -> Sent:
    """The BDAT command of a block, which is at index ``place``; the block itself if there is no command."""
    before = (events[number] for number in range(place - 1, -1, -1))
    own = (event for event in before if isinstance(event, Sent) and event.exchange == content.exchange)
    return next((event for event in own if not event.body), content)


def _is_last(chunk: Sent) -> bool:
    return not chunk.body and chunk.data.upper().endswith(b"LAST")


def _expectation(claim: Claim, place: int, event: Event, events: Sequence[Event]) -> bool:
    return isinstance(event, Expected) and event.met and str(event.line) == claim.subject


_GOOD = (DsnAction.DELIVERED, DsnAction.RELAYED, DsnAction.EXPANDED)


def _delivered(claim: Claim, place: int, event: Event, events: Sequence[Event]) -> bool:
    """A DSN reports the delivery, and no DSN reports a failure: an alias may have several mailboxes."""
    if not (isinstance(event, Notified) and event.action in _GOOD and event.recipient == claim.subject):
        return False
    return not _reported(claim, events, DsnAction.FAILED)


def _not_failed(claim: Claim, place: int, event: Event, events: Sequence[Event]) -> bool:
    """A DSN reports the delivery, or there was no DSN in time: no failure and no delay."""
    if isinstance(event, Unnotified) and event.recipient == claim.subject:
        return not _reported(claim, events, DsnAction.FAILED, DsnAction.DELAYED)
    return _delivered(claim, place, event, events)


def _reported(claim: Claim, events: Sequence[Event], *actions: DsnAction) -> bool:
    """Whether a DSN reports one of ``actions`` for the recipient of ``claim``."""
    found = (event for event in events if isinstance(event, Notified) and event.recipient == claim.subject)
    return any(event.action in actions for event in found)


def _command(claim: Claim, place: int, event: Event, events: Sequence[Event]) -> bool:
    """Any 2yz that another command does not own."""
    if not (isinstance(event, Received) and event.verb == claim.subject):
        return False
    return event.reply.kind == 2 and event.reply.code not in OWNED and event.reply.is_sound


def _complete_session(claim: Claim, place: int, event: Event, events: Sequence[Event]) -> bool:
    """The last event, if nothing is missing: every line was understood, every command has a reply, no connection lost.

    After the message was accepted, or after a reply to QUIT, the way in which the session ends does not matter.
    """
    if place != len(events) - 1 or any(isinstance(item, Noted) and item.topic is Topic.UNREAD for item in events):
        return False
    if any(isinstance(item, GaveUp) and item.why is Reason.LINES_UNSENT for item in events):
        return False
    return _is_over(events) or (find_unanswered(events) is None and not any(map(_is_break, events)))


def find_unanswered(events: Sequence[Event]) -> Sent | None:
    """The first command or message without a reply, not counting QUIT; None if there is none."""
    answered = {item.exchange for item in events if isinstance(item, Received)}
    whole = (item for item in events if isinstance(item, Sent) and (item.final or not item.body))
    asked = (item for item in whole if item.exchange and item.phase is not Phase.QUIT)
    return next((item for item in asked if item.exchange not in answered), None)


def _is_break(event: Event) -> bool:
    """Whether the session was aborted here: a lost connection, no reply in time, 421, or this client gave up."""
    match event:
        case TimedOut(phase=phase) | Failed(phase=phase) | Disconnected(phase=phase, by=Party.PEER):
            return phase not in (Phase.RESOLVE, Phase.CONNECT, Phase.QUIT)
        case Unsolicited(reply=reply):
            return reply.code == 421
    return isinstance(event, GaveUp)


def _is_over(events: Sequence[Event]) -> bool:
    """Whether QUIT has a reply, or the last message was accepted and no command followed."""
    for event in reversed(events):
        if isinstance(event, Received) and event.phase is Phase.QUIT:
            return True
        if isinstance(event, Sent) and not event.body and event.phase is not Phase.QUIT:
            return False
        if isinstance(event, Received) and event.last:
            return event.reply.code == 250
    return False


PROOFS: dict[Goal, Test] = {
    Goal.CONNECTED: _connected,
    Goal.PROXY: _proxy,
    Goal.ENCRYPTED: _encrypted,
    Goal.GREETED: _greeted,
    Goal.HELLO: _hello,
    Goal.XCLIENT: _xclient,
    Goal.LOGGED_IN: _logged_in,
    Goal.SENDER: _sender,
    Goal.RECIPIENT: _recipient,
    Goal.DATA: _data,
    Goal.MESSAGE: _message,
    Goal.EXPECTATION: _expectation,
    Goal.DELIVERED: _delivered,
    Goal.NOT_FAILED: _not_failed,
    Goal.COMMAND: _command,
    Goal.COMPLETE: _complete_session,
}
