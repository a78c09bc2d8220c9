"""The route from this machine to the address, and the local address that it uses. No packet is sent."""

from __future__ import annotations

from smtpscope.probes.question import Cost, Probe, Question
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from smtpscope.model.event import Probed
    from smtpscope.probes.question import Situation


def applies(situation: Situation) -> str:
    """Only if there is an address and no connection was made. A connection proves the route."""
    if not situation.address:
        return "no-address"
    return "" if situation.trouble in ("refused", "silent", "unreachable", "denied", "reset", "other") else "not-useful"


def questions(situation: Situation, answers: Sequence[Probed]) -> Iterator[Question]:
    """The route to the address."""
    yield Question("local", "route", situation.address)


PROBE = Probe("local", Cost.QUIET, questions, applies)
