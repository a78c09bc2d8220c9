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

# What is said in these, ``smtpscope test`` does not say by itself.
OTHERWISE = {
    "chunk-refused",
    "command-overwritten",
    "command-that-ends-the-session",
    "command-unknown",
    "data-without-recipient",
    "hello-ill-formed",
    "hello-well-formed-and-refused",
    "hello-without-dot",
    "local-delivery-one-refused",
    "login-failed",
    "login-for-now",
    "login-in-steps-failed",
    "login-mechanism",
    "login-needs-tls",
    "login-twice",
    "login-wrong-code",
    "mail-before-hello",
    "mail-ill-formed",
    "mail-parameter-not-advertised",
    "mail-parameter-value",
    "mail-too-large",
    "mail-twice",
    "mail-with-a-blank",
    "message-221",
    "quit-refused",
    "rcpt-ill-formed",
    "rcpt-notify-misspelt",
    "rcpt-notify-not-advertised",
    "rcpt-one-of-two",
    "rcpt-relay",
    "rcpt-will-try",
    "rcpt-without-brackets",
    "reset-421",
    "second-transaction",
    "starttls-for-now",
    "starttls-unknown",
    "too-many-errors",
    "unasked-500",
    "verify-will-not-say",
}

BY_ITSELF = [conversation for conversation in CONVERSATIONS if conversation.name not in OTHERWISE]


def test_there_are_enough_and_each_has_a_name_of_its_own() -> None:
    assert len({conversation.name for conversation in CONVERSATIONS}) == len(CONVERSATIONS) >= 60
    assert sum(bool(conversation.findings) for conversation in CONVERSATIONS) >= 60
    assert len(BY_ITSELF) >= 30


@pytest.mark.parametrize("frontend", FRONTENDS)
@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda conversation: conversation.name)
def test_every_front_end_finds_the_same(conversation: Conversation, frontend: str) -> None:
    expected = conversation.findings
    if frontend == "paste" and conversation.name in UNPLACED:
        expected = [Finding("", finding.cause, finding.actor, finding.retry) for finding in expected]
    if frontend == "paste" and conversation.name in UNSEEN:
        expected = []
    assert FRONTENDS[frontend](conversation) == expected


@pytest.mark.parametrize("conversation", BY_ITSELF, ids=lambda conversation: conversation.name)
def test_test_finds_the_same_in_what_it_says_by_itself(conversation: Conversation) -> None:
    assert run_test(conversation) == conversation.findings


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
