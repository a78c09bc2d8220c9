"""The facade for what a program does with the parts: a session of one's own, a message handed over."""

from __future__ import annotations

from smtpscope.net.blocking import converse
from smtpscope.net.clock import Clock
from smtpscope.protocol.phase import TIMEOUTS, Phase
from smtpscope.services.test import run_test
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from smtpscope.dialogue.plan import Target
    from smtpscope.dialogue.step import Dialogue
    from smtpscope.model.event import Event


def hand_over(host: str, port: int, helo: str, recipient: str, message: bytes) -> str:
    """Give ``message``, from the null sender, to a server. Returns what came of it, in words."""
    from smtpscope.dialogue.plan import Envelope, Plan, Target
    from smtpscope.render.report import sentence

    plan = Plan(Target(host, port), Envelope(helo, "", (recipient,)), message=message)
    run = run_test(plan)
    for _event in run:
        pass
    return "; ".join(sentence(server) for server in run.report.servers)


def perform(
    target: Target, dialogue: Dialogue, timeouts: Mapping[Phase, float] = TIMEOUTS, clock: Clock | None = None
) -> Iterator[Event]:
    """Hold ``dialogue`` with the server that ``target`` names; yields the events as they happen, Done last."""
    return converse(target, target.host, target.port, dialogue, timeouts, clock or Clock())
