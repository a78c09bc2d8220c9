"""A second connection to the same port, with the ICMP messages that the kernel keeps (IP_RECVERR): who refused it."""

from __future__ import annotations

from smtpscope.probes.question import Cost, Probe, Question
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from smtpscope.model.event import Probed
    from smtpscope.probes.question import Situation

_TROUBLES = ("refused", "silent", "unreachable", "denied", "reset", "other", "closed", "cut")


def applies(situation: Situation) -> str:
    """Only where a second connection can tell more than the first one."""
    return "" if situation.trouble in _TROUBLES and situation.address else "not-useful"


def questions(situation: Situation, answers: Sequence[Probed]) -> Iterator[Question]:
    """One connection. If it was refused, a few more: they show whether a packet leaves this machine at all."""
    yield Question("again", "port", situation.address, situation.port)
    if situation.trouble == "refused" and not situation.loopback:
        yield Question("again", "inside", situation.address, situation.port)


PROBE = Probe("again", Cost.LOUD, questions, applies)
