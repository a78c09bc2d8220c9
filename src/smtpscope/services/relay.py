"""Hand a message to a server, from within an event loop: the lab does so with the notifications that it sends."""

from __future__ import annotations

from smtpscope.diagnosis.claims import plan_claims
from smtpscope.dialogue.conversation import conversation
from smtpscope.dialogue.plan import Envelope, Plan, Target
from smtpscope.model.event import Planned
from smtpscope.net.asynchronous import converse
from smtpscope.net.clock import Clock
from smtpscope.render.report import sentence
from smtpscope.services.run import Run
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.lab.dsn_sender import SmartHost
    from smtpscope.protocol.endpoint import Endpoint


async def hand_over(host: str, port: int, helo: str, recipient: str, message: bytes) -> str:
    """Give ``message``, from the null sender, to a server. Returns what came of it, in words.

    A cancellation ends the session with QUIT. Raises nothing for what the server does.
    """
    plan = Plan(Target(host, port), Envelope(helo, "", (recipient,)), message=message)
    clock = Clock()
    run = Run(iter(()))
    run.add(Planned(clock.now(), host, plan_claims(plan)))
    async for event in converse(plan.target, host, port, conversation(plan), plan.timeouts, clock):
        run.add(event)
    return "; ".join(sentence(server) for server in run.report.servers)


def make_smart_host(place: Endpoint, helo: str) -> SmartHost:
    """What hands a message over to ``place``, port 25 where it has none, as ``helo``."""

    async def smart_host(recipient: str, message: bytes) -> str:
        return await hand_over(place.host, place.port or 25, helo, recipient, message)

    return smart_host
