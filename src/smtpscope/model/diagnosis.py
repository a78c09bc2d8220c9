"""Causes, and the evidence for and against each."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from smtpscope.model.finding import Fact, NextStep


class Cause(Value):
    """A cause that evidence supports: its id (knowledge of it: the catalogue), and what speaks for and against it.

    ``weight`` orders the causes, it is no probability. ``next`` is what to do about it.
    """

    id: str
    weight: int
    evidence: tuple[Fact, ...]
    against: tuple[Fact, ...]
    next: NextStep


class Diagnosis(Value):
    """The causes, likeliest first.

    findings   what is worth knowing beside the causes
    not_asked  (probe, why) of what could not be asked
    decides    what would decide between the first causes; None where the evidence decides
    """

    causes: tuple[Cause, ...] = ()
    findings: tuple[Fact, ...] = ()
    not_asked: tuple[tuple[str, str], ...] = ()
    decides: NextStep | None = None
