"""The lab on the network: what a real socket sees, what the mailbox holds behind it."""

from __future__ import annotations

import contextlib
import errno
import json
import socket
import threading
import time
from pathlib import Path

import pytest

from smtpscope.errors import LocalError
from smtpscope.lab.lab import Lab
from smtpscope.lab.limits import Limits
from smtpscope.lab.mailbox import FileSpool
from smtpscope.lab.news import News, NewsId
from smtpscope.lab.scenario import Action, Rule, Scenario, When
from smtpscope.lab.server import lab_running
from smtpscope.model.event import Connected, Disconnected, Done, Received, Sent
from smtpscope.model.transcript import read_lines

ENVELOPE = b"EHLO contoso.com\r\nMAIL FROM:<chris@contoso.com>\r\nRCPT TO:<kate@fabrikam.com>\r\n"
WHOLE = ENVELOPE + b"DATA\r\nSubject: x\r\n\r\n..\r\n.\r\nQUIT\r\n"


class Client:
    """A plain socket."""

    def __init__(self, lab: Lab) -> None:
        self.socket = socket.create_connection(("127.0.0.1", lab.port), timeout=20)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def say(self, octets: bytes) -> None:
        self.socket.sendall(octets)

    def hear(self, until: bytes) -> bytes:
        """Everything up to ``until``, or to the end of the connection."""
        heard = b""
        while until not in heard:
            piece = self.socket.recv(65536)
            if not piece:
                break
            heard += piece
        return heard

    def hear_all(self) -> bytes:
        return self.hear(b"never said")


def wait(condition: object, seconds: float = 20) -> None:
    """Until ``condition()`` is true."""
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.01)


def transcript(lab: Lab, number: int = -1) -> list[object]:
    path = Path(lab.maildir) / "sessions" / f"{lab.sessions[number]}.jsonl"
    wait(lambda: path.exists() and '"done"' in path.read_text())
    return list(read_lines(path.read_text("utf-8").splitlines()))


def test_a_message_is_kept_octet_for_octet() -> None:
    with lab_running() as lab, Client(lab) as client:
        client.say(WHOLE)
        assert b"250 2.6.0 <" in client.hear_all()
        [mail] = lab.messages
        assert mail.content == b"Subject: x\r\n\r\n.\r\n"
        envelope = json.loads((Path(lab.maildir) / "envelopes" / f"{mail.id}.json").read_text())
        assert envelope["sender"] == "chris@contoso.com"
        assert envelope["session"] == lab.sessions[0]
        assert not list((Path(lab.maildir) / "tmp").iterdir())


def test_every_session_leaves_a_transcript_refused_ones_too() -> None:
    with lab_running("user-unknown") as lab, Client(lab) as client:
        client.say(ENVELOPE + b"QUIT\r\n")
        client.hear_all()
        events = transcript(lab)
        assert isinstance(events[0], Connected)
        assert isinstance(events[-1], Done)
        assert isinstance(events[-2], Disconnected)
        assert events[-2].by == "peer"
        said = [event.data for event in events if isinstance(event, Sent)]
        assert b"".join(line + b"\r\n" for line in said) == ENVELOPE + b"QUIT\r\n"
        codes = [event.reply.code for event in events if isinstance(event, Received)]
        assert codes == [220, 250, 250, 550, 221]


def test_the_message_in_the_transcript_is_as_it_was_sent() -> None:
    with lab_running() as lab, Client(lab) as client:
        client.say(WHOLE)
        client.hear_all()
        body = b"".join(event.data for event in transcript(lab) if isinstance(event, Sent) and event.body)
        assert body == b"Subject: x\r\n\r\n..\r\n.\r\n"


