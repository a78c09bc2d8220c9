"""What a session claims whose plan is not known: what was said in it was meant, and was to be accepted."""

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

# Other commands of a session of which each is claimed.
COMMANDS = 20


def infer_claims(events: Sequence[Event]) -> tuple[Claim, ...]:
    """The claims of a session whose plan is not known: that what was said was accepted, and that nothing is missing.

    A script is no such session: what it expects was met, and a refusal may be what it expects.
    """
    expected = [Claim(Goal.EXPECTATION, str(event.line)) for event in events if isinstance(event, Expected)]
    if expected:
        return (Claim(Goal.CONNECTED), *expected, Claim(Goal.COMPLETE))
    said = [event for event in events if isinstance(event, Sent)]
    found = [*_infer_beginning(events, said), *_infer_session(events, said), *_infer_transaction(events, said)]
    if not any(claim.goal is Goal.MESSAGE for claim in found):
        verbs = dict.fromkeys(event.verb for event in said if event.phase is Phase.OTHER and not event.body)
        found += [Claim(Goal.COMMAND, verb) for verb in list(verbs)[:COMMANDS] if verb]
    return (*found, *_infer_notifications(events, said), Claim(Goal.COMPLETE))


def infer_transactions(events: Sequence[Event]) -> list[tuple[int, int, tuple[Claim, ...]]]:
    """The claims of each transaction, with its place: of those that were not tried again later, the last one first.

    A transaction whose recipients were all named again in a later one was tried again: the later one counts.
    """
    found, later = list[tuple[int, int, tuple[Claim, ...]]](), set[str]()
    for start, end in reversed(find_transactions(events)):
        said = [event for event in events[start:end] if isinstance(event, Sent)]
        named = {event.recipient for event in said if event.verb == "RCPT"}
        if found and named <= later:
            continue
        hello = next(
            (event for event in reversed(events[:start]) if isinstance(event, Sent) and _is_hello(event)), None
        )
        claims = _infer_transaction(events[start:end], [*([hello] if hello else []), *said])
        found.append((start, end, tuple(claim for claim in claims if claim.subject not in later or not claim.subject)))
        later |= named
    return found


def _infer_beginning(events: Sequence[Event], said: Sequence[Sent]) -> Iterator[Claim]:
    """The connection and the banner. A text may begin in the middle of a session: then no banner is claimed."""
    yield Claim(Goal.CONNECTED)
    first = next((event for event in events if isinstance(event, Received)), None)
    if _stopped(events) is not Phase.CONNECT and (first is None or first.phase is Phase.BANNER):
        yield Claim(Goal.GREETED)
    if any(event.verb == "PROXY" for event in said):
        yield Claim(Goal.PROXY)
    if any(map(_begins_tls, events)):
        yield Claim(Goal.ENCRYPTED)


def _begins_tls(event: Event) -> bool:
    """Whether a session is encrypted from here on, or should be. Without a 220, a client may continue unencrypted."""
    match event:
        case Secured() | Unsecured() | GaveUp(why=Reason.TLS_NOT_ANNOUNCED):
            return True
        case Received(verb="STARTTLS", reply=reply):
            return reply.code == 220
    return False


def _infer_session(events: Sequence[Event], said: Sequence[Sent]) -> Iterator[Claim]:
    """What comes before the transaction."""
    verbs = {event.verb for event in said}
    if verbs & set(HELLOS) and _needs_hello(events):
        yield Claim(Goal.HELLO)
    if not verbs & {"AUTH", "MAIL"} and _is_refused_tls(events):
        yield Claim(Goal.ENCRYPTED)
    if "XCLIENT" in verbs:
        yield Claim(Goal.XCLIENT)
    gave_up = any(isinstance(event, GaveUp) and event.phase is Phase.AUTH for event in events)
    if "AUTH" in verbs or gave_up:
        yield Claim(Goal.LOGGED_IN)


def _needs_hello(events: Sequence[Event]) -> bool:
    """Whether a hello that was said counts: where nothing was said behind the handshake, none is missing there."""
    last = next(event for event in reversed(events) if isinstance(event, Secured) or _is_hello(event))
    return not isinstance(last, Secured)


def _is_hello(event: Event) -> bool:
    return isinstance(event, Sent) and event.verb in HELLOS


def _is_refused_tls(events: Sequence[Event]) -> bool:
    """Whether STARTTLS was rejected; a session without a login or a message was about nothing else."""
    replies = [event.reply for event in events if isinstance(event, Received) and event.verb == "STARTTLS"]
    return bool(replies) and replies[-1].code != 220


def _infer_transaction(events: Sequence[Event], said: Sequence[Sent]) -> Iterator[Claim]:
    """The envelope and the message."""
    verbs = {event.verb for event in said}
    named = list(dict.fromkeys(event.recipient for event in said if event.verb == "RCPT"))
    if "MAIL" in verbs:
        yield Claim(Goal.SENDER)
    yield from (Claim(Goal.RECIPIENT, name) for name in named)
    if _stopped(events) is Phase.DATA:
        yield Claim(Goal.DATA)
    elif verbs & {"DATA", "BDAT", "."}:
        hello = next((event.verb for event in reversed(said) if event.verb in HELLOS), "")
        yield from (Claim(Goal.MESSAGE, name) for name in (named if hello == "LHLO" else ("",)))


def _infer_notifications(events: Sequence[Event], said: Sequence[Sent]) -> Iterator[Claim]:
    """That each recipient that was waited for is reported as it was requested with NOTIFY (RFC 3461 section 4.1)."""
    told = dict.fromkeys(event.recipient for event in events if isinstance(event, Notified | Unnotified))
    commands = {event.recipient: event.data.upper() for event in said if event.verb == "RCPT"}
    for name in told:
        parameters = commands.get(name, b"").rpartition(b">")[2]
        yield Claim(Goal.DELIVERED if b"SUCCESS" in parameters else Goal.NOT_FAILED, name)


def _stopped(events: Sequence[Event]) -> Phase | None:
    return next((event.phase for event in events if isinstance(event, Stopped)), None)
