"""Sessions that have not ended: who, since when, and what was said so far."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from smtpscope.lab.runner import lab_running
from smtpscope.lab.server import Lab
from smtpscope.lab.store.archive import read_transcript
from smtpscope.lab.store.maildir import Mailbox
from smtpscope.lab.store.recorder import HELD
from smtpscope.model.event import Connected, Disconnected, Done, Event, Received, Sent

HELLO = b"EHLO contoso.com\r\n"
ENVELOPE = HELLO + b"MAIL FROM:<chris@contoso.com>\r\nRCPT TO:<kate@fabrikam.com>\r\n"


@pytest.fixture(name="lab")
def running_lab() -> Iterator[Lab]:
    with lab_running() as lab:
        yield lab


def connect(lab: Lab) -> socket.socket:
    """A client that has read the banner."""
    client = socket.create_connection(("127.0.0.1", lab.port), timeout=20)
    assert client.recv(1000).startswith(b"220 ")
    return client


def talk(client: socket.socket, octets: bytes, end: bytes) -> None:
    """Send ``octets`` and read until ``end`` has come."""
    client.sendall(octets)
    heard = b""
    while end not in heard:
        heard += client.recv(65536)


def wait_for_the_end(lab: Lab) -> None:
    end = time.monotonic() + 20
    while lab.open_sessions():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_client_that_hangs(lab: Lab) -> None:
    before = time.time()
    with connect(lab) as client:
        talk(client, HELLO, b"250 ")
        [session] = lab.open_sessions()
        assert (session.peer, session.port) == ("127.0.0.1", lab.port)
        assert before <= session.since <= time.time()
        assert list(lab.sessions) == [session.id]
        events = lab.events(session.id)
        assert [type(event) for event in events] == [Connected, Received, Sent, Received]
        assert events[0].at == pytest.approx(session.since, abs=0.5)
    wait_for_the_end(lab)
    ended = lab.events(session.id)
    assert ended[:4] == events
    assert [type(event) for event in ended[4:]] == [Disconnected, Done]


def test_reading_does_not_change_the_transcript(lab: Lab) -> None:
    with connect(lab) as client:
        talk(client, HELLO, b"250 ")
        [session] = lab.open_sessions()
        for _ in range(3):
            assert len(lab.events(session.id)) == 4
        assert read_transcript(lab.maildir, session.id) == ()
    wait_for_the_end(lab)
    assert read_transcript(lab.maildir, session.id) == lab.events(session.id)


def test_sessions_are_listed_as_they_came(lab: Lab) -> None:
    clients = [connect(lab) for _ in range(3)]
    assert [session.id for session in lab.open_sessions()] == list(lab.sessions)
    clients[1].close()
    end = time.monotonic() + 20
    while len(lab.open_sessions()) > 2 and time.monotonic() < end:
        time.sleep(0.01)
    assert [session.id for session in lab.open_sessions()] == [lab.sessions[0], lab.sessions[2]]
    for client in clients:
        client.close()


def test_a_long_session_that_is_written_in_portions(lab: Lab) -> None:
    """The portions in the file, and what follows them, are one sequence."""
    with connect(lab) as client:
        for _ in range(HELD // 1000 + 10):
            talk(client, b"NOOP " + b"x" * 1000 + b"\r\n", b"250 ")
        [session] = lab.open_sessions()
        written = read_transcript(lab.maildir, session.id)
        events = lab.events(session.id)
        assert 0 < len(written) < len(events)
        assert events[: len(written)] == written
        assert [type(event) for event in events[2:]] == [Sent, Received] * (HELD // 1000 + 10)


def test_a_portion_that_is_written_in_between_counts_once(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    with connect(lab) as client:
        talk(client, HELLO, b"250 ")
        [session] = lab.open_sessions()
        recorder = lab.connections[session.id].recorder
        assert recorder
        read = recorder.unwritten

        def written_meanwhile() -> tuple[int, list[Event]]:
            found = read()
            recorder.flush()
            return found

        monkeypatch.setattr(recorder, "unwritten", written_meanwhile)
        assert len(lab.events(session.id)) == 4
        assert len(lab.events(session.id)) == 4


def test_reading_while_clients_talk(lab: Lab) -> None:
    """Other threads read all the time; every sequence is whole, and begins as the one before."""
    seen: dict[str, tuple[Event, ...]] = {}
    wrong: list[str] = []
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            for session in tuple(lab.sessions):
                events = lab.events(session)
                if events[: len(seen.get(session, ()))] != seen.get(session, ()):
                    wrong.append(session)
                seen[session] = events

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(5):
        with connect(lab) as client:
            for _line in range(20):
                talk(client, b"NOOP " + b"x" * 2000 + b"\r\n", b"250 ")
    over.set()
    reader.join()
    assert seen
    assert wrong == []


def test_a_line_that_is_being_written_is_left_out(tmp_path: Path) -> None:
    Mailbox(str(tmp_path)).append_session("s1", [Done(float(number), "主机") for number in range(3)])
    path = tmp_path / "sessions" / "s1.jsonl"
    whole = path.read_bytes()
    counts = []
    for size in range(len(whole) + 1):
        path.write_bytes(whole[:size])
        counts.append(len(read_transcript(str(tmp_path), "s1")))
    assert counts == sorted(counts)
    assert counts[-1] == 3
    assert counts[-2] == 2
    assert [len(read_transcript(str(tmp_path), "s1", count)) for count in range(5)] == [0, 1, 2, 3, 3]


def test_a_lab_without_transcripts_knows_who_is_there() -> None:
    with lab_running() as lab:
        lab.transcripts = False
        with connect(lab):
            [session] = lab.open_sessions()
            assert session.peer == "127.0.0.1"
            assert lab.events(session.id) == ()
            assert not lab.sessions
        wait_for_the_end(lab)


def test_what_is_forgotten(lab: Lab) -> None:
    """An open session stays: it is not over, and it can be read to its end."""
    with connect(lab) as client:
        talk(client, ENVELOPE, b"250 2.1.5")
        [ended] = lab.sessions
    wait_for_the_end(lab)
    with connect(lab) as client:
        talk(client, HELLO, b"250 ")
        lab.forget()
        [session] = lab.open_sessions()
        assert list(lab.sessions) == [session.id] != [ended]
        assert not lab.messages
        assert len(lab.events(session.id)) == 4
