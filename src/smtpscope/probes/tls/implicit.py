"""A TLS ClientHello to a port that says nothing in clear: does it await TLS from the first octet (RFC 8314)?"""

from __future__ import annotations

from smtpscope.probes.question import Cost, Probe, Question
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from smtpscope.model.event import Probed
    from smtpscope.probes.question import Situation


def applies(situation: Situation) -> str:
    """Only a connection that stands can be spoken to; one that spoke has said what it is."""
    return "" if situation.trouble in ("mute", "closed", "cut") else "not-useful"


def questions(situation: Situation, answers: Sequence[Probed]) -> Iterator[Question]:
    """One handshake; inside of it, the first words are heard."""
    yield Question("tls", "tls", situation.address, situation.port, names=(situation.host,))


PROBE = Probe("tls", Cost.LOUD, questions, applies)
