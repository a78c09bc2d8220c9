"""Every weight of the diagnosis and the margin count: with one of them changed, a situation is judged differently."""

from __future__ import annotations

import pytest

from situations import SITUATIONS
from smtpscope.diagnosis import connection
from smtpscope.diagnosis.advice import Evidence
from smtpscope.diagnosis.connection import CAUSES, MARGIN, WEIGHTS, is_open, rank
from smtpscope.diagnosis.evidence import find_facts

SEEN = [
    Evidence(seen, find_facts(seen, answers), tuple(answers)) for _name, seen, answers, _causes, _open in SITUATIONS
]
JUDGED = [([f"connection.{cause}" for cause in causes], open_) for *_situation, causes, open_ in SITUATIONS]


def judged() -> list[tuple[list[str], bool]]:
    """The ranking of each situation, and whether it is open."""
    rankings = [rank(seen) for seen in SEEN]
    return [([cause.id for cause in ranking], is_open(ranking)) for ranking in rankings]


ALL = [(fact, cause, weight) for fact, weights in WEIGHTS.items() for cause, weight in weights.items()]


@pytest.mark.parametrize("change", [lambda weight: 0, lambda weight: int(weight / 2)], ids=["without", "halved"])
@pytest.mark.parametrize(("fact", "cause", "weight"), ALL, ids=[f"{fact} for {cause}" for fact, cause, _ in ALL])
def test_every_weight_counts(
    fact: str, cause: str, weight: int, change: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(change)
    monkeypatch.setitem(WEIGHTS, fact, {**WEIGHTS[fact], cause: change(weight)})
    assert judged() != JUDGED, "no situation depends on this weight: remove it, or tell of one that does"


@pytest.mark.parametrize("margin", [MARGIN - 1, MARGIN + 1])
def test_the_margin_counts(margin: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MARGIN", margin)
    assert judged() != JUDGED


def test_the_order_of_the_causes_counts_where_weights_are_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "CAUSES", CAUSES[::-1])
    assert judged() != JUDGED


def test_unchanged_every_situation_is_judged_as_expected() -> None:
    """Without this, the tests above could pass because nothing is as expected."""
    assert judged() == JUDGED
