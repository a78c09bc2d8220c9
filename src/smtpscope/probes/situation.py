"""From the events of a conversation to the situations that the probes can ask about."""

from __future__ import annotations

from smtpscope.diagnosis.failure import find_failure
from smtpscope.model.event import Connected, Received
from smtpscope.probes.network.reference_hosts import DEFAULTS
from smtpscope.probes.question import Situation
from smtpscope.protocol.endpoint import host_of
from smtpscope.protocol.phase import Phase
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from smtpscope.dialogue.plan import Plan
    from smtpscope.model.event import Event
    from smtpscope.probes.options import ProbeOptions

# Words of a refusal that looked at the client rather than at the mail.
_SMELLS = (
    "reverse",
    "rdns",
    "ptr",
    "fcrdns",
    "client host",
    "hostname",
    "host name",
    "helo",
    "ehlo",
    "blocked",
    "block list",
    "blacklist",
    "blocklist",
    "dnsbl",
    "reputation",
    "your ip",
    "ip address",
    "not allowed to connect",
)


def find_situations(events: Sequence[Event], plan: Plan, probes: ProbeOptions) -> Iterator[Situation]:
    """What the probes can look into: a failed connection, else a client or a recipient that was rejected."""
    failure = find_failure(events)
    stands = next((event for event in events if isinstance(event, Connected)), None)
    base = Situation(
        trouble="",
        host=plan.target.host,
        port=plan.target.port,
        domain=_domain(plan),
        helo=plan.envelope.helo,
        sender=plan.envelope.sender,
        local=host_of(stands.local) if stands else "",
        controls=DEFAULTS if probes.controls is None else probes.controls,
    )
    if failure and failure.kind != "slow":
        port = failure.port or base.port
        yield base.replace(trouble=failure.kind, host=failure.host, address=failure.address, port=port)
    elif stands:
        met = base.replace(host=stands.host, address=stands.address, port=stands.port)
        yield from _steps(met, events, probes)


def _steps(met: Situation, events: Sequence[Event], probes: ProbeOptions) -> Iterator[Situation]:
    replies = [event for event in events if isinstance(event, Received) and event.phase is not Phase.QUIT]
    refusals = [event for event in replies if event.reply.kind in (4, 5)]
    if probes.view or any(smells(event.reply.text) for event in refusals):
        yield met.replace(trouble="refused-client")
    recipients = tuple(event.recipient for event in replies if event.phase is Phase.RCPT)
    if recipients and probes.level == "all":
        yield met.replace(trouble="refused-recipient", refused=recipients)


def smells(text: str) -> bool:
    """Whether a refusal seems to be about the client: its address, its name, its EHLO."""
    said = text.lower()
    return any(word in said for word in _SMELLS)


def _domain(plan: Plan) -> str:
    recipient = plan.envelope.recipients[0] if plan.envelope.recipients else ""
    domain = recipient.rpartition("@")[2]
    return "" if domain.startswith("[") else domain
