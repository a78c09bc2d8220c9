"""A conversation that is watched: the probes come where it fails, and Ctrl-C ends them."""

from __future__ import annotations

import pytest

from smtpscope.dialogue.plan import Envelope, Plan, Target
from smtpscope.model.event import (
    Connected,
    Connecting,
    Diagnosing,
    Disconnected,
    Done,
    Event,
    Failed,
    Interrupted,
    Noted,
    Probed,
    Received,
    TimedOut,
    Waiting,
)
from smtpscope.net import probed_session
from smtpscope.net.clock import StoppedClock
from smtpscope.net.probing import runner
from smtpscope.net.resolver import Server
from smtpscope.probes.options import ProbeOptions
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import parse_reply

HOST, ADDRESS = "mail1.fabrikam.com", "203.0.113.10"
PLAN = Plan(Target(HOST), Envelope("contoso.com", "chris@contoso.com", ("kate@fabrikam.com",)))
CONNECTING = Connecting(1.0, HOST, ADDRESS, 25)
CONNECTED = Connected(1.0, HOST, ADDRESS, 25, "192.0.2.10:40000")
LOST = Failed(2.0, Phase.CONNECT, "timeout", f"{ADDRESS}:25", "silence")
WAITING = Waiting(6.0, Phase.BANNER, 5.0, 300.0)
HELLO = Received(7.0, Phase.BANNER, parse_reply(b"220 here\r\n"), "", 6.0)
DONE = Done(9.0, HOST)


class Session:
    """A conversation that was written down; remembers whether it was heard to the end."""

    def __init__(self, *events: Event) -> None:
        self.events, self.ended, self.closed = events, False, False

    def __iter__(self):
        yield from self.events
        self.ended = True

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """What the probes bring by kind of question; nothing is sent."""
    found: dict[str, object] = {}

    def answer(question, target, bound):
        said = found.get(question.kind, ("silent", {}))
        if isinstance(said, BaseException):
            raise said
        return said

    monkeypatch.setattr(runner, "answer", answer)
    return found


def watched(session: Session, probes: ProbeOptions = ProbeOptions()) -> list[Event]:  # noqa: B008 - it is frozen
    return list(probed_session.probe_on_failure(session, PLAN, probes, StoppedClock(10.0)))


def kinds(events: list[Event]) -> list[type[Event]]:
    return list(dict.fromkeys(type(event) for event in events))


def test_a_good_conversation_is_left_alone(answers) -> None:
    assert watched(Session(CONNECTING, CONNECTED, HELLO, DONE)) == [CONNECTING, CONNECTED, HELLO, Done(10.0, HOST)]


def test_probes_stand_before_the_end(answers) -> None:
    events = watched(Session(CONNECTING, LOST, DONE))
    assert Diagnosing in kinds(events)
    assert isinstance(events[-1], Done)
    assert [event.trouble for event in events if isinstance(event, Diagnosing)] == ["silent"]


def test_no_probes_where_none_are_allowed(answers) -> None:
    events = watched(Session(CONNECTING, LOST, DONE), ProbeOptions("none"))
    assert Diagnosing in kinds(events)
    assert Probed not in kinds(events)


def test_what_is_certain_ends_the_wait(answers) -> None:
    answers["tls"] = ("secured", {"version": "TLSv1.3", "said": "220 mail1 ESMTP"})
    session = Session(CONNECTING, CONNECTED, WAITING, HELLO, DONE)
    events = watched(session)
    assert session.closed
    assert not session.ended
    assert HELLO not in events
    assert [type(event) for event in events[-3:]] == [TimedOut, Disconnected, Done]


def test_what_is_not_certain_does_not(answers) -> None:
    events = watched(Session(CONNECTING, CONNECTED, WAITING, HELLO, DONE))
    assert HELLO in events
    assert len([event for event in events if isinstance(event, Diagnosing)]) == 1


def test_a_late_greeting_does_not_hide_a_refusal_that_follows(answers) -> None:
    said = parse_reply(b"550 5.7.1 blocked: no PTR\r\n")
    refusal = Received(8.0, Phase.MAIL, said, "MAIL FROM:<chris@contoso.com>", 0.1)
    events = watched(Session(CONNECTING, CONNECTED, WAITING, HELLO, refusal, DONE))
    assert [event.trouble for event in events if isinstance(event, Diagnosing)] == ["mute", "refused-client"]


@pytest.mark.parametrize("last", [LOST, WAITING])
def test_ctrl_c_ends_the_probes_and_the_conversation(answers, monkeypatch: pytest.MonkeyPatch, last: Event) -> None:
    def interrupted(what, clock):
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(runner, "run_probes", interrupted)
    first = [CONNECTING] if last is LOST else [CONNECTING, CONNECTED]
    events = watched(Session(*first, last, HELLO if last is WAITING else DONE, DONE))
    assert HELLO not in events
    assert Interrupted in kinds(events)
    assert isinstance(events[-1], Done)


def retried(monkeypatch: pytest.MonkeyPatch, codes: list[bytes], probes: ProbeOptions) -> list[Event]:
    def converse(plan, server, clock, patience=0.0, known=()):
        yield CONNECTED
        yield HELLO
        yield Received(8.0, Phase.RCPT, parse_reply(codes.pop(0)), "RCPT TO:<kate@fabrikam.com>", 0.1)
        yield DONE

    monkeypatch.setattr(probed_session, "_converse", converse)
    return list(probed_session.probed_session(PLAN, Server(HOST, 25), probes, StoppedClock(10.0)))


@pytest.mark.parametrize(
    ("retry", "reply", "seconds"),
    [(0.0, b"450 4.7.1 try again in 5 minutes\r\n", "301"), (0.0, b"450 no\r\n", "300"), (7.0, b"450 no\r\n", "7")],
)
def test_a_second_try(answers, monkeypatch: pytest.MonkeyPatch, retry: float, reply: bytes, seconds: str) -> None:
    events = retried(monkeypatch, [reply, b"250 ok\r\n"], ProbeOptions(retry=retry))
    (note,) = [event for event in events if isinstance(event, Noted)]
    assert dict(note.details)["seconds"] == seconds
    assert [event.reply.code for event in events if isinstance(event, Received)] == [220, 450, 220, 250]
    assert len([event for event in events if isinstance(event, Done)]) == 1


@pytest.mark.parametrize(
    ("limit", "patience"), [(1.0, 11.0), (3.0, 11.0), (5.0, 9.0), (8.0, 6.0), (12.0, 6.0), (30.0, 11.0), (300.0, 11.0)]
)
def test_how_long_a_late_greeting_is_heard(limit: float, patience: float) -> None:
    assert probed_session.patience_behind(limit) == patience


def test_no_second_try_without_being_asked_or_after_a_final_refusal(answers, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not [event for event in retried(monkeypatch, [b"450 no\r\n"], ProbeOptions()) if isinstance(event, Noted)]
    assert not [
        event for event in retried(monkeypatch, [b"550 no\r\n"], ProbeOptions(retry=1.0)) if isinstance(event, Noted)
    ]


def test_ctrl_c_ends_the_wait_for_the_second_try(answers, monkeypatch: pytest.MonkeyPatch) -> None:
    def sleep(self, seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(StoppedClock, "sleep", sleep)
    events = retried(monkeypatch, [b"450 no\r\n"], ProbeOptions(retry=1.0))
    assert [type(event) for event in events[-2:]] == [Interrupted, Done]
