"""Other ports of the same host: is it there at all, and does it take mail on another?"""

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
    """Only where there is an address to ask."""
    if not situation.address:
        return "no-address"
    return "not-useful" if situation.is_step else ""


def questions(situation: Situation, answers: Sequence[Probed]) -> Iterator[Question]:
    """The SMTP ports; the common ones too where the host has not shown that it is there."""
    there = situation.trouble in ("closed", "cut", "mute", "foreign", "turned-away")
    for port in SMTP + (() if there else COMMON):
        if port != situation.port:
            yield Question("ports", "port", situation.address, port, "smtp" if port in SMTP else "common")


PROBE = Probe("ports", Cost.LOUD, questions, applies)
