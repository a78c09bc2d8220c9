"""A line of text to a port that sends nothing: HTTP and other services respond to a request only.

The line is QUIT and an empty line: it ends an SMTP session that has not begun, and is the shortest bad request of HTTP.
"""

from __future__ import annotations

from smtpscope.probes.question import Cost, Probe, Question
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from smtpscope.model.event import Probed
    from smtpscope.probes.question import Situation


def applies(situation: Situation) -> str:
    """Only for a port that accepted the connection and sent nothing."""
    return "" if situation.trouble == "mute" else "not-useful"


def questions(situation: Situation, answers: Sequence[Probed]) -> Iterator[Question]:
    """One connection."""
    yield Question("words", "words", situation.address, situation.port)


PROBE = Probe("words", Cost.LOUD, questions, applies)
