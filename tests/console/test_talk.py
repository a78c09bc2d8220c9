"""The console without a terminal, driven by hand against the lab and against servers that misbehave."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest
from smtpscope.diagnosis.verdict import Status, judge

from smtpscope.console.commands import run_command
from smtpscope.console.screen import Screen
from smtpscope.console.talk import Console
from smtpscope.lab.output import Security
from smtpscope.lab.server import lab_running
from smtpscope.model.event import Disconnected, Sent, TimedOut, Unsolicited

SOON = 20.0


class Face:
    """Remembers what was shown; knows one secret."""

    leads = echoes = False
    width = 0

    def __init__(self, secret: str = "") -> None:
        self.lines: list[str] = []
        self.secret = secret
        self.interrupts = 0

    def columns(self) -> int:
        return self.width

    def show(self, lines: Iterable[str]) -> None:
        self.lines += lines

    def ask_secret(self, question: str) -> str:
        return self.secret

    @contextmanager
    def blocking(self) -> Iterator[None]:
        if self.interrupts:
            self.interrupts -= 1
            raise KeyboardInterrupt
        with nullcontext():
            yield

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


HANDS: list[Hand] = []


@pytest.fixture(autouse=True)
def _let_go() -> Iterator[None]:
    """At the end of a test no connection stands."""
    yield
    for hand in HANDS:
        hand.console.close()
        if hand.console.log:
            hand.console.log.close()
    HANDS.clear()


class Hand:
    """Types lines and waits for what is to be shown."""

    def __init__(self, port: int = 0, secret: str = "") -> None:
        HANDS.append(self)
        self.face = Face(secret)
        self.console = Console(self.face, Screen(), run_command)
        if port:
            self.console.open("127.0.0.1", port)

    def type(self, *lines: str) -> None:
        for line in lines:
            self.console.take(line)

    def wait(self, wanted: str) -> None:
        self.until(lambda: wanted in self.face.text, wanted)

    def until(self, reached: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + SOON
        while not reached():
            assert time.monotonic() < end, f"{what!r} never came:\n{self.face.text}"
            if self.console.wire is not None and select.select([self.console.wire], [], [], 0.05)[0]:
                self.console.receive()
            self.console.tick()


@contextmanager
def server(play: Callable[[socket.socket], None]) -> Iterator[int]:
    """Plays for one client, then closes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        client, _ = listener.accept()
        with client:
            play(client)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        thread.join(SOON)
        listener.close()


