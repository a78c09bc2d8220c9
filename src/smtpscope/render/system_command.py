"""Commands of the operating system for next steps."""

from __future__ import annotations

from smtpscope.model.finding import Action
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.model.finding import NextStep

# To be run on the host that the step names.
COMMANDS: dict[Action, str] = {
    Action.CHECK_LISTENER: "ss -ltnp 'sport = :{port}'",
    Action.CHECK_LISTENERS: "ss -ltn",
    Action.CHECK_FIREWALL: "nft list ruleset",
    Action.CHECK_OWN_FIREWALL: "nft list ruleset",
    Action.CHECK_ROUTE: "ip route get {target} && ping -c 3 {target}",
}


def system_command(step: NextStep) -> str:
    """The shell command for a next step, with its values quoted; empty if there is none."""
    pattern = COMMANDS.get(step.action)
    if pattern is None:
        return ""
    from shlex import quote

    values = {"target": step.target, **dict(step.details)}
    return pattern.format(**{name: quote(value) for name, value in values.items()})
