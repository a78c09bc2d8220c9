"""One judge: what a reply means is the same in every front end that holds the conversation, or reads of it."""

from __future__ import annotations

import pytest

from agreement.conversation import Conversation, Finding, read
from agreement.frontends import FRONTENDS, run_console, run_test
from smtpscope.cli.exit import exit_code
from smtpscope.diagnosis.outcome import judge

CONVERSATIONS = read()

# Of these, a text does not show that its first reply is the banner: only 220 is one without doubt.
UNPLACED = {"greeting-554", "greeting-421", "greeting-blocked"}
UNSEEN = {"greeting-wrong-code"}

# What was rejected here had been accepted before: a sender was given again, a user logged in again.
ACCEPTED = {"mail-twice", "login-twice"}


def test_there_are_enough_and_each_has_a_name_of_its_own() -> None:
    assert len({conversation.name for conversation in CONVERSATIONS}) == len(CONVERSATIONS) >= 60
    assert sum(bool(conversation.findings) for conversation in CONVERSATIONS) >= 60


@pytest.mark.parametrize("frontend", FRONTENDS)
@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda conversation: conversation.name)
def test_every_front_end_finds_the_same(conversation: Conversation, frontend: str) -> None:
    expected = conversation.findings
    if frontend == "paste" and conversation.name in UNPLACED:
        expected = [Finding("", finding.cause, finding.actor, finding.retry) for finding in expected]
    if frontend == "paste" and conversation.name in UNSEEN:
        expected = []
    assert FRONTENDS[frontend](conversation) == expected


def test_test_finds_the_same_in_what_it_says_by_itself() -> None:
    held = {conversation.name: run_test(conversation) for conversation in CONVERSATIONS}
    found = {name: findings for name, findings in held.items() if findings is not None}
    expected = {conversation.name: conversation.findings for conversation in CONVERSATIONS}
    assert len(found) >= 30
    assert {name: findings for name, findings in found.items() if findings != expected[name]} == {}


def _causes(conversation: Conversation) -> list[str]:
    return [finding.cause for finding in conversation.findings]


@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda conversation: conversation.name)
def test_the_console_says_what_it_found(conversation: Conversation) -> None:
    _held, shown = run_console(conversation)
    said = [line.strip().partition(":")[0] for line in shown.splitlines()]
    assert [line for line in said if line in _causes(conversation)] == _causes(conversation)


@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda conversation: conversation.name)
def test_the_console_ends_well_only_where_nothing_was_found(conversation: Conversation) -> None:
    held, _shown = run_console(conversation)
    good = exit_code(judge(held.events).outcome) == 0
    assert not (good and conversation.findings) or conversation.name in ACCEPTED