def test_a_large_message_goes_to_the_disk_and_is_cut_in_the_transcript() -> None:
    text = b"0123456789abcdef\r\n" * 50000
    with lab_running(limits=Limits(transcript=1000)) as lab, Client(lab) as client:
        client.say(ENVELOPE + b"DATA\r\n" + text + b".\r\nQUIT\r\n")
        client.hear_all()
        assert lab.messages[0].content == text
        assert lab.messages[0].octets == len(text)
        events = transcript(lab)
        assert sum(len(event.data) for event in events if isinstance(event, Sent) and event.body) == 1000
        assert f'"{len(text) + 3 - 1000}"' in (Path(lab.maildir) / "sessions" / f"{lab.sessions[0]}.jsonl").read_text()


def test_a_full_disk_is_452_and_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[News] = []
    with lab_running() as lab, Client(lab) as client:
        full = tmp_path / "full"
        full.symlink_to("/dev/full")
        monkeypatch.setattr(lab.mailbox, "spool", lambda name: FileSpool(full))
        lab.say = said.append
        client.say(WHOLE)
        assert b"452 4.3.1 Insufficient system storage" in client.hear_all()
        assert not lab.messages
    assert said[0].id is NewsId.MESSAGE_LOST
    assert dict(said[0].details)["reason"] == "No space left on device"


