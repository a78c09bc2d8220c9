"""What becomes of a message behind the 250: for each recipient, and who is told of it (RFC 3461)."""

from __future__ import annotations

import re

from smtpscope.lab.scenario.model import DELAYED, DELIVERED, EXPANDED, FAILED, RELAYED
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smtpscope.lab.mail import Mail, Recipient
    from smtpscope.lab.scenario.model import Action

# The condition that NOTIFY names for each (RFC 3461 section 4.1); nobody hears of what is lost.
_CONDITIONS = {
    DELIVERED: "SUCCESS",
    RELAYED: "SUCCESS",
    EXPANDED: "SUCCESS",
    DELAYED: "DELAY",
    FAILED: "FAILURE",
}

_STATUS = {DELAYED: "4.4.1", FAILED: "5.0.0"}

# What is asked for where NOTIFY is absent (RFC 3461 section 4.1).
_USUAL = ("FAILURE", "DELAY")


class Outcome(Value):
    """What became of the message for one recipient.

    action      one of OUTCOMES
    status      the enhanced code that says it (RFC 3463)
    diagnostic  the words of the server that said it, code first; empty when none did
    remote      that server
    after       seconds until it is known
    """

    recipient: Recipient
    action: str = DELIVERED
    status: str = "2.0.0"
    diagnostic: str = ""
    remote: str = ""
    after: float = 0.0


def outcome_of(recipient: Recipient, action: Action | None) -> Outcome:
    """The outcome that a rule for the stage ``delivery`` asks for: delivered where there is none."""
    if action is None:
        return Outcome(recipient)
    kind = action.outcome or {5: FAILED, 4: DELAYED}.get(action.code // 100, DELIVERED)
    words = " ".join(action.lines)
    match = re.match(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}(?![0-9.])", words)
    status = match[0] if match else _STATUS.get(kind, "2.0.0")
    diagnostic = f"{action.code} {words}".strip() if action.code else ""
    return Outcome(recipient, kind, status, diagnostic, action.remote, action.delay)


def is_wanted(outcome: Outcome) -> bool:
    """Whether the sender asked to hear of ``outcome`` (RFC 3461 section 4.1)."""
    notify = dict(outcome.recipient.parameters).get("NOTIFY", "")
    wanted = notify.upper().split(",") if notify else _USUAL
    return _CONDITIONS.get(outcome.action, "never asked for") in wanted


def notices(mail: Mail, outcomes: tuple[Outcome, ...]) -> Iterator[tuple[Outcome, ...]]:
    """The outcomes that belong into one notification each: failures, delays, the rest. None for a null sender."""
    if not mail.sender:  # RFC 5321 section 4.5.5: a notification about a notification would never end
        return
    wanted = [outcome for outcome in outcomes if is_wanted(outcome)]
    for actions in ((FAILED,), (DELAYED,), (DELIVERED, RELAYED, EXPANDED)):
        group = tuple(outcome for outcome in wanted if outcome.action in actions)
        if group:
            yield group
