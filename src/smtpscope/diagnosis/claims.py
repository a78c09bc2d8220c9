"""The claims of a test, derived from its plan or its script."""

from __future__ import annotations

from smtpscope.model.claim import Claim, Goal
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.dialogue.plan import Plan
    from smtpscope.dialogue.script import Script

# The last goal of each --stop-after.
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
    """All goals of the plan in the order of the session, also those after the planned stop."""
    implicit = plan.tls.mode == "implicit"
    wanted = (
        (Goal.CONNECTED, True),
        (Goal.ENCRYPTED, implicit),
        (Goal.GREETED, True),
        (Goal.PROXY, bool(plan.proxy)),
        (Goal.ENCRYPTED, plan.wants_tls and not implicit),
        (Goal.XCLIENT, bool(plan.xclient)),
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
