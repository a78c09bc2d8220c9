"""The facade for what a program does with the parts: a session with a dialogue of its own."""

from __future__ import annotations

from smtpscope.net.blocking import converse
from smtpscope.net.clock import Clock
from smtpscope.protocol.phase import TIMEOUTS, Phase
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from smtpscope.dialogue.plan import Target
    from smtpscope.dialogue.step import Dialogue
    from smtpscope.model.event import Event


def perform(
    target: Target, dialogue: Dialogue, timeouts: Mapping[Phase, float] = TIMEOUTS, clock: Clock | None = None
) -> Iterator[Event]:
    """Hold ``dialogue`` with the server that ``target`` names; yields the events as they happen, Done last.

    ``timeouts`` in seconds. Raises LocalError for a source address that this machine does not have, UsageError for a
    DNS server that is no address; nothing for what the server does.
    """
    return converse(target, target.host, target.port, dialogue, timeouts, clock or Clock())
