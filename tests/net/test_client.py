"""The exchange without I/O: the same octets give the same events, however they arrive, and any octets give events."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from held import TIMEOUT
from smtpscope.dialogue.conversation import conversation
from smtpscope.dialogue.plan import Envelope, Plan, Target
from smtpscope.dialogue.step import Closed, Listen, Send, Silence
from smtpscope.model.codec import from_json, to_json
from smtpscope.model.event import Disconnected, Event, Noted, Received, Sent, TimedOut, Unsolicited
from smtpscope.net.client import ClientSession, run_session
from smtpscope.net.clock import StoppedClock
from smtpscope.net.request import Close, Read, Trouble, Write
from smtpscope.protocol.phase import TIMEOUTS, Phase

PLAN = Plan(
    Target("mail1.fabrikam.com"),
    Envelope("contoso.com", "chris@contoso.com", ("kate@fabrikam.com", "lee@fabrikam.com")),
    message=b"Subject: test\r\n\r\n.hello\r\n",
)


def hold(pieces: Iterable[bytes | Trouble]) -> tuple[list[Event], bytes]:
    """The events of PLAN's conversation with a server that says ``pieces`` and then closes, and all that was sent."""
    incoming = iter(pieces)
    session = run_session(conversation(PLAN), "192.0.2.1:25", TIMEOUTS, StoppedClock(1000.0))
    events: list[Event] = []
    sent = bytearray()
    outcome: bytes | Trouble | None = None
    while True:
        try:
            item = session.send(outcome)
        except StopIteration:
            return events, bytes(sent)
        outcome = None
        match item:
            case Event():
                events.append(item)
            case Write(data=data):
                sent += data
            case Read():
                outcome = next(incoming, b"")
            case Close():
                incoming = iter(())


GOOD = (
    b"220 mail1.fabrikam.com ready\r\n"
    b"250-mail1.fabrikam.com Hello\r\n250 SIZE 1000\r\n"
    b"250 2.1.0 ok\r\n250 2.1.5 ok\r\n550 5.1.1 User unknown\r\n354 go\r\n250 2.6.0 queued\r\n221 2.0.0 bye\r\n"
)


def test_a_good_conversation() -> None:
    events, sent = hold(bytes([octet]) for octet in GOOD)
    codes = [event.reply.code for event in events if isinstance(event, Received)]
    assert codes == [220, 250, 250, 250, 550, 354, 250, 221]
    assert sent.startswith(b"EHLO contoso.com\r\nMAIL FROM:<chris@contoso.com> SIZE=25\r\n")
    assert sent.endswith(b"DATA\r\nSubject: test\r\n\r\n..hello\r\n.\r\nQUIT\r\n")
    assert isinstance(events[-1], Disconnected)
    assert events[-1].by == "us"


def essence(events: list[Event]) -> list[Event]:
    """The events without what depends on the moment at which the octets came."""
    return [event for event in events if not isinstance(event, Unsolicited)]


REPLIES = st.lists(
    st.sampled_from(
        [
            *(
                b"220 ok\r\n",
                b"250 ok\r\n",
                b"250-a\r\n250 DSN\r\n",
                b"354 go\r\n",
                b"421 bye\r\n",
                b"550 5.1.1 no\r\n",
            ),
            *(b"250-a\n250 b\n", b"999\r\n", b"\r\n", b"\xff\r\n", b"250 \x00\x1b[1m\r\n"),
        ]
    ),
    max_size=12,
)


@given(REPLIES)
@settings(deadline=None)
def test_octets_one_by_one_give_what_each_reply_gives_whole(replies: list[bytes]) -> None:
    """Each reply that is waited for arrives in one piece or octet by octet: the same is said and heard."""
    whole, said = hold(replies)
    single, said_too = hold(bytes([octet]) for reply in replies for octet in reply)
    assert said == said_too
    assert essence(single) == essence(whole)


@given(st.lists(st.binary(max_size=200), max_size=30))
@settings(deadline=None)
def test_any_octets_give_events_that_can_be_kept(pieces: list[bytes]) -> None:
    events, _sent = hold(pieces)
    assert isinstance(events[-1], Disconnected)
    assert [from_json(to_json(event)) for event in events] == events


def test_silence_is_given_up_after_the_limit_of_the_phase() -> None:
    events, sent = hold([b"220 ok\r\n", TIMEOUT])
    assert [(event.phase, event.limit) for event in events if isinstance(event, TimedOut)] == [(Phase.EHLO, 300)]
    assert sent == b"EHLO contoso.com\r\n"


def take(session: ClientSession, step: object, *incoming: bytes) -> tuple[object, list[Event]]:
    """Carry out one step of a session; the answer and the events."""
    pieces = iter(incoming)
    work = session.take(step)  # type: ignore[arg-type]
    events: list[Event] = []
    outcome: bytes | Trouble | None = None
    while True:
        try:
            item = work.send(outcome)
        except StopIteration as end:
            return end.value, events
        outcome = next(pieces, b"") if isinstance(item, Read) else None
        if isinstance(item, Event):
            events.append(item)


def test_what_comes_unasked_is_said_before_the_next_command() -> None:
    session = ClientSession("192.0.2.1:25", TIMEOUTS, StoppedClock())
    answer, _events = take(session, Listen(), b"220 ok\r\n250 2.0.0 what?\r\n")
    assert answer.code == 220  # type: ignore[attr-defined]
    _answer, events = take(session, Send(b"EHLO contoso.com"), b"250 hi\r\n")
    assert [type(event) for event in events] == [Unsolicited, Sent, Received]


def test_of_a_flood_of_replies_a_few_are_shown_and_the_rest_is_counted() -> None:
    session = ClientSession("192.0.2.1:25", TIMEOUTS, StoppedClock())
    take(session, Listen(), b"220 ok\r\n" * 5000)
    _answer, events = take(session, Send(b"EHLO contoso.com"), b"250 hi\r\n")
    assert sum(isinstance(event, Unsolicited) for event in events) == 20
    (note,) = (event for event in events if isinstance(event, Noted))
    assert note.details == (("count", "4979"),)


def test_a_closed_connection_answers_every_further_step() -> None:
    session = ClientSession("192.0.2.1:25", TIMEOUTS, StoppedClock())
    answer, events = take(session, Listen())
    assert answer == Closed()
    assert [type(event) for event in events] == [Disconnected]
    assert take(session, Send(b"EHLO contoso.com")) == (Closed(), [])


def test_the_end_of_a_half_reply_is_kept() -> None:
    session = ClientSession("192.0.2.1:25", TIMEOUTS, StoppedClock())
    _answer, events = take(session, Listen(), b"220-first\r\n220 hal")
    assert isinstance(events[-1], Disconnected)
    assert events[-1].pending == b"220-first\r\n220 hal"
    assert Silence(1) != Closed()
