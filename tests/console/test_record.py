"""Sessions kept as scripts, and recorded ones typed again."""

from __future__ import annotations

import pytest

from smtpscope.console.queue import Message, Octets, Replayed
from smtpscope.console.record import read_session, script_lines
from smtpscope.dialogue.script import parse
from smtpscope.errors import UsageError
from smtpscope.model.event import Connected, Disconnected, Event, Received, Sent
from smtpscope.model.transcript import header_line, write_line
from smtpscope.protocol.phase import Phase, phase_of
from smtpscope.protocol.reply import parse_reply
from smtpscope.render.log import log_lines

DATE = "Mon, 23 Nov 2026 12:00:00 +0000"


def said(line: str, answer: str, phase: Phase | None = None) -> list[Event]:
    phase = phase or phase_of(line.split(" ")[0])
    sent: list[Event] = [Sent(0, phase, line.encode())] if line else []
    return [*sent, Received(0, phase, parse_reply(f"{answer}\r\n".encode()), line, 0.1)]


SESSION: list[Event] = [
    Connected(0, "mx", "192.0.2.1", 25, "192.0.2.2:1"),
    *said("", f"220 mail1.fabrikam.com ready at {DATE}"),
    *said("EHLO contoso.com", "250-mail1.fabrikam.com Hello [192.0.2.2]\r\n250 SIZE 37748736"),
    *said("MAIL FROM:<chris@contoso.com>", "250 2.1.0 Sender OK"),
    *said("DATA", "354 go"),
    Sent(0, Phase.END_OF_DATA, "Subject: 测试\r\n".encode(), body=True),
    Sent(0, Phase.END_OF_DATA, b"\r\n", body=True),
    Sent(0, Phase.END_OF_DATA, b"one\ntwo\r\n", body=True),
    Sent(0, Phase.END_OF_DATA, b".\r\n", body=True),
    Received(0, Phase.END_OF_DATA, parse_reply(b"250 2.0.0 Ok: queued as 4XyzAB3C2mz1"), ".", 0.1),
    Sent(0, Phase.AUTH, b"AUTH PLAIN ***", masked=True),
    *said("QUIT", "221 bye"),
    Disconnected(0, Phase.QUIT, "peer"),
]


def test_what_changes_each_time_becomes_a_pattern() -> None:
    lines = list(script_lines(SESSION))
    assert "S~ ^220 mail1\\.fabrikam\\.com ready at .+$" in lines
    assert "S~ ^250-mail1\\.fabrikam\\.com Hello .+\\n250 SIZE 37748736$" in lines
    assert "S: 250 2.1.0 Sender OK" in lines
    assert "S~ ^250 2\\.0\\.0 Ok: queued as .+$" in lines
    assert "R: one\\ntwo\\r\\n" in lines
    assert lines[-1] == "X"
    assert "<auth PLAIN" in lines
    parse("\n".join(lines), "x")


def test_only_the_last_connection_is_kept() -> None:
    again = [*SESSION, Connected(0, "mx", "192.0.2.1", 25, "192.0.2.2:1"), *said("", "554 no")]
    assert list(script_lines(again))[1:] == ["S: 554 no"]


TYPED = ["EHLO contoso.com", "MAIL FROM:<chris@contoso.com>", "DATA", "Subject: 测试", ""]


def lines_of(octets: bytes) -> list[object]:
    """What is typed, as text where it is a line."""
    items = read_session(octets, "x", lambda name: b".a").items
    return [item.line if isinstance(item, Replayed) else item for item in items]


def test_a_script_is_typed_again() -> None:
    found = lines_of("\n".join(script_lines(SESSION)).encode())
    assert found[:5] == TYPED
    assert found[5:] == [Octets(b"one\ntwo\r\n"), ".", "QUIT"]


def test_a_transcript_is_typed_again() -> None:
    text = "\n".join([header_line(), *map(write_line, SESSION)])
    found = lines_of(text.encode())
    assert found[:5] == TYPED
    assert found[-2:] == [".", "QUIT"]


def test_a_log_is_typed_again() -> None:
    text = "".join(line + "\n" for event in SESSION for line in log_lines(event))
    found = lines_of(text.encode())
    assert found[:5] == TYPED
    assert found[-1] == "QUIT"


def test_plain_lines_are_typed() -> None:
    assert lines_of(b"NOOP\r\n\r\nQUIT\r\n") == ["NOOP", "", "QUIT"]


@pytest.mark.parametrize("text", ["S: 250\nnonsense\n", '{"event": "sent"}\n', "{}"])
def test_a_broken_recording_is_a_clear_mistake(text: str) -> None:
    with pytest.raises(UsageError):
        read_session(text.encode(), "x", lambda name: b"")


def test_a_file_of_a_script_is_a_message() -> None:
    assert lines_of(b"C: DATA\n<file a.eml\n") == ["DATA", Message((b"..a\r\n.\r\n",))]


def hidden(octets: bytes) -> int:
    return read_session(octets, "x", lambda name: b".a").hidden


def recorded(*events: Event) -> bytes:
    return "\n".join([header_line(), *map(write_line, events)]).encode()


PLAIN = [*said("AUTH PLAIN ***", "235 ok"), *said("QUIT", "221 bye")]
LOGIN = [
    *said("AUTH LOGIN", "334 VXNlcm5hbWU6"),
    *said("***", "334 UGFzc3dvcmQ6", Phase.AUTH),
    *said("***", "235 ok", Phase.AUTH),
    *said("QUIT", "221 bye"),
]


@pytest.mark.parametrize(("login", "lines"), [(PLAIN, 1), (LOGIN, 3)])
@pytest.mark.parametrize("form", ["transcript", "log", "lines", "script"])
def test_no_line_with_a_hidden_secret_is_typed_again(login: list[Event], lines: int, form: str) -> None:
    sent = [event.data.decode() for event in login if isinstance(event, Sent)]
    octets = {
        "transcript": recorded(*login),
        "log": "".join(line + "\n" for event in login for line in log_lines(event)).encode(),
        "lines": "\n".join(sent).encode(),
        "script": "\n".join(f"C: {line}" for line in sent).encode(),
    }[form]
    assert lines_of(octets) == ["QUIT"]
    assert hidden(octets) == lines


def test_the_login_of_a_saved_session_is_counted() -> None:
    octets = "\n".join(script_lines(SESSION)).encode()
    assert not any("***" in str(item) for item in lines_of(octets))
    assert hidden(octets) == 1


def test_a_login_that_was_written_down_whole_is_typed() -> None:
    assert lines_of(b"AUTH LOGIN\nY2hyaXM=\nc2VjcmV0\nQUIT\n") == ["AUTH LOGIN", "Y2hyaXM=", "c2VjcmV0", "QUIT"]
    assert lines_of(b"AUTH\n") == ["AUTH"]


def test_the_text_of_a_message_is_typed_whatever_it_holds() -> None:
    assert lines_of(b"DATA\nSubject: x\n\n***\nAUTH PLAIN ***\n.\n***\nQUIT\n") == [
        *("DATA", "Subject: x", "", "***", "AUTH PLAIN ***", "."),
        "QUIT",
    ]


def test_a_chunk_is_sent_as_it_was() -> None:
    command = Sent(0, Phase.END_OF_DATA, b"BDAT 3 LAST", verb="BDAT", exchange=4)
    chunk = Sent(0, Phase.END_OF_DATA, b"a\nb", body=True, verb="BDAT", exchange=4, final=True)
    assert lines_of(recorded(command, chunk)) == ["BDAT 3 LAST", Octets(b"a\nb")]
