"""A random recipient and postmaster beside one that was refused: does the server check names, or take every one?

Intrusive: it asks the server about names that nobody wants to write to. RCPT only, then RSET and QUIT; no mail is sent.
"""

from __future__ import annotations

from smtpscope.probes.question import Cost, Probe, Question
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from smtpscope.model.event import Probed
    from smtpscope.probes.question import Situation


def applies(situation: Situation) -> str:
    """Only beside a recipient that was refused."""
    return "" if situation.trouble == "refused-recipient" else "not-useful"


def questions(situation: Situation, answers: Sequence[Probed]) -> Iterator[Question]:
    """One conversation as the client that was refused; the package net puts a random name where ``*`` stands."""
    domain = situation.refused[0].rpartition("@")[2]
    names = (situation.helo, situation.sender, f"*@{domain}", f"postmaster@{domain}")
    yield Question("recipients", "rcpt", situation.address, situation.port, names=names)


PROBE = Probe("recipients", Cost.INTRUSIVE, questions, applies)
