"""The lab on the network: what a real socket sees, what the mailbox holds behind it."""

from __future__ import annotations

import contextlib
import errno
import json
import socket
import struct
import threading
import time
from pathlib import Path

import pytest

from smtpscope.diagnosis.outcome import judge
from smtpscope.dialogue.plan import Envelope, Plan, Target, Tls
from smtpscope.errors import LocalError
from smtpscope.lab.announcement import Announcement, AnnouncementId
from smtpscope.lab.options import Limits, Service
from smtpscope.lab.runner import lab_running
from smtpscope.lab.scenario.model import Action, Rule, Scenario, When
from smtpscope.lab.server import Lab
from smtpscope.lab.store.maildir import FileSpool
from smtpscope.model.event import Connected, Disconnected, Done, Event, Injected, Received, Sent, Unsolicited
from smtpscope.model.report import Status
from smtpscope.model.transcript import read_lines
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import Defect
from smtpscope.services.test import run_test

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


def transcript(lab: Lab, number: int = -1) -> list[Event]:
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
    said: list[Announcement] = []
    with lab_running() as lab, Client(lab) as client:
        full = tmp_path / "full"
        full.symlink_to("/dev/full")
        monkeypatch.setattr(lab.mailbox, "spool", lambda name: FileSpool(full))
        lab.say = said.append
        client.say(WHOLE)
        assert b"452 4.3.1 Insufficient system storage" in client.hear_all()
        assert not lab.messages
    assert said[0].id is AnnouncementId.MESSAGE_LOST
    assert dict(said[0].details)["reason"] == "No space left on device"


