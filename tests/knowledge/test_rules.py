"""Every rule is selected by its example, through the whole matcher, and is not by its counterexample."""

from __future__ import annotations

import pytest

from smtpscope.knowledge.catalogue import DATA, explain
from smtpscope.knowledge.source import Example, read_folder
from smtpscope.protocol.capability import Capabilities

EXAMPLES = read_folder(DATA).examples


def ask(example: Example) -> str:
    announced = None
    if example.announced is not None:
        announced = Capabilities("", tuple((keyword, ()) for keyword in example.announced))
    return explain(example.text, example.stage, example.server, announced).rule


@pytest.mark.parametrize("example", [one for one in EXAMPLES if one.selects], ids=lambda one: one.rule)
def test_the_example_selects_the_rule(example: Example) -> None:
    assert ask(example) == example.rule, example.text


@pytest.mark.parametrize("example", [one for one in EXAMPLES if not one.selects], ids=lambda one: one.rule)
def test_the_counterexample_does_not(example: Example) -> None:
    assert ask(example) != example.rule, example.text
