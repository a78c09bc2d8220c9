"""What the diagnosis says in ids has words in each language: its facts, its steps, its messages."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

import smtpscope.diagnosis
from smtpscope.diagnosis.connection import WEIGHTS
from smtpscope.model.explanation import Explanation
from smtpscope.model.finding import Action, Fact, NextStep, fact
from smtpscope.render.explanation import word
from smtpscope.render.facts import FACTS, ICMP, fact_text
from smtpscope.render.meanings import MESSAGES, Message, filled
from smtpscope.render.steps import STEPS, step_record, step_text
from smtpscope.render.system_command import COMMANDS, system_command

HAN = re.compile("[\u4e00-\u9fff]")


def called(name: str) -> set[str]:
    """The texts that are given first to the function ``name``, or as the argument ``name``, in the diagnosis."""
    found = set()
    for path in Path(smtpscope.diagnosis.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name and node.args:
                found |= texts(node.args[0])
            elif isinstance(node, ast.keyword) and node.arg == name:
                found |= texts(node.value)
    return found


def texts(node: ast.expr) -> set[str]:
    """The texts that an expression may be; not those that it compares with."""
    if isinstance(node, ast.IfExp):
        return texts(node.body) | texts(node.orelse)
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def names_in(text: str) -> set[str]:
    return {re.split("[!:]", name)[0] for _text, name, _form, _kind in Formatter().parse(text) if name}


# ------------------------------------------------------------------------------------------------------------- facts


def test_every_fact_has_a_sentence() -> None:
    assert set(WEIGHTS) <= set(FACTS)
    assert len(called("fact")) > 30
    assert called("fact") <= set(FACTS)


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize("name", FACTS)
def test_each_fact_is_chinese_where_that_is_asked_for(name: str) -> None:
    details = dict.fromkeys(names_in(FACTS[name]), "x")
    assert HAN.search(fact_text(Fact(name, tuple(details.items()))))


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize("icmp", ICMP)
def test_each_icmp_message_is_chinese_too(icmp: str) -> None:
    said = fact_text(fact("prohibited-between", by="192.0.2.1", icmp=icmp))
    assert ICMP[icmp] not in said


def test_what_is_not_known_has_a_word() -> None:
    assert "this machine" in fact_text(fact("no-neighbour", address="192.0.2.1", by=""))
    assert "an unknown protocol" in fact_text(fact("speaks-when-asked", protocol="", said="?"))


def test_control_characters_of_a_peer_are_shown() -> None:
    assert "\x1b" not in fact_text(fact("turned-away", said="\x1b[2J"))


# ------------------------------------------------------------------------------------------------------------- steps


def test_every_action_has_a_sentence() -> None:
    assert set(STEPS) == set(Action)


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize("action", list(Action))
def test_each_step_is_chinese_where_that_is_asked_for(action: Action) -> None:
    details = dict.fromkeys(names_in(STEPS[action]), "x")
    said = step_text(NextStep(action, target="x", details=tuple(details.items())))
    assert HAN.search(said)


@pytest.mark.parametrize("action", list(Action))
def test_no_sentence_names_an_option(action: Action) -> None:
    assert not re.search("--[a-z]|smtpscope", STEPS[action])


@pytest.mark.parametrize("action", COMMANDS)
def test_a_host_is_one_word_of_the_shell(action: Action) -> None:
    step = NextStep(action, target="a b;c", details=(("port", "25"),))
    command = system_command(step)
    assert "a b;c" not in command.replace("'a b;c'", "")


def test_a_step_is_a_record_for_json() -> None:
    step = NextStep(
        Action.OTHER_PORT, target="mx.example", settings=(("target.port", "587"),), details=(("port", "587"),)
    )
    assert step_record(step) == {
        "actor": "you",
        "step": "Test port 587.",
        "action": "other-port",
        "target": "mx.example",
        "settings": {"target.port": "587"},
        "command": None,
    }


# ---------------------------------------------------------------------------------------------------------- messages


def test_every_message_is_said_somewhere_and_has_words() -> None:
    rules = {name for name in called("rule") if name.startswith("context.")}
    assert "context.parameter-value" in rules
    of_the_catalogue = {"", "context.not-smtp"}
    assert rules | called("message") <= set(MESSAGES) | of_the_catalogue


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize(("name", "message"), MESSAGES.items())
def test_each_message_is_chinese_where_that_is_asked_for(name: str, message: Message) -> None:
    for text in (message.meaning, *(message.causes or ())):
        details = dict.fromkeys(names_in(text), "x")
        assert not text or HAN.search(filled(text, Explanation("c", "you", "now", details=tuple(details.items()))))


def test_a_caller_may_word_an_explanation_himself() -> None:
    given = Explanation("c", "you", "now", meaning="So it is.", causes=("a",), steps=(("you", "Do."),))
    words = word(given)
    assert (words.meaning, words.causes) == ("So it is.", ("a",))
    assert [(step.actor, step.text) for step in words.steps] == [("you", "Do.")]