def test_lines_wait_for_their_turn() -> None:
    with lab_running() as lab:
        hand = Hand(lab.port)
        hand.type("EHLO a.test", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA", "Subject: x", "", ".", "QUIT")
        hand.type("status", "quit")
        assert len(hand.console.queue) == 10
        hand.until(lambda: hand.console.done, "quit")
        assert len(lab.messages) == 1
    assert "No connection." in hand.face.lines
    assert judge(hand.console.events)[0].queued


def test_pipelining_sends_a_group_in_one_go() -> None:
    with lab_running() as lab:
        hand = Hand(lab.port)
        hand.type("EHLO a.test")
        hand.wait("250 CHUNKING")
        hand.console.settings.pipelining = True
        hand.type("MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "RCPT TO:<e@f.test>", "DATA", "Subject: x", ".")
        assert hand.console.queue == ["Subject: x", "."]
        hand.wait("Queued mail")


def test_the_text_of_a_message_is_never_taken_for_commands_where_the_connection_is_gone(tmp_path: Path) -> None:
    with lab_running("drop-at-data") as lab:
        hand = Hand(lab.port)
        hand.type("EHLO a.test", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA")
        hand.type(f"set logfile {tmp_path / 'never.log'}", "quit")
        hand.until(lambda: hand.console.wire is None, "the end")
    assert not (tmp_path / "never.log").exists()
    assert not hand.console.done
    assert "2 lines were not sent" in hand.face.text


def test_the_text_of_a_message_is_never_taken_for_commands_where_data_is_refused() -> None:
    with lab_running("user-unknown") as lab:
        hand = Hand(lab.port)
        hand.type(
            "EHLO a.test", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA", "Subject: x", "", "x", ".", "NOOP"
        )
        hand.wait("250 2.0.0 OK")
    assert "4 lines of the message were not sent" in hand.face.text
    assert "Unrecognized" not in hand.face.text


def test_where_nobody_listens_what_follows_is_dropped() -> None:
    with lab_running() as lab:
        port = lab.port
    hand = Hand()
    hand.console.queue = [f"open 127.0.0.1 {port}", "EHLO a.test", "quit"]
    hand.console.pump()
    assert "2 lines were not sent" in hand.face.text
    assert not hand.console.done


def test_the_clients_prompt_holds_the_lines_that_wait() -> None:
    with lab_running() as lab:
        hand = Hand(lab.port)
        hand.type("EHLO a.test", "NOOP")
        hand.console.escape()
        hand.type("status")
        assert "Lines held back: 2." in hand.face.text
        hand.type("send RSET\\r\\n")
        hand.wait("250 2.0.0 OK")


def test_a_message_that_was_not_asked_for_stays_here(tmp_path: Path) -> None:
    (tmp_path / "m.eml").write_bytes(b"Subject: x\r\n\r\nx\r\n")
    with lab_running() as lab:
        hand = Hand(lab.port)
        hand.type("EHLO a.test")
        hand.wait("250 CHUNKING")
        hand.console.escape()
        hand.type(f"body {tmp_path / 'm.eml'}")
        hand.wait("did not ask for the message")
        assert not lab.messages


def test_a_file_with_bare_line_feeds_goes_as_it_is_and_is_remarked_on(tmp_path: Path) -> None:
    (tmp_path / "unix.eml").write_bytes(b"Subject: x\n\nx\n")
    with lab_running() as lab:
        hand = Hand(lab.port)
        hand.type("EHLO a.test")
        hand.wait("250 CHUNKING")
        hand.console.escape()
        hand.type(f"body {tmp_path / 'unix.eml'}")
        hand.wait("Lines that end in a bare LF, not CRLF: 3")


def test_tls_and_every_mechanism_in_one_session() -> None:
    security = Security(starttls=True, users=(("chris", "secret"),))
    with lab_running(security=security) as lab:
        hand = Hand(lab.port, "secret")
        hand.type("EHLO a.test")
        hand.wait("250 STARTTLS")
        hand.console.escape()
        hand.type("starttls", "EHLO a.test")
        hand.wait("250 AUTH")
        hand.console.escape()
        hand.type("auth scram-sha-256 chris")
        hand.wait("235 ")
        assert hand.console.session.state.logged_in
        hand.type("QUIT")
        hand.until(lambda: hand.console.wire is None, "the end")
    sent = [event.data for event in hand.console.events if isinstance(event, Sent)]
    assert b"***" in sent
    assert not any(b"secret" in data for data in sent)


@pytest.mark.parametrize("mechanism", ["login", "cram-md5", "xoauth2"])
def test_logging_in(mechanism: str) -> None:
    security = Security(users=(("chris", "secret"),), auth_in_clear=True)
    with lab_running(security=security) as lab:
        hand = Hand(lab.port, "secret")
        hand.type("EHLO a.test")
        hand.wait("250 AUTH")
        hand.console.escape()
        hand.type(f"auth {mechanism} chris")
        hand.wait("235 ")
    assert ("whoever listens" in hand.face.text) is (mechanism != "cram-md5")


@pytest.mark.parametrize(("line", "said"), [("auth", "auth MECHANISM USER"), ("auth plain chris", "nothing was typed")])
def test_a_login_that_is_none(line: str, said: str) -> None:
    with lab_running() as lab:
        hand = Hand(lab.port)
        hand.wait("220 ")
        hand.console.escape()
        hand.type(line)
        hand.wait(said)


def test_a_certificate_that_must_stand_the_test() -> None:
    with lab_running(security=Security(starttls=True)) as lab:
        hand = Hand(lab.port)
        hand.console.settings.verify = True
        hand.type("EHLO a.test", "STARTTLS", "EHLO a.test")
        hand.wait("does not stand the test")
    assert hand.console.wire is None


def test_a_refused_starttls_leaves_the_session_as_it_was() -> None:
    with lab_running() as lab:
        hand = Hand(lab.port)
        hand.type("EHLO a.test", "STARTTLS", "NOOP")
        hand.wait("250 2.0.0 OK")
        assert not hand.console.session.state.secure


def test_what_was_injected_before_the_handshake_is_not_heard() -> None:
    def play(client: socket.socket) -> None:
        client.sendall(b"220 hi\r\n")
        client.recv(4096)
        client.sendall(b"220 go\r\n250 injected\r\n")

    with server(play) as port:
        hand = Hand(port)
        hand.type("STARTTLS")
        hand.until(lambda: hand.console.wire is None, "the end")
    assert "injected" not in hand.face.text


def test_a_secret_that_the_server_repeats_is_hidden() -> None:
    def play(client: socket.socket) -> None:
        client.sendall(b"220 hi\r\n")
        client.sendall(b"535 what is " + client.recv(4096).split()[-1] + b"?\r\n")
        client.recv(4096)

    with server(play) as port:
        hand = Hand(port, "a very secret word")
        hand.wait("220 hi")
        hand.console.escape()
        hand.type("auth plain chris")
        hand.wait("535 what is ***?")
        hand.console.close()


def test_half_a_line_is_shown_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smtpscope.console.talk.HALF_LINE", 0.2)

    def play(client: socket.socket) -> None:
        client.sendall(b"220 hal")
        client.recv(4096)

    with server(play) as port:
        hand = Hand(port)
        hand.wait("half a line so far: 220 hal")
        hand.console.close()
    assert [event.pending for event in hand.console.events if isinstance(event, Disconnected)] == [b"220 hal"]


def test_a_server_that_does_not_close_behind_its_221_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smtpscope.console.talk.FAREWELL", 0.3)

    def play(client: socket.socket) -> None:
        client.sendall(b"220 hi\r\n")
        client.recv(4096)
        client.sendall(b"221 bye\r\n")
        while client.recv(4096):
            pass

    with server(play) as port:
        hand = Hand(port)
        hand.type("QUIT", "quit")
        hand.until(lambda: hand.console.done, "quit")
    assert "Connection closed." in hand.face.lines


def test_what_the_server_said_before_it_broke_off_is_read_first() -> None:
    def play(client: socket.socket) -> None:
        client.sendall(b"220 hi\r\n421 4.3.2 going down\r\n")

    with server(play) as port:
        hand = Hand(port)
        hand.wait("421 4.3.2 going down")
        hand.until(lambda: hand.console.wire is None, "the end")
    assert any(isinstance(event, Unsolicited) for event in hand.console.events)


def test_silence_is_given_up() -> None:
    with lab_running("banner-silence") as lab:
        hand = Hand(lab.port)
        hand.until(lambda: hand.console.silence() > 0.3, "some time")
        hand.console.give_up(1.0)
    assert isinstance(hand.console.events[-3], TimedOut)
    assert judge(hand.console.events)[0].status is Status.TIMEOUT


def test_ctrl_c_while_connecting_and_in_the_handshake() -> None:
    hand = Hand()
    hand.face.interrupts = 1
    hand.console.open("127.0.0.1", 9)
    assert hand.face.lines == ["Interrupted."]
    with lab_running(security=Security(starttls=True)) as lab:
        hand = Hand(lab.port)
        hand.face.interrupts = 1
        hand.type("EHLO a.test", "STARTTLS")
        hand.wait("Connection closed.")
        assert "Interrupted." in hand.face.lines


def test_a_log_that_cannot_be_written_ends_and_the_session_goes_on() -> None:
    with lab_running() as lab:
        hand = Hand()
        hand.type("set logfile /dev/full", f"open 127.0.0.1 {lab.port}", "NOOP")
        hand.wait("250 2.0.0 OK")
    assert "cannot be written any more" in hand.face.text
    assert hand.console.settings.logfile == ""


def test_mail_servers_of_a_literal_need_no_dns() -> None:
    hand = Hand()
    hand.type("mx [192.0.2.1]")
    assert hand.face.lines == ["[192.0.2.1] is an address: no MX is asked for"]


def test_bare_line_feeds_and_sending_at_once() -> None:
    heard: list[bytes] = []

    def play(client: socket.socket) -> None:
        client.sendall(b"220 hi\r\n")
        while octets := client.recv(4096):
            heard.append(octets)

    with server(play) as port:
        hand = Hand(port)
        hand.wait("220 hi")
        hand.console.settings.crlf = hand.console.settings.wait = False
        hand.type("EHLO ü", "NOOP")
        hand.console.close()
    assert b"".join(heard) == "EHLO ü\nNOOP\n".encode()
