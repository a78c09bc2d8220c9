"""The transcript of a session: handed on in portions, octet for octet."""

from __future__ import annotations

from smtpscope.lab.recorder import HELD, Recorder
from smtpscope.model.event import Disconnected, Done, Event, Noted, Received, Sent
from smtpscope.protocol.phase import Phase


def test_a_long_session_is_handed_on_in_portions() -> None:
    portions: list[list[Event]] = []
    recorder = Recorder(lambda: 0.0, portions.append)
    for _ in range(3):
        recorder.sent(Phase.OTHER, b"NOOP " + b"x" * HELD)
    assert [len(portion) for portion in portions] == [1, 1, 1]
    recorder.ended("us")
    assert [type(event) for event in portions[-1]] == [Disconnected, Done]


def test_message_text_beyond_the_limit_is_counted() -> None:
    events: list[Event] = []
    recorder = Recorder(lambda: 0.0, events.extend, text_limit=5)
    for piece in (b"abc", b"def", b"ghi"):
        recorder.sent_text(Phase.END_OF_DATA, piece)
    recorder.ended("us")
    assert b"".join(event.data for event in events if isinstance(event, Sent)) == b"abcde"
    [note] = [event for event in events if isinstance(event, Noted)]
    assert (note.topic, note.details) == ("text-cut", (("octets", "4"),))


def test_a_reply_has_the_time_since_the_command() -> None:
    now = [10.0]
    events: list[Event] = []
    recorder = Recorder(lambda: now[0], events.extend)
    recorder.sent(Phase.MAIL, b"MAIL FROM:<>")
    now[0] = 12.5
    recorder.received(Phase.MAIL, b"250 2.1.0 Sender OK\r\n", "MAIL FROM:<>")
    recorder.flush()
    [_, reply] = events
    assert isinstance(reply, Received)
    assert (reply.at, reply.elapsed, reply.reply.code, reply.command) == (12.5, 2.5, 250, "MAIL FROM:<>")
