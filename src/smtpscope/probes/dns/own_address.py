"""What the server can see of this client: its address with the PTR record, and its EHLO name, as DNS has them."""

from __future__ import annotations

from smtpscope.probes.question import Cost, Probe, Question
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from smtpscope.model.event import Probed
    from smtpscope.probes.question import Situation


def applies(situation: Situation) -> str:
    """Only where the server rejected this client: it may have looked at these."""
    if situation.loopback:
        return "loopback"
    return "" if situation.trouble in ("turned-away", "closed", "cut", "refused-client") else "not-useful"


def questions(situation: Situation, answers: Sequence[Probed]) -> Iterator[Question]:
    """PTR of the local address, the addresses of that name (does it resolve back?), the addresses of the EHLO name."""
    if situation.local:
        yield Question("view", "ptr", situation.local, role="own-address")
    own = next((a for a in answers if a.probe == "view" and a.kind == "ptr" and a.outcome == "found"), None)
    if own and own.found:
        yield Question("view", "address", own.found[0], role="own-name")
    if situation.helo and not situation.helo.startswith("["):
        yield Question("view", "address", situation.helo, role="helo")


PROBE = Probe("view", Cost.QUIET, questions, applies)
