"""The addresses of the host, the PTR record of its address, and the MX of the recipient's domain."""

from __future__ import annotations

from smtpscope.probes.question import Cost, Probe, Question
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from smtpscope.model.event import Probed
    from smtpscope.probes.question import Situation


def applies(situation: Situation) -> str:
    """Not for this machine itself, and not after a session in which a command was rejected."""
    if situation.loopback:
        return "loopback"
    return "not-useful" if situation.is_step else ""


def questions(situation: Situation, answers: Sequence[Probed]) -> Iterator[Question]:
    """A and AAAA of the host, PTR of the address, MX of the recipient's domain."""
    if situation.host != situation.address:
        yield Question("names", "address", situation.host)
    if situation.address:
        yield Question("names", "ptr", situation.address)
    if situation.domain:
        yield Question("names", "mx", situation.domain)


PROBE = Probe("names", Cost.QUIET, questions, applies)
