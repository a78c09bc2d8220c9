"""What a test claims: from its plan, or, for a session without one, from what was said."""

from __future__ import annotations

from smtpscope.model.claim import Claim, Goal
from smtpscope.model.event import Connected, Secured, Sent, Stopped
from smtpscope.protocol.phase import Phase
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    """The claims of a session whose plan is not known: that what was said was accepted."""
    said = [event for event in events if isinstance(event, Sent)]
    verbs = {event.verb for event in said}
    stopped = next((event.phase for event in events if isinstance(event, Stopped)), None)
    lmtp = "LHLO" in verbs
    found = [Claim(Goal.CONNECTED)]
    if stopped is Phase.CONNECT:
        return tuple(found)
    found.append(Claim(Goal.GREETED))
    if stopped is Phase.BANNER:
        return tuple(found)
    if any(event.verb == "PROXY" for event in said):
        found.append(Claim(Goal.PROXY))
    found += [] if _ends_behind_tls(events) else [Claim(Goal.HELLO)]
    named = [event.recipient for event in said if event.verb == "RCPT"]
    found += [Claim(Goal.XCLIENT)] if "XCLIENT" in verbs else []
    found += [Claim(Goal.LOGGED_IN)] if "AUTH" in verbs else []
    found += [Claim(Goal.SENDER)] if "MAIL" in verbs else []
    found += [Claim(Goal.RECIPIENT, name) for name in named]
    if verbs & {"DATA", "BDAT", "."} and stopped is not Phase.DATA:
        found += [Claim(Goal.MESSAGE, name) for name in named] if lmtp else [Claim(Goal.MESSAGE)]
    elif stopped is Phase.DATA:
        found.append(Claim(Goal.DATA))
    if any(isinstance(event, Connected) for event in events) or said:
        return tuple(found)
    return (Claim(Goal.CONNECTED), Claim(Goal.GREETED))


def _ends_behind_tls(events: Sequence[Event]) -> bool:
    """Whether STARTTLS was the aim: nothing but QUIT was said behind the handshake, so no hello was to be accepted."""
    places = [place for place, event in enumerate(events) if isinstance(event, Secured)]
    if not places:
        return False
    before = [event.verb for event in events[: places[-1]] if isinstance(event, Sent)]
    behind = [event.verb for event in events[places[-1] :] if isinstance(event, Sent)]
    return "STARTTLS" in before and behind == ["QUIT"]
