"""Causes, and the evidence for and against each."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from smtpscope.model.finding import Fact, NextStep


class Cause(Value):
    """A possible cause, with the evidence for and against it. The catalogue of knowledge explains its id.

    ``weight`` orders the causes; it is not a probability. ``next`` is what to do about the cause.
    """

    id: str
    weight: int
    evidence: tuple[Fact, ...]
    against: tuple[Fact, ...]
    next: NextStep


class Diagnosis(Value):
    """The causes, most likely first.

    findings   other facts worth knowing
    not_asked  (probe, reason) of each probe that was not run
    decides    the step that decides between the first causes; None if the evidence decides
    """

    causes: tuple[Cause, ...] = ()
    findings: tuple[Fact, ...] = ()
    not_asked: tuple[tuple[str, str], ...] = ()
    decides: NextStep | None = None
