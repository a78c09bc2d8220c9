"""A random recipient and postmaster, after a rejected one: whether the server checks recipients or accepts all.

Intrusive: it names recipients to whom nobody writes. RCPT only, then RSET and QUIT; no mail is sent.
"""

from __future__ import annotations

from smtpscope.probes.question import Cost, Probe, Question
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from smtpscope.model.event import Probed
    from smtpscope.probes.question import Situation


def applies(situation: Situation) -> str:
    """Only after a recipient was rejected."""
    return "" if situation.trouble == "refused-recipient" else "not-useful"


def questions(situation: Situation, answers: Sequence[Probed]) -> Iterator[Question]:
    """One session with the same EHLO name and sender. The package net puts a random name in place of ``*``."""
    domain = situation.refused[0].rpartition("@")[2]
    names = (situation.helo, situation.sender, f"*@{domain}", f"postmaster@{domain}")
    yield Question("recipients", "rcpt", situation.address, situation.port, names=names)


PROBE = Probe("recipients", Cost.INTRUSIVE, questions, applies)
