"""A TLS ClientHello to a port that sends nothing: it may expect TLS from the first byte (RFC 8314)."""

from __future__ import annotations

from smtpscope.probes.question import Cost, Probe, Question
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from smtpscope.model.event import Probed
    from smtpscope.probes.question import Situation


def applies(situation: Situation) -> str:
    """Only where a connection was made and nothing was received. What a port sends tells its protocol."""
    return "" if situation.trouble in ("mute", "closed", "cut") else "not-useful"


def questions(situation: Situation, answers: Sequence[Probed]) -> Iterator[Question]:
    """One handshake. What the server sends inside of TLS is read too."""
    yield Question("tls", "tls", situation.address, situation.port, names=(situation.host,))


PROBE = Probe("tls", Cost.LOUD, questions, applies)
