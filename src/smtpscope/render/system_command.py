"""Commands of the system that show what a next step asks for."""

from __future__ import annotations

from smtpscope.model.finding import Action
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.model.finding import NextStep

# They are typed on the host that the sentence names.
COMMANDS: dict[Action, str] = {
    Action.CHECK_LISTENER: "ss -ltnp 'sport = :{port}'",
    Action.CHECK_LISTENERS: "ss -ltn",
    Action.CHECK_FIREWALL: "nft list ruleset",
    Action.CHECK_OWN_FIREWALL: "nft list ruleset",
    Action.CHECK_ROUTE: "ip route get {target} && ping -c 3 {target}",
}


def system_command(step: NextStep) -> str:
    """What to type at a shell of the host concerned; empty where there is nothing."""
    pattern = COMMANDS.get(step.action)
    if pattern is None:
        return ""
    from shlex import quote

    given = {"target": step.target, **dict(step.details)}
    return pattern.format(**{name: quote(value) for name, value in given.items()})
