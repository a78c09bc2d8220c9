"""LMTP: each recipient has its own answer behind the message (RFC 2033 section 4.2)."""

from __future__ import annotations

import pytest
from smtpscope.diagnosis.verdict import Status, judge

from smtpscope.model.event import Connected, Event, Received
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import parse_reply


def received(phase: Phase, command: str, reply: str) -> Received:
    return Received(0.0, phase, parse_reply(reply.encode()), command, 0.0)


@pytest.mark.parametrize(
    ("answers", "status", "accepted", "queued"),
    [
        (("250 kept", "250 kept"), Status.OK, [True, True], True),
        (("250 kept", "452 4.2.2 full"), Status.PARTIAL, [True, False], True),
        (("452 4.2.2 full", "250 kept"), Status.PARTIAL, [False, True], True),
        (("452 4.2.2 full", "452 4.2.2 full"), Status.TEMPORARY, [False, False], False),
        (("550 5.1.1 no", "550 5.1.1 no"), Status.PERMANENT, [False, False], False),
    ],
)
def test_the_verdict(answers: tuple[str, str], status: Status, accepted: list[bool], queued: bool) -> None:
    names = ("kate@fabrikam.com", "info@fabrikam.com")
    events: list[Event] = [
        Connected(0.0, "mx", "192.0.2.1", 24, "192.0.2.9:1"),
        received(Phase.EHLO, "LHLO a", "250 mx"),
    ]
    events += [received(Phase.RCPT, f"RCPT TO:<{name}>", "250 ok") for name in names]
    events += [received(Phase.END_OF_DATA, f". <{name}>", answer) for name, answer in zip(names, answers, strict=True)]
    (verdict,) = judge(events)
    assert (verdict.status, verdict.queued) == (status, queued)
    assert [result.accepted for result in verdict.recipients] == accepted
