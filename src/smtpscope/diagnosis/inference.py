"""Infers the claims of a session whose plan is not known: that each command in it was accepted."""

from __future__ import annotations

from smtpscope.diagnosis.transaction import find_transactions
from smtpscope.model.claim import Claim, Goal
from smtpscope.model.event import (
    Expected,
    GaveUp,
    Notified,
    Received,
    Secured,
    Sent,
    Stopped,
    Unnotified,
    Unsecured,
)
from smtpscope.model.vocabulary import Reason
from smtpscope.protocol.command import HELLOS
from smtpscope.protocol.phase import Phase
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from smtpscope.model.event import Event

# Largest number of other commands with a claim each.
COMMANDS = 20


def infer_claims(events: Sequence[Event]) -> tuple[Claim, ...]:
    """The claims of a session whose plan is not known: that the commands were accepted, and that it is complete.

    For a script, the claims are that its expectations were met, because it may expect a rejection.
    """
    expected = [Claim(Goal.EXPECTATION, str(event.line)) for event in events if isinstance(event, Expected)]
    if expected:
        return (Claim(Goal.CONNECTED), *expected, Claim(Goal.COMPLETE))
    sent = [event for event in events if isinstance(event, Sent)]
    found = [*_infer_beginning(events, sent), *_infer_session(events, sent), *_infer_transaction(events, sent)]
    if not any(claim.goal is Goal.MESSAGE for claim in found):
        verbs = dict.fromkeys(event.verb for event in sent if event.phase is Phase.OTHER and not event.body)
        found += [Claim(Goal.COMMAND, verb) for verb in list(verbs)[:COMMANDS] if verb]
    return (*found, *_infer_notifications(events, sent), Claim(Goal.COMPLETE))


def infer_transactions(events: Sequence[Event]) -> list[tuple[int, int, tuple[Claim, ...]]]:
    """(start, end, claims) of each transaction that was not retried later, the last one first.

    A transaction was retried if a later one has all its recipients. The later one counts.
    """
    found, later = list[tuple[int, int, tuple[Claim, ...]]](), set[str]()
    for start, end in reversed(find_transactions(events)):
        sent = [event for event in events[start:end] if isinstance(event, Sent)]
        named = {event.recipient for event in sent if event.verb == "RCPT"}
        if found and named <= later:
            continue
        hello = next(
            (event for event in reversed(events[:start]) if isinstance(event, Sent) and _is_hello(event)), None
        )
        claims = _infer_transaction(events[start:end], [*([hello] if hello else []), *sent])
        found.append((start, end, tuple(claim for claim in claims if claim.subject not in later or not claim.subject)))
        later |= named
    return found


def _infer_beginning(events: Sequence[Event], sent: Sequence[Sent]) -> Iterator[Claim]:
    """The connection, the banner, PROXY, and TLS. For a text without the beginning of the session, no banner."""
    yield Claim(Goal.CONNECTED)
    first = next((event for event in events if isinstance(event, Received)), None)
    if _stopped(events) is not Phase.CONNECT and (first is None or first.phase is Phase.BANNER):
        yield Claim(Goal.GREETED)
    if any(event.verb == "PROXY" for event in sent):
        yield Claim(Goal.PROXY)
    if any(map(_begins_tls, events)):
        yield Claim(Goal.ENCRYPTED)


def _begins_tls(event: Event) -> bool:
    """Whether the session uses TLS from here on, or should. Without a 220, a client may continue unencrypted."""
    match event:
        case Secured() | Unsecured() | GaveUp(why=Reason.TLS_NOT_ANNOUNCED):
            return True
        case Received(verb="STARTTLS", reply=reply):
            return reply.code == 220
    return False


def _infer_session(events: Sequence[Event], sent: Sequence[Sent]) -> Iterator[Claim]:
    """The commands before the transaction: the hello, STARTTLS, XCLIENT, and AUTH."""
    verbs = {event.verb for event in sent}
    beginnings = [event for event in events if isinstance(event, Secured) or _is_hello(event)]
    if verbs & set(HELLOS) and not isinstance(beginnings[-1], Secured):  # a text may end before the hello after TLS
        yield Claim(Goal.HELLO)
    replies = [event.reply for event in events if isinstance(event, Received) and event.verb == "STARTTLS"]
    if not verbs & {"AUTH", "MAIL"} and replies and replies[-1].code != 220:  # the session only tests STARTTLS
        yield Claim(Goal.ENCRYPTED)
    if "XCLIENT" in verbs:
        yield Claim(Goal.XCLIENT)
    gave_up = any(isinstance(event, GaveUp) and event.phase is Phase.AUTH for event in events)
    if "AUTH" in verbs or gave_up:
        yield Claim(Goal.LOGGED_IN)


def _is_hello(event: Event) -> bool:
    return isinstance(event, Sent) and event.verb in HELLOS


def _infer_transaction(events: Sequence[Event], sent: Sequence[Sent]) -> Iterator[Claim]:
    """The envelope and the message. With LMTP, the message has a claim for each recipient."""
    verbs = {event.verb for event in sent}
    named = list(dict.fromkeys(event.recipient for event in sent if event.verb == "RCPT"))
    if "MAIL" in verbs:
        yield Claim(Goal.SENDER)
    yield from (Claim(Goal.RECIPIENT, name) for name in named)
    if _stopped(events) is Phase.DATA:
        yield Claim(Goal.DATA)
    elif verbs & {"DATA", "BDAT", "."}:
        hello = next((event.verb for event in reversed(sent) if event.verb in HELLOS), "")
        yield from (Claim(Goal.MESSAGE, name) for name in (named if hello == "LHLO" else ("",)))


def _infer_notifications(events: Sequence[Event], sent: Sequence[Sent]) -> Iterator[Claim]:
    """For each recipient whose DSN was awaited: delivered if NOTIFY has SUCCESS (RFC 3461), else not failed.

    It is awaited if the session has a DSN about it, or reports that there was none in time.
    """
    awaited = dict.fromkeys(event.recipient for event in events if isinstance(event, Notified | Unnotified))
    commands = {event.recipient: event.data.upper() for event in sent if event.verb == "RCPT"}
    for name in awaited:
        parameters = commands.get(name, b"").rpartition(b">")[2]
        yield Claim(Goal.DELIVERED if b"SUCCESS" in parameters else Goal.NOT_FAILED, name)


def _stopped(events: Sequence[Event]) -> Phase | None:
    """The phase of the planned stop; None if there is none."""
    return next((event.phase for event in events if isinstance(event, Stopped)), None)
