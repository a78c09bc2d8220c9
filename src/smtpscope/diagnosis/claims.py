"""What a test claims: from its plan, or, for a session without one, from what was said."""

from __future__ import annotations

from smtpscope.model.claim import TYPED, Claim, Goal
from smtpscope.model.event import (
    Connected,
    Failed,
    GaveUp,
    LoggedIn,
    Noted,
    Received,
    Secured,
    Sent,
    Stopped,
    Unsecured,
)
from smtpscope.model.vocabulary import Reason, Topic
from smtpscope.protocol.phase import Phase
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from smtpscope.dialogue.plan import Plan
    from smtpscope.dialogue.script import Script
    from smtpscope.model.event import Event

# The goals on the way, in the order in which they are reached, and the last goal of each --stop-after.
_LAST: dict[str, Goal] = {
    "connect": Goal.CONNECTED,
    "banner": Goal.GREETED,
    "ehlo": Goal.HELLO,
    "starttls": Goal.HELLO,
    "auth": Goal.LOGGED_IN,
    "mail": Goal.SENDER,
    "rcpt": Goal.RECIPIENT,
    "data": Goal.DATA,
}


def plan_claims(plan: Plan) -> tuple[Claim, ...]:
    """The claims of ``plan``, in the order of the session."""
    each = Goal.MESSAGE, Goal.RECIPIENT, Goal.DELIVERED, Goal.NOT_FAILED
    found: list[Claim] = []
    for goal in _goals(plan):
        names = plan.envelope.recipients if goal in each and (goal is not Goal.MESSAGE or plan.is_lmtp) else ("",)
        found += [Claim(goal, name) for name in names]
        if goal is _LAST.get(plan.stop_after):
            break
    if plan.proxy and plan.stop_after == "banner":
        found.append(Claim(Goal.PROXY))
    return tuple(found)


def _goals(plan: Plan) -> list[Goal]:
    """Every goal that the plan has, whether or not it stops before."""
    implicit = plan.tls.mode == "implicit"
    wanted = (
        (Goal.CONNECTED, True),
        (Goal.ENCRYPTED, implicit),
        (Goal.GREETED, True),
        (Goal.PROXY, bool(plan.proxy)),
        (Goal.ENCRYPTED, plan.wants_tls and not implicit and plan.stop_after not in ("banner", "ehlo")),
        (Goal.XCLIENT, bool(plan.xclient) and plan.stop_after not in ("banner", "ehlo", "starttls")),
        (Goal.HELLO, True),
        (Goal.LOGGED_IN, plan.login is not None),
        (Goal.SENDER, True),
        (Goal.RECIPIENT, True),
        (Goal.DATA, plan.stop_after == "data"),
        (Goal.MESSAGE, True),
    )
    return [goal for goal, applies in wanted if applies]


def script_claims(script: Script, implicit_tls: bool) -> tuple[Claim, ...]:
    """The claims of ``script``: the connection, and each reply that it expects."""
    from smtpscope.dialogue.script import CLOSE, EXACT, LOGIN, SEARCH, SKIP

    expecting = (EXACT, SEARCH, SKIP, CLOSE, LOGIN)
    lines = [Claim(Goal.EXPECTATION, str(act.line)) for act in script.acts if act.mark in expecting]
    secured = (Claim(Goal.ENCRYPTED),) if implicit_tls else ()
    return (Claim(Goal.CONNECTED), *secured, *lines)


def infer_claims(events: Sequence[Event]) -> tuple[Claim, ...]:
    """The claims of a session whose plan is not known: that what was said was accepted, and that all of it was said."""
    said = [event for event in events if isinstance(event, Sent)]
    unsent = any(isinstance(event, GaveUp) and event.why is Reason.LINES_UNSENT for event in events)
    if not said and not any(isinstance(event, Connected) for event in events):
        return (Claim(Goal.CONNECTED), Claim(Goal.GREETED))
    stopped = next((event.phase for event in events if isinstance(event, Stopped)), None)
    if stopped in (Phase.CONNECT, Phase.BANNER):
        return (Claim(Goal.CONNECTED), Claim(Goal.GREETED))[: 1 if stopped is Phase.CONNECT else 2]
    commands = [str(event.exchange) for event in said if _stands_alone(event)]
    return (
        *(Claim(Goal.CONNECTED), Claim(Goal.GREETED)),
        *_before_mail(events, {event.verb for event in said}),
        *_transaction(said, stopped),
        *(Claim(Goal.COMMAND, index) for index in commands),
        *((Claim(Goal.COMMAND),) if unsent else ()),
    )


def _stands_alone(event: Sent) -> bool:
    """Whether it is a command outside of a mail transaction, such as VRFY, or none at all."""
    return event.phase is Phase.OTHER and not event.body and event.verb != "PROXY"


def _before_mail(events: Sequence[Event], verbs: set[str]) -> Iterator[Claim]:
    if "PROXY" in verbs:
        yield Claim(Goal.PROXY)
    if _says_hello(events):
        yield Claim(Goal.HELLO)
    if "STARTTLS" in verbs and _wants_tls(events):
        yield Claim(Goal.ENCRYPTED)
    if "XCLIENT" in verbs:
        yield Claim(Goal.XCLIENT)
    if "AUTH" in verbs:
        held = any(isinstance(event, LoggedIn | GaveUp | Noted) and event.phase is Phase.AUTH for event in events)
        yield Claim(Goal.LOGGED_IN, "" if held else TYPED)


def _says_hello(events: Sequence[Event]) -> bool:
    """Whether a hello was said that counts: none is needed where nothing follows the handshake (RFC 3207)."""
    hello = [place for place, event in enumerate(events) if _is_hello(event)]
    secured = [place for place, event in enumerate(events) if isinstance(event, Secured)]
    return bool(hello) and (not secured or hello[-1] > secured[-1])


def _is_hello(event: Event) -> bool:
    return isinstance(event, Sent | Received) and event.phase is Phase.EHLO


def _wants_tls(events: Sequence[Event]) -> bool:
    """Whether STARTTLS was meant in earnest: not where the session goes on without, or the handshake is left out."""
    for event in events:
        if isinstance(event, Noted) and event.topic is Topic.TLS_REFUSED:
            return False
    replies = [event.reply for event in events if isinstance(event, Received) and event.phase is Phase.STARTTLS]
    return any(isinstance(event, Secured | Unsecured | Failed) for event in events) or any(
        reply.code != 220 for reply in replies
    )


def _transaction(said: Sequence[Sent], stopped: Phase | None) -> Iterator[Claim]:
    verbs = {event.verb for event in said}
    named = [event.recipient for event in said if event.verb == "RCPT"]
    if "MAIL" in verbs:
        yield Claim(Goal.SENDER)
    for name in named:
        yield Claim(Goal.RECIPIENT, name)
    if stopped is Phase.DATA:
        yield Claim(Goal.DATA)
    elif verbs & {"DATA", "BDAT", "."}:
        for name in named if "LHLO" in verbs else ("",):
            yield Claim(Goal.MESSAGE, name)
