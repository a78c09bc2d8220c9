"""The vocabularies of the events: each value is told of and can be made; each note has the details it promises."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import smtpscope
from smtpscope.diagnosis.proof import PROOFS
from smtpscope.model.claim import PHASES, Goal
from smtpscope.model.codec import VOCABULARIES
from smtpscope.model.vocabulary import DETAILS, Reason, Topic
from smtpscope.render import notes
from smtpscope.values import Vocabulary

SOURCE = Path(smtpscope.__file__).parent
DEFINED = ("vocabulary.py", "trouble.py")
SHOWN = ("render", "console", "knowledge", "locale")

# Vocabularies that go by a shorter name where they are used most.
SHORT = {"ProbeCost": "Cost"}


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        place = path.relative_to(SOURCE)
        if place.parts[0] not in SHOWN and not (place.parts[0] == "model" and place.name in DEFINED):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


TREES = list(trees())
NODES = [node for _path, tree in TREES for node in ast.walk(tree)]

# Every text in the code: what a probe brings is such a text until its event is made.
TEXTS = {node.value for node in NODES if isinstance(node, ast.Constant) and isinstance(node.value, str)}

# (vocabulary, member) for each member that the code names.
NAMED = {
    (node.value.id, node.attr) for node in NODES if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
}


def named(kind: str) -> set[str]:
    """The members of a vocabulary that the code names."""
    return {member for name, member in NAMED if name in (kind, SHORT.get(kind))}


def meanings(kind: type[Vocabulary]) -> dict[str, str]:
    lines = (line.strip().partition("  ") for line in (kind.__doc__ or "").split("\n"))
    return {value.strip(): meaning.strip() for value, _gap, meaning in lines if meaning}


@pytest.mark.parametrize("kind", [*VOCABULARIES.values(), Goal])
def test_every_value_is_told_of_in_its_order(kind: type[Vocabulary]) -> None:
    assert list(meanings(kind)) == [member.value for member in kind]


@pytest.mark.parametrize("name", VOCABULARIES)
def test_every_value_can_be_made(name: str) -> None:
    """A value that nothing makes is a promise that nobody keeps."""
    missing = {member.name for member in VOCABULARIES[name]} - named(name)
    assert {member for member in missing if VOCABULARIES[name][member].value not in TEXTS} == set()


def test_every_goal_can_be_claimed_and_proven() -> None:
    assert {goal.name for goal in Goal} <= named("Goal")
    assert set(PROOFS) == set(PHASES) == set(Goal)


# ------------------------------------------------------------------------------------------------------------ details

# What a sentence takes from the words for an id that is among the details.
WORDED = {Topic.LINT: {"text"}}

# The functions that make a note or a decision with its details as keyword arguments.
MAKERS = ("note", "_give_up")


def made() -> Iterator[tuple[str, str, set[str]]]:
    """Each place in the code where a note or a decision with a known topic is made, and the names of its details."""
    for path, tree in TREES:
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                topic = next((found for argument in node.args if (found := _topic(argument))), "")
                names = _details(node) if topic else None
                if names is not None:
                    yield f"{path.name}:{node.lineno}", topic, names


def _topic(argument: ast.expr) -> str:
    if isinstance(argument, ast.Attribute) and isinstance(argument.value, ast.Name):
        if argument.value.id == "Topic":
            return Topic[argument.attr].value
        if argument.value.id == "Reason":
            return Reason[argument.attr].value
    return ""


def _details(call: ast.Call) -> set[str] | None:
    """The names of the details; None for a call that makes no event, or makes them elsewhere."""
    assert isinstance(call.func, ast.Name)
    if call.func.id in MAKERS:
        return {keyword.arg for keyword in call.keywords if keyword.arg}
    if call.func.id not in ("Noted", "GaveUp"):
        return None
    given = call.args[3:4]
    if not given:
        return set()
    if not isinstance(given[0], ast.Tuple):
        return None
    pairs = [pair.elts[0] for pair in given[0].elts if isinstance(pair, ast.Tuple)]
    return {pair.value for pair in pairs if isinstance(pair, ast.Constant)}


MADE = list(made())


def test_the_places_are_found() -> None:
    assert len({topic for _place, topic, _names in MADE}) >= 15


@pytest.mark.parametrize(("place", "topic", "names"), MADE, ids=[f"{place}-{topic}" for place, topic, _names in MADE])
def test_what_is_made_has_the_details_that_are_promised(place: str, topic: str, names: set[str]) -> None:
    assert set(DETAILS.get(topic, ())) <= names


def test_what_is_promised_is_told_of() -> None:
    for name, names in DETAILS.items():
        told = {**meanings(Topic), **meanings(Reason)}[name].rpartition("details: ")[2]
        assert told.split(", ") == list(names)


@pytest.mark.parametrize("table", [notes._NOTES, notes._REASONS])
def test_no_sentence_needs_a_detail_that_is_not_promised(table: dict[str, str]) -> None:
    for name, text in table.items():
        needed = {field for _text, field, _format, _conversion in Formatter().parse(text) if field}
        assert needed <= {*DETAILS.get(name, ()), *WORDED.get(name, ())}, name
