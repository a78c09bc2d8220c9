"""The other mail servers (MX) of the recipient's domain: whether they send a banner where the given host does not."""

from __future__ import annotations

from smtpscope.probes.question import Cost, Probe, Question
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from smtpscope.model.event import Probed
    from smtpscope.probes.question import Situation

# A domain may have many; the best few tell enough.
MOST = 2


def applies(situation: Situation) -> str:
    """Without a recipient there is no domain to ask about."""
    if not situation.domain:
        return "no-recipient"
    return "" if situation.trouble not in ("foreign", "refused-client") else "not-useful"


def questions(situation: Situation, answers: Sequence[Probed]) -> Iterator[Question]:
    """Port 25 of the best MX other than the host, as soon as the lookup has named them."""
    found = next((a for a in answers if a.probe == "names" and a.kind == "mx" and a.outcome == "found"), None)
    names = found.found if found else ()
    others = [name for name in names if name not in ("", ".") and name.lower() != situation.host.lower()]
    for name in others[:MOST]:
        yield Question("mx", "port", name, 25)


PROBE = Probe("mx", Cost.LOUD, questions, applies)
