"""Well-known hosts, on the port in question and on another: whether this network blocks the port."""

from __future__ import annotations

from smtpscope.probes.question import Cost, Probe, Question
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from smtpscope.model.event import Probed
    from smtpscope.probes.question import Situation

# Three operators in three networks: port 25 of a mail server, port 443 of a web server. --control names others.
DEFAULTS: tuple[tuple[str, int], ...] = (
    ("gmail-smtp-in.l.google.com", 25),
    ("mx3.qq.com", 25),
    ("outlook-com.olc.protection.outlook.com", 25),
    ("www.google.com", 443),
    ("www.qq.com", 443),
    ("www.microsoft.com", 443),
)

_TROUBLES = ("silent", "refused", "unreachable", "denied", "reset")


def applies(situation: Situation) -> str:
    """Not for this machine itself: other hosts tell nothing about it."""
    if situation.loopback:
        return "loopback"
    if not situation.controls:
        return "no-control"
    return "" if situation.trouble in _TROUBLES else "not-useful"


def questions(situation: Situation, answers: Sequence[Probed]) -> Iterator[Question]:
    """Each reference host on its ports."""
    for host, port in situation.controls:
        yield Question("control", "port", host, port)


PROBE = Probe("control", Cost.LOUD, questions, applies)
