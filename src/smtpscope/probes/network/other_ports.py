"""Other ports of the same host: whether it responds at all, and whether another port accepts mail."""

from __future__ import annotations

from smtpscope.probes.question import Cost, Probe, Question
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from smtpscope.model.event import Probed
    from smtpscope.probes.question import Situation

SMTP = (25, 587, 465, 2525)
COMMON = (22, 80, 443, 110, 143, 993)


def applies(situation: Situation) -> str:
    """Only if there is an address to connect to."""
    if not situation.address:
        return "no-address"
    return "not-useful" if situation.is_step else ""


def questions(situation: Situation, answers: Sequence[Probed]) -> Iterator[Question]:
    """The SMTP ports. If the host has not responded yet, other common ports too."""
    there = situation.trouble in ("closed", "cut", "mute", "foreign", "turned-away")
    for port in SMTP + (() if there else COMMON):
        if port != situation.port:
            yield Question("ports", "port", situation.address, port, "smtp" if port in SMTP else "common")


PROBE = Probe("ports", Cost.LOUD, questions, applies)
