"""What looks like the proof of a claim and is none: each row is one step short of a success."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sessions import (
    BEGIN,
    BYE,
    CLOSED,
    GOOD,
    KATE,
    KIM,
    MESSAGE,
    RECIPIENT,
    SECURED,
    SENDER,
    TRANSACTION,
    WAY,
    claims,
    rcpt,
    session,
)
from smtpscope.diagnosis.outcome import judge
from smtpscope.model.claim import Goal
from smtpscope.model.event import Event, GaveUp, LoggedIn, Noted, Received, Sent
from smtpscope.model.report import ServerReport, Status
from smtpscope.model.vocabulary import Reason, Topic
from smtpscope.protocol.phase import Phase


def report(events: list[Event]) -> ServerReport:
    return judge(events).servers[0]


def proven(events: list[Event], goal: Goal) -> bool:
    """Whether every claim of ``goal`` is proven."""
    return all(proof.holds for proof in report(events).proofs if proof.claim.goal is goal)


WHOLE_MESSAGE = [*GOOD, CLOSED]


def without(events: list[Event], condition: Callable[[Sent], bool]) -> list[Event]:
    """A transcript from which somebody has taken lines."""
    return [event for event in events if not (isinstance(event, Sent) and condition(event))]


def test_a_transcript_without_the_end_of_the_message_does_not_show_that_it_was_accepted() -> None:
    whole = session(*WHOLE_MESSAGE)
    assert proven(whole, Goal.MESSAGE)
    assert report(whole).accepted
    cut = without(whole, lambda sent: sent.body)
    assert not proven(cut, Goal.MESSAGE)
    assert report(cut).accepted is None


@pytest.mark.parametrize(
    ("recipients", "accepted"),
    [
        (rcpt(KATE), True),
        (rcpt(KATE, "251 elsewhere"), True),
        ((*rcpt(KATE, "550 no"), *rcpt(KIM)), True),
        ((), False),
        (rcpt(KATE, "550 no"), False),
        (rcpt(KATE, "450 later"), False),
    ],
)
def test_a_message_needs_a_recipient(recipients: tuple[str, ...], accepted: bool) -> None:
    events = session(*BEGIN, *SENDER, *recipients, *MESSAGE, *BYE, CLOSED, claim=claims(Goal.MESSAGE))
    assert proven(events, Goal.MESSAGE) == accepted
    assert (report(events).accepted is not None) == accepted


@pytest.mark.parametrize("code", ["200", "220", "221", "235", "251", "252", "354"])
def test_another_good_reply_to_the_message_does_not_accept_it(code: str) -> None:
    events = session(*BEGIN, *SENDER, *RECIPIENT, *MESSAGE[:-1], f"S: {code} ok", *BYE, CLOSED)
    assert not proven(events, Goal.MESSAGE)
    assert report(events).status is Status.PROTOCOL


@pytest.mark.parametrize(("reply", "good"), [("354 go", True), ("250 ok", False), ("334 go", False), ("220 go", False)])
def test_only_354_lets_a_test_of_data_end_well(reply: str, good: bool) -> None:
    claim = claims(*WAY, Goal.SENDER, Goal.RECIPIENT, Goal.DATA)
    events = session(*BEGIN, *SENDER, *RECIPIENT, "C: DATA", f"S: {reply}", CLOSED, claim=claim)
    assert proven(events, Goal.DATA) == good
    assert (report(events).status is Status.OK) == good


@pytest.mark.parametrize(("reply", "good"), [("220 hi", True), ("250 ok", False), ("221 bye", False), ("334 x", False)])
def test_only_220_accepts_xclient(reply: str, good: bool) -> None:
    acts = (*BEGIN, "C: XCLIENT ADDR=192.0.2.1", f"S: {reply}", *BEGIN[1:], *BYE, CLOSED)
    events = session(*acts, claim=claims(*WAY, Goal.XCLIENT))
    assert proven(events, Goal.XCLIENT) == good
    assert (report(events).status is Status.OK) == good


LOGGED_IN = LoggedIn(3.0, Phase.AUTH, "PLAIN", "kate")
GAVE_UP = GaveUp(2.9, Phase.AUTH, Reason.AUTH_ABORTED)


@pytest.mark.parametrize(
    ("acts", "good"),
    [
        (("C: AUTH PLAIN AGEAYg==", "S: 235 ok", LOGGED_IN), True),
        (("C: AUTH PLAIN AGEAYg==", "S: 235 ok"), False),  # the checks of this client are missing
        (("C: AUTH PLAIN AGEAYg==", "S: 334 x", LOGGED_IN), False),
        (("C: AUTH PLAIN AGEAYg==", "S: 250 ok", LOGGED_IN), False),
        (("C: AUTH PLAIN", "S: 334 x", GAVE_UP, "C: *", "S: 235 ok", LOGGED_IN), False),
        ((LOGGED_IN,), False),
    ],
)
def test_a_login_needs_235_and_the_checks_of_this_client(acts: tuple[str | Event, ...], good: bool) -> None:
    events = session(SECURED, *BEGIN, *acts, *BYE, CLOSED, claim=claims(*WAY, Goal.LOGGED_IN))
    assert proven(events, Goal.LOGGED_IN) == good
    assert (report(events).status is Status.OK) == good


def test_what_the_first_try_reached_is_no_proof_for_the_second() -> None:
    """The second try has another session: the recipient that was accepted in the first one is rejected now."""
    first = (*BEGIN, *SENDER, *RECIPIENT, *MESSAGE[:-1], "S: 451 later", *BYE, CLOSED)
    again = Noted(5.0, Phase.CONNECT, Topic.RETRY, (("seconds", "300"),))
    events = session(*first, claim=claims(*TRANSACTION))[:-1]
    second = session(*BEGIN, *SENDER, *rcpt(KATE, "550 no"), *BYE, CLOSED, claim=None)
    server = report([*events, again, *second])
    assert (server.status, server.outcome.phase) == (Status.PERMANENT, Phase.RCPT)
    assert [result.accepted for result in server.recipients] == [False]


@pytest.mark.parametrize(
    ("version", "old"), [("SSLv3", True), ("TLSv1", True), ("TLSv1.1", True), ("TLSv1.2", False), ("TLSv1.3", False)]
)
def test_a_version_that_nobody_should_offer_is_a_finding(version: str, old: bool) -> None:
    """RFC 8996."""
    server = report(session(SECURED.replace(version=version), *GOOD, CLOSED))
    assert server.status is Status.OK
    assert ("old-tls" in [finding.id for finding in server.findings]) == old


@pytest.mark.parametrize(
    ("reply", "told"), [("221 bye", False), ("421 bye", False), ("250 ok", True), ("500 no", True), ("451 no", True)]
)
def test_another_reply_to_quit_is_a_finding(reply: str, told: bool) -> None:
    server = report(session(*GOOD[:-1], f"S: {reply}", CLOSED))
    assert ("quit-reply" in [finding.id for finding in server.findings]) == told


def test_every_proof_is_an_event_of_the_session() -> None:
    server = report(session(*WHOLE_MESSAGE))
    shown = {proof.claim.goal: server.events[proof.event] for proof in server.proofs if proof.event is not None}
    accepted = shown[Goal.MESSAGE]
    assert isinstance(accepted, Received)
    assert accepted.reply.text == "2.0.0 queued"
