"""The memory of the rules: what they count for, and that no flood of keys makes it grow."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from smtpscope.lab.scenario import rules
from smtpscope.lab.scenario.model import Action, Rule, When
from smtpscope.lab.scenario.rules import Facts, Memory

ONCE = Rule(When(("mail",)), Action(450), times=1, by="session")
RATE = Rule(When(("mail",), rate=1, per=3600.0), Action(450), by="session")


@pytest.fixture(name="applies", autouse=True)
def memory_of_three(monkeypatch: pytest.MonkeyPatch) -> Callable[[Rule, str], bool]:
    """Whether a rule applies to MAIL in the session named; of three sessions the memory holds something."""
    monkeypatch.setattr(rules, "REMEMBERED", 3)
    memory = Memory(lambda: 0.0)
    return lambda rule, session: memory.applies(rule, Facts("mail", session, "192.0.2.1"))


# Per table: a rule that uses it, and what it gives for a session that is new, and for one that is remembered.
TABLES = pytest.mark.parametrize(("rule", "new"), [(ONCE, True), (RATE, False)], ids=["times", "rate"])


@TABLES
def test_as_many_keys_as_the_limit_are_remembered(applies: Callable[[Rule, str], bool], rule: Rule, new: bool) -> None:
    assert [applies(rule, session) for session in "abc"] == [new] * 3
    assert [applies(rule, session) for session in "abc"] == [not new] * 3


@TABLES
def test_the_key_that_came_first_is_forgotten_first(
    applies: Callable[[Rule, str], bool], rule: Rule, new: bool
) -> None:
    for session in "abc":
        applies(rule, session)
    applies(rule, "a")  # that it is used again does not make it younger
    applies(rule, "d")
    assert [applies(rule, session) for session in "bcd"] == [not new] * 3
    assert applies(rule, "a") == new
    assert applies(rule, "b") == new  # a came back, so b had to go


@TABLES
def test_a_flood_of_sessions_leaves_the_last_ones_only(
    applies: Callable[[Rule, str], bool], rule: Rule, new: bool
) -> None:
    """Every session is a key of its own: one client that connects again and again makes as many as it likes."""
    flood = [f"s{number}" for number in range(200)]
    assert [applies(rule, session) for session in flood] == [new] * 200
    assert [applies(rule, session) for session in flood[-3:]] == [not new] * 3
    assert [applies(rule, session) for session in flood[:-3]] == [new] * 197


def test_a_rule_by_server_has_one_key(applies: Callable[[Rule, str], bool]) -> None:
    rule = ONCE.replace(by="server")
    assert [applies(rule, session) for session in "abcdea"] == [True, *[False] * 5]