def test_a_transcript_that_cannot_be_written_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[Announcement] = []

    def full(session: str, events: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with lab_running() as lab:
        lab.say = said.append
        monkeypatch.setattr(lab.mailbox, "append_session", full)
        for session in ("one", "one", "two"):
            lab.record(session, [])
    assert {piece.id for piece in said} == {AnnouncementId.TRANSCRIPT_CUT}
    assert [dict(piece.details)["session"] for piece in said] == ["one", "two"]


def test_a_full_mailbox_is_452() -> None:
    said: list[Announcement] = []
    with lab_running(limits=Limits(messages=1)) as lab, Client(lab) as client:
        lab.say = said.append
        client.say(WHOLE.replace(b"QUIT\r\n", b"") + WHOLE)
        answers = client.hear_all()
        assert answers.count(b"250 2.6.0") == 1
        assert answers.count(b"452 4.3.1") == 1
    assert said[0].id is AnnouncementId.MAILBOX_FULL
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
        wait(lambda: not lab.tasks)


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
        wait(lambda: not lab.tasks)


def test_a_port_in_use_says_what_to_do() -> None:
    with lab_running() as lab, pytest.raises(LocalError, match="another program") as caught:
        _listen(lab.port)
    assert caught.value.field == "port"
    assert f"sport = :{lab.port}" in str(caught.value)


def test_an_address_that_is_not_ours() -> None:
    with pytest.raises(LocalError, match=r"host: cannot listen on 192\.0\.2\.1"):
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


def test_two_labs_of_one_process_do_not_share_a_client() -> None:
    """Each lab runs in a thread of its own: what one reads must not come to the other's clients."""

    def send(lab: Lab, name: str) -> None:
        with Client(lab) as client:
            client.say(b"EHLO contoso.com\r\n")
            client.hear(b"250 ")
            for _ in range(300):
                client.say(f"VRFY {name}\r\n".encode())
                heard.add((name, client.hear(b"\n")))

    heard: set[tuple[str, bytes]] = set()
    echo = _scenario("vrfy", Action(252, ("{argument}",)))
    with lab_running(echo) as one, lab_running(echo) as two:
        threads = [
            threading.Thread(target=send, args=(lab, f"{name}{number}"))
            for number in range(4)
            for lab, name in ((one, "one"), (two, "two"))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert heard == {(name, f"252 {name}\r\n".encode()) for name, _reply in heard}
    assert len(heard) == 8


@pytest.mark.parametrize("discards", [False, True])
def test_what_is_hidden_in_the_record_is_hidden_from_who_watches(
    monkeypatch: pytest.MonkeyPatch, discards: bool
) -> None:
    """Whatever protocol/secret.py takes for a secret: the lab has no rule of its own."""
    monkeypatch.setattr("smtpscope.protocol.tracking.mask", lambda line, *_rest: line.replace(b"looking-glass", b"***"))
    told: list[Announcement] = []
    with lab_running() as lab:
        lab.transcripts, lab.watch = not discards, told.append
        with Client(lab) as client:
            client.say(b"EHLO contoso.com\r\nAUTH LOGIN\r\nlooking-glass\r\nMAIL FROM:<a@b.test>\r\nDATA\r\nQUIT\r\n")
            client.hear_all()
        if discards:
            assert not lab.sessions
        else:
            assert "looking-glass" not in repr(transcript(lab))
    assert [dict(announce.details)["command"] for announce in told] == ["AUTH LOGIN", "***", "DATA"]


def test_a_secret_in_place_of_a_proxy_header_is_hidden() -> None:
    with lab_running(service=Service(proxied=True)) as lab, Client(lab) as client:
        client.say(b"EHLO contoso.com\r\nAUTH PLAIN AGthdGUAd29uZGVybGFuZA==\r\n")
        with contextlib.suppress(ConnectionResetError):
            client.hear_all()
        events = transcript(lab)
    assert [event.data for event in events if isinstance(event, Sent)] == [b"EHLO contoso.com", b"AUTH PLAIN ***"]


def test_a_proxy_header_is_told_as_a_client_tells_it() -> None:
    with lab_running(service=Service(proxied=True)) as lab, Client(lab) as client:
        client.say(b"PROXY TCP4 198.51.100.7 192.0.2.1 40000 25\r\n" + WHOLE)
        client.hear_all()
        events = transcript(lab)
    header = next(event for event in events if isinstance(event, Sent))
    assert (header.phase, header.verb, header.data[:11]) == (Phase.PROXY, "PROXY", b"PROXY TCP4 ")
    assert judge(events).status is Status.OK


def test_what_is_said_to_a_lab_that_is_silent_is_told() -> None:
    with lab_running("silence-at-mail") as lab:
        with Client(lab) as client:
            client.say(b"EHLO contoso.com\r\nMAIL FROM:<>\r\nRCPT TO:<kate@fabrikam.com>\r\nDA")
            client.hear(b"250 ")
            time.sleep(0.05)
            client.say(b"TA\r\nQU")
        events = transcript(lab)
    said = [event.data for event in events if isinstance(event, Sent)]
    assert said == [b"EHLO contoso.com", b"MAIL FROM:<>", b"RCPT TO:<kate@fabrikam.com>", b"DATA", b"QU"]
    assert events[-2].phase is Phase.MAIL
    assert events[-2].by == "us"


@pytest.mark.parametrize("name", ["silence-at-mail", "half-close"])
def test_a_lab_that_is_silent_stays_so_to_the_end(name: str) -> None:
    with lab_running(name, limits=Limits(idle=0.3)) as lab, Client(lab) as client:
        client.say(b"EHLO contoso.com\r\nMAIL FROM:<>\r\n")
        assert b"421" not in client.hear_all()
        events = transcript(lab)
    assert events[-2].by == "peer"


def test_a_flood_is_told_as_one(tmp_path: Path) -> None:
    with lab_running("endless-reply", maildir=str(tmp_path)) as lab:
        with Client(lab) as client:
            client.say(b"EHLO contoso.com\r\n")
            for _ in range(200):
                client.socket.recv(65536)
        events = transcript(lab)
    flood = next(event for event in events if isinstance(event, Received) and event.verb == "EHLO")
    assert Defect.TOO_LONG in flood.reply.defects
    assert sum(file.stat().st_size for file in tmp_path.glob("sessions/*")) < 500_000


def test_half_a_reply_is_no_reply() -> None:
    half = _scenario("mail", Action(raw=b"250 2.1.0 Sen", end="drop"))
    with lab_running(half) as lab, Client(lab) as client:
        client.say(ENVELOPE)
        client.hear_all()
        events = transcript(lab)
    assert [event.reply.code for event in events if isinstance(event, Received)] == [220, 250]
    assert (events[-2].pending, events[-2].phase, events[-2].by) == (b"250 2.1.0 Sen", Phase.MAIL, "peer")
    assert [event.data for event in events if isinstance(event, Sent)][-1] == b"RCPT TO:<kate@fabrikam.com>"


def test_a_reply_that_the_client_did_not_wait_for_was_not_received() -> None:
    with lab_running(_scenario("mail", Action(trickle=0.05))) as lab:
        with Client(lab) as client:
            client.say(b"EHLO contoso.com\r\nMAIL FROM:<>\r\n")
            client.hear(b"250 2")
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        events = transcript(lab)
    assert [event.reply.code for event in events if isinstance(event, Received)] == [220, 250]
    assert events[-2].pending.startswith(b"250")
    assert events[-2].by == "us"


def test_what_the_lab_says_too_early_is_injected_as_the_client_sees_it() -> None:
    with lab_running("starttls-injection") as lab:
        target, tls = Target("127.0.0.1", lab.port), Tls(ca=lab.ca_file)
        told = list(run_test(Plan(target, Envelope("contoso.com", "", ()), tls=tls, stop_after="starttls")))
        events = transcript(lab)
    seen = [[(event.phase, event.data) for event in side if isinstance(event, Injected)] for side in (told, events)]
    assert seen[0] == seen[1] == [(Phase.STARTTLS, b"250 injected\r\n")]
    assert not any(isinstance(event, Unsolicited) for event in events)