def test_a_transcript_that_cannot_be_written_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[News] = []

    def full(session: str, events: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with lab_running() as lab:
        lab.say = said.append
        monkeypatch.setattr(lab.mailbox, "append_session", full)
        for session in ("one", "one", "two"):
            lab.record(session, [])
    assert {piece.id for piece in said} == {NewsId.TRANSCRIPT_CUT}
    assert [dict(piece.details)["session"] for piece in said] == ["one", "two"]


def test_a_full_mailbox_is_452() -> None:
    said: list[News] = []
    with lab_running(limits=Limits(messages=1)) as lab, Client(lab) as client:
        lab.say = said.append
        client.say(WHOLE.replace(b"QUIT\r\n", b"") + WHOLE)
        answers = client.hear_all()
        assert answers.count(b"250 2.6.0") == 1
        assert answers.count(b"452 4.3.1") == 1
    assert said[0].id is NewsId.MAILBOX_FULL
    assert dict(said[0].details)["count"] == "1"


def test_a_broken_conversation_leaves_nothing_behind() -> None:
    with lab_running() as lab:
        with Client(lab) as client:
            client.say(ENVELOPE + b"DATA\r\n" + b"x" * 300000)
            client.hear(b"354")
        events = transcript(lab)
        assert isinstance(events[-2], Disconnected)
        assert events[-2].by == "us"
        assert not list((Path(lab.maildir) / "tmp").iterdir())


@pytest.mark.parametrize("durable", [False, True])
def test_durable_or_not_the_message_is_there_when_it_is_answered(tmp_path: Path, durable: bool) -> None:
    with lab_running(maildir=str(tmp_path)) as lab, Client(lab) as client:
        lab.mailbox.durable = durable
        client.say(WHOLE[:-6])
        client.hear(b"250 2.6.0")
        assert len(list((tmp_path / "new").iterdir())) == 1


def _scenario(stage: str, action: Action) -> Scenario:
    return Scenario("x", rules=(Rule(When((stage,)), action),))


def test_a_reset_is_a_reset() -> None:
    with lab_running(_scenario("mail", Action(end="reset"))) as lab, Client(lab) as client:
        client.say(ENVELOPE)
        with pytest.raises(ConnectionResetError):
            client.hear_all()


def test_a_half_closed_server_still_listens() -> None:
    with lab_running("half-close") as lab, Client(lab) as client:
        assert client.hear_all() == b"220 mail1.fabrikam.com ready\r\n"
        for _ in range(5):
            client.say(b"NOOP\r\n")
            time.sleep(0.02)


def test_a_trickle_comes_octet_by_octet() -> None:
    with lab_running(_scenario("connect", Action(trickle=0.01))) as lab, Client(lab) as client:
        assert client.socket.recv(65536) == b"2"
        assert client.hear(b"\n").startswith(b"20 mail1")


def test_a_delay_is_waited_for() -> None:
    with lab_running(_scenario("connect", Action(delay=0.3))) as lab, Client(lab) as client:
        begun = time.monotonic()
        client.hear(b"\n")
        assert time.monotonic() - begun > 0.2


def test_an_endless_reply_ends_with_the_client() -> None:
    with lab_running("endless-reply") as lab:
        with Client(lab) as client:
            client.say(b"EHLO contoso.com\r\n")
            for _ in range(50):
                client.socket.recv(65536)
        wait(lambda: not lab.wires)


def test_a_flood_has_its_ten_megabytes() -> None:
    with lab_running("flood-banner") as lab, Client(lab) as client:
        assert len(client.hear_all()) == 10485760


def test_a_client_that_says_nothing_is_told_so() -> None:
    with lab_running(limits=Limits(idle=0.1)) as lab, Client(lab) as client:
        assert b"421 4.4.2 mail1.fabrikam.com Idle for too long" in client.hear_all()


def test_a_slow_loris_cannot_stay() -> None:
    with lab_running(limits=Limits(idle=0.5)) as lab, Client(lab) as client:
        client.hear(b"\n")
        begun = time.monotonic()
        with contextlib.suppress(OSError):
            while time.monotonic() < begun + 15:
                client.say(b"N")
                time.sleep(0.05)
        assert time.monotonic() < begun + 15


def test_too_many_clients_are_told_so() -> None:
    with lab_running(limits=Limits(connections=1)) as lab, Client(lab) as first:
        first.hear(b"\n")
        with Client(lab) as second:
            assert second.hear_all() == b"421 4.3.2 mail1.fabrikam.com Too many connections, try again later\r\n"
        first.say(b"QUIT\r\n")
        assert first.hear_all().startswith(b"221")


def test_a_client_that_ends_its_side_still_hears_the_answers() -> None:
    with lab_running() as lab, Client(lab) as client:
        client.say(WHOLE[:-6])
        client.socket.shutdown(socket.SHUT_WR)
        assert b"250 2.6.0 <" in client.hear_all()


def test_a_client_that_does_not_read_does_not_eat_memory() -> None:
    with lab_running() as lab, Client(lab) as client:
        client.socket.settimeout(0.5)
        sent = 0
        with contextlib.suppress(TimeoutError):
            while sent < 100_000_000:
                sent += client.socket.send(b"HELP\r\n" * 5000)
        assert sent < 100_000_000


def test_a_client_that_does_not_read_is_not_waited_for() -> None:
    with lab_running("endless-reply", limits=Limits(idle=0.5)) as lab, Client(lab) as client:
        client.say(b"EHLO contoso.com\r\n")
        wait(lambda: not lab.wires)


def test_a_port_in_use_says_what_to_do() -> None:
    with lab_running() as lab, pytest.raises(LocalError, match="--port") as caught:
        _listen(lab.port)
    assert f"sport = :{lab.port}" in str(caught.value)


def test_an_address_that_is_not_ours() -> None:
    with pytest.raises(LocalError, match="--host"):
        _listen(0, "192.0.2.1")


def _listen(port: int, host: str = "127.0.0.1") -> None:
    import asyncio

    asyncio.run(Lab().start(host, port))


def test_a_scenario_that_does_not_listen_refuses() -> None:
    with lab_running("no-service") as lab, pytest.raises(ConnectionRefusedError):
        Client(lab)


def test_another_scenario_from_the_next_connection_on() -> None:
    with lab_running() as lab:
        lab.play(_scenario("connect", Action(554, ("no",))))
        with Client(lab) as client:
            assert client.hear(b"\n") == b"554 no\r\n"


def test_many_clients_at_once() -> None:
    with lab_running() as lab:
        threads = [threading.Thread(target=_send_one, args=(lab,)) for _ in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert lab.taken == 30


def _send_one(lab: Lab) -> None:
    with Client(lab) as client:
        client.say(WHOLE)
        client.hear_all()
