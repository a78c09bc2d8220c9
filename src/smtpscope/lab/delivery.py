"""What happens to a message after the 250, for each recipient, and which DSNs are requested (RFC 3461)."""

from __future__ import annotations

import re

from smtpscope.lab.scenario.model import DELAYED, DELIVERED, EXPANDED, FAILED, RELAYED
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smtpscope.lab.mail import Mail, Recipient
    from smtpscope.lab.scenario.model import Action

# The keyword of NOTIFY for each outcome (RFC 3461 section 4.1); a lost message has none.
_CONDITIONS = {
    DELIVERED: "SUCCESS",
    RELAYED: "SUCCESS",
    EXPANDED: "SUCCESS",
    DELAYED: "DELAY",
    FAILED: "FAILURE",
}

_STATUS = {DELAYED: "4.4.1", FAILED: "5.0.0"}

# What is reported without NOTIFY (RFC 3461 section 4.1).
_USUAL = ("FAILURE", "DELAY")


class Outcome(Value):
    """What happened to the message for one recipient.

    action      one of OUTCOMES
    status      the enhanced status code (RFC 3463)
    diagnostic  the reply of the server that rejected it, code first; empty if there is none
    remote      the name of that server
    after       seconds until the outcome is known
    """

    recipient: Recipient
    action: str = DELIVERED
    status: str = "2.0.0"
    diagnostic: str = ""
    remote: str = ""
    after: float = 0.0


def outcome_of(recipient: Recipient, action: Action | None) -> Outcome:
    """The outcome that a rule for the stage ``delivery`` chooses; without a rule: delivered."""
    if action is None:
        return Outcome(recipient)
    kind = action.outcome or {5: FAILED, 4: DELAYED}.get(action.code // 100, DELIVERED)
    words = " ".join(action.lines)
    match = re.match(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}(?![0-9.])", words)
    status = match[0] if match else _STATUS.get(kind, "2.0.0")
    diagnostic = f"{action.code} {words}".strip() if action.code else ""
    return Outcome(recipient, kind, status, diagnostic, action.remote, action.delay)


def is_wanted(outcome: Outcome) -> bool:
    """Whether the sender requested a DSN for ``outcome`` (RFC 3461 section 4.1)."""
    notify = dict(outcome.recipient.parameters).get("NOTIFY", "")
    wanted = notify.upper().split(",") if notify else _USUAL
    return _CONDITIONS.get(outcome.action, "never asked for") in wanted


def notices(mail: Mail, outcomes: tuple[Outcome, ...]) -> Iterator[tuple[Outcome, ...]]:
    """The outcomes by DSN: one for failures, one for delays, one for the rest. None for a null sender."""
    if not mail.sender:  # RFC 5321 section 4.5.5: a DSN about a DSN would never end
        return
    wanted = [outcome for outcome in outcomes if is_wanted(outcome)]
    for actions in ((FAILED,), (DELAYED,), (DELIVERED, RELAYED, EXPANDED)):
        group = tuple(outcome for outcome in wanted if outcome.action in actions)
        if group:
            yield group
