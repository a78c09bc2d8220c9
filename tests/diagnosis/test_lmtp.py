"""LMTP: each recipient has its own reply to the message (RFC 2033 section 4.2)."""

from __future__ import annotations

import pytest

from sessions import BYE, KATE, KIM, SENDER, TRANSACTION, claims, rcpt, session
from smtpscope.diagnosis.outcome import judge
from smtpscope.model.event import Disconnected, TimedOut
from smtpscope.model.report import ServerReport, Status
from smtpscope.model.vocabulary import Party
from smtpscope.protocol.phase import Phase

BEGIN = ("S: 220 hi", "C: LHLO contoso.com", "S: 250 hi", *SENDER)
BOTH = (*rcpt(KATE), *rcpt(KIM))
DATA = ("C: DATA", "S: 354 go", "D: hello")
CHUNK = ("C: BDAT 5 LAST", "B: hello")
CLAIMS = claims(*TRANSACTION, to=(KATE, KIM), lmtp=True)
CLOSED = Disconnected(9.0, Phase.END_OF_DATA, Party.PEER)
SILENT = TimedOut(9.0, Phase.END_OF_DATA, 5.0, b"")


def judged(*acts: object) -> ServerReport:
    (server,) = judge(session(*BEGIN, *acts, claim=CLAIMS)).servers  # type: ignore[arg-type]
    return server


@pytest.mark.parametrize("way", [DATA, CHUNK])
@pytest.mark.parametrize(
    ("said", "status", "accepted", "queued"),
    [
        (("250 kept", "250 kept"), Status.OK, [True, True], True),
        (("250 kept", "452 4.2.2 full"), Status.PARTIAL, [True, False], True),
        (("452 4.2.2 full", "250 kept"), Status.PARTIAL, [False, True], True),
        (("452 4.2.2 full", "452 4.2.2 full"), Status.TEMPORARY, [False, False], False),
        (("550 5.1.1 no", "550 5.1.1 no"), Status.PERMANENT, [False, False], False),
        (("550 5.1.1 no", "452 4.2.2 full"), Status.PERMANENT, [False, False], False),
        (("251 kept", "250 kept"), Status.PROTOCOL, [False, True], True),
    ],
)
def test_each_recipient_has_its_own_reply(
    way: tuple[str, ...], said: tuple[str, str], status: Status, accepted: list[bool], queued: bool
) -> None:
    server = judged(*BOTH, *way, *(f"S: {text}" for text in said), *BYE)
    assert (server.status, server.queued) == (status, queued)
    assert [result.accepted for result in server.recipients] == accepted
    assert [result.reply.code if result.reply else 0 for result in server.recipients] == [
        int(text[:3]) for text in said
    ]


@pytest.mark.parametrize("way", [DATA, CHUNK])
@pytest.mark.parametrize(
    ("end", "none", "some"),
    [(CLOSED, Status.LOST, Status.PARTIAL), (SILENT, Status.TIMEOUT, Status.PARTIAL)],
)
def test_a_reply_that_is_missing_is_not_known(way: tuple[str, ...], end: object, none: Status, some: Status) -> None:
    """The reply to RCPT is none to the message."""
    server = judged(*BOTH, *way, end)
    assert (server.status, server.queued) == (none, False)
    assert [(result.accepted, result.reply) for result in server.recipients] == [(False, None)] * 2
    server = judged(*BOTH, *way, "S: 250 kept", end)
    assert (server.status, server.queued) == (some, True)
    assert [result.accepted for result in server.recipients] == [True, False]
    assert server.recipients[1].reply is None


def test_a_recipient_that_was_rejected_has_no_reply_to_the_message() -> None:
    server = judged(*rcpt(KATE), *rcpt(KIM, "550 5.1.1 no"), *DATA, "S: 250 kept", *BYE)
    assert server.status is Status.PARTIAL
    assert [result.accepted for result in server.recipients] == [True, False]


def test_more_replies_than_recipients() -> None:
    server = judged(*BOTH, *DATA, "S: 250 kept", "S: 250 kept", "S: 250 kept", *BYE)
    assert (server.status, server.outcome.why) == (Status.PROTOCOL, "surplus-replies")


@pytest.mark.parametrize("replies", [("250 kept",), ("250 kept", "250 kept"), ("250 kept", "550 5.1.1 no")])
def test_one_reply_of_several_is_no_proof_for_a_message_that_was_sent_with_smtp(replies: tuple[str, ...]) -> None:
    """The plan knows of no LMTP, yet LHLO was said: what is claimed for the message has no reply of its own."""
    events = session(*BEGIN, *BOTH, *DATA, *(f"S: {text}" for text in replies), *BYE, claim=claims(*TRANSACTION))
    (server,) = judge(events).servers
    assert server.status is not Status.OK
    assert server.queued


def test_the_last_hello_says_whether_a_session_is_lmtp() -> None:
    refused = ("S: 220 hi", "C: LHLO contoso.com", "S: 502 5.5.1 no", "C: EHLO contoso.com", "S: 250 hi", *SENDER)
    events = session(*refused, *rcpt(KATE), *DATA, "S: 250 kept", *BYE, claim=None)
    (server,) = judge(events).servers
    assert server.status is Status.OK
