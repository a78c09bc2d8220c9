"""Why a connection failed: facts are weighed in one table, and the causes ranked.

A weight says how much a fact speaks for a cause (or, below 0, against it). 9 and more: the fact alone decides.
4 to 8: it speaks clearly. 1 to 3: it fits. The sum orders the causes and is no probability; a cause needs more than 0.
"""

from __future__ import annotations

from smtpscope.diagnosis.advice import Evidence, next_step, what_decides
from smtpscope.diagnosis.evidence import find_facts
from smtpscope.diagnosis.failure import find_failure
from smtpscope.diagnosis.probe_findings import find_findings
from smtpscope.model.diagnosis import Cause, Diagnosis
from smtpscope.model.event import Diagnosing, NotProbed, Probed
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smtpscope.model.event import Event

# Two causes whose weights lie this close are not told apart by the evidence.
MARGIN = 3

DOWN, THEIRS, OURS = "connection.service-down", "connection.target-filter", "connection.source-filter"
NAME, PORT, TLS = "connection.wrong-name", "connection.wrong-port", "connection.implicit-tls"
AWAY, RESTRICTED, SLOW = "connection.host-unreachable", "connection.restricted", "connection.slow-greeting"

# Where weights are equal, the earlier stands first: what is told apart most easily leads.
CAUSES = (NAME, PORT, TLS, DOWN, RESTRICTED, SLOW, THEIRS, OURS, AWAY)

WEIGHTS: dict[str, dict[str, int]] = {
    "refused": {DOWN: 4, THEIRS: 1, PORT: 2},
    "silent": {THEIRS: 3, OURS: 3, AWAY: 2, DOWN: -4},
    "unreachable": {AWAY: 7},
    "denied": {OURS: 14},
    "reset": {RESTRICTED: 4, THEIRS: 2, DOWN: 2},
    "other": {},
    "closed": {RESTRICTED: 6, DOWN: 2},
    "cut": {RESTRICTED: 6, DOWN: 2},
    "mute": {SLOW: 4, PORT: 2, DOWN: 2},
    "mute-long": {SLOW: -5},
    "slow-greeting": {SLOW: 12},
    "late-greeting": {SLOW: 12},
    "foreign": {PORT: 12},
    "unknown-speech": {PORT: 9},
    "turned-away": {RESTRICTED: 9},
    "name-unknown": {NAME: 10},
    "name-empty": {NAME: 9},
    "name-unanswered": {},
    "near-name": {NAME: 2},
    "mx-elsewhere": {NAME: 1},
    "mx-greets": {NAME: 11},
    "mx-greets-elsewhere": {NAME: 4},
    "mx-is-host": {NAME: -9},
    "no-route": {AWAY: 4},
    "refused-here": {OURS: 14, THEIRS: -1, DOWN: -8, PORT: -4},
    "dropped-here": {OURS: 14, THEIRS: -8},
    "prohibited-here": {OURS: 14, THEIRS: -8, DOWN: -6, PORT: -4, AWAY: -6},
    "prohibited-there": {THEIRS: 12, DOWN: -9, PORT: -9, AWAY: -9, OURS: -9},
    "prohibited-between": {THEIRS: 5, OURS: 5, DOWN: -4, PORT: -4, AWAY: -6},
    "no-neighbour": {AWAY: 12, THEIRS: -4, OURS: -4},
    "host-answers": {THEIRS: 3, OURS: 1, AWAY: -6},
    "host-silent": {AWAY: 4, THEIRS: -2, OURS: -1},
    "other-smtp": {PORT: 5, DOWN: -2, NAME: -4, AWAY: -3},
    "mail-host": {SLOW: 2},
    "no-other-smtp": {DOWN: 2, PORT: -2},
    "control-open": {THEIRS: 4, OURS: -6},
    "control-fine": {OURS: -6},
    "control-refused": {OURS: 8, THEIRS: -3, DOWN: -4},
    "control-blocked": {OURS: 8, THEIRS: -3, DOWN: -4},
    "control-nothing": {OURS: 1},
    "tls-greets": {TLS: 14, SLOW: -6, PORT: -2, DOWN: -2},
    "tls-works": {TLS: 11, PORT: 2, SLOW: -6, DOWN: -2},
    "tls-is-web": {PORT: 11, TLS: 4, SLOW: -6, DOWN: -2},
    "speaks-when-asked": {PORT: 12, SLOW: -6, TLS: -2, DOWN: -2},
    "answers-early-talk": {SLOW: 7, PORT: -4, DOWN: -2},
    "nothing-moves-it": {},
    "closes-again": {RESTRICTED: 1},
    "answers-now": {SLOW: 3, RESTRICTED: 2, DOWN: 3, AWAY: -12},
}


def diagnose(events: Sequence[Event]) -> Diagnosis | None:
    """What these events (of one server) say beyond the replies. None: nothing, or nobody asked for a diagnosis."""
    asked = next((event for event in events if isinstance(event, Diagnosing)), None)
    failure = find_failure(events) if asked else None
    findings = find_findings(events)
    if asked is None or failure is None:
        return Diagnosis(findings=findings) if findings else None
    answers = tuple(event for event in events if isinstance(event, Probed))
    seen = Evidence(failure, find_facts(failure, answers), answers, asked.level)
    not_asked = tuple((event.probe, event.why) for event in events if isinstance(event, NotProbed))
    causes = rank(seen)
    if not causes:  # what was seen decides nothing: it is shown all the same
        findings = (*seen.facts, *findings)
    return Diagnosis(
        causes, findings, not_asked, None if causes and not is_open(causes) else what_decides(causes, seen)
    )


def rank(seen: Evidence) -> tuple[Cause, ...]:
    """The causes that the facts support, likeliest first."""
    found = [_weigh(cause, seen) for cause in CAUSES]
    return tuple(sorted((cause for cause in found if cause.weight > 0), key=lambda cause: -cause.weight))


def is_open(causes: Sequence[Cause]) -> bool:
    """Whether the first two causes are too close to be told apart."""
    return len(causes) > 1 and causes[0].weight - causes[1].weight <= MARGIN


def _weigh(cause: str, seen: Evidence) -> Cause:
    weights = [(fact, WEIGHTS[fact.id].get(cause, 0)) for fact in seen.facts]
    return Cause(
        cause,
        sum(weight for _fact, weight in weights),
        tuple(fact for fact, weight in weights if weight > 0),
        tuple(fact for fact, weight in weights if weight < 0),
        next_step(cause, seen),
    )
