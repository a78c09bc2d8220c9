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

from smtpscope.console.commands import run_command
from smtpscope.console.console import Console
from smtpscope.console.screen import Screen
from smtpscope.diagnosis.outcome import judge
from smtpscope.dialogue.plan import Tls
from smtpscope.dialogue.step import Listen, Send, Silence, StartTls, Tell
from smtpscope.model.event import Disconnected, GaveUp, Injected, LoggedIn, Noted, Sent, TimedOut, Unsolicited
from smtpscope.model.report import Status
from smtpscope.model.vocabulary import Reason, Topic
from smtpscope.protocol.phase import TIMEOUTS, Phase
from smtpscope.protocol.reply import Reply
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.dialogue.step import Dialogue
from smtpscope.lab.options import Security
from smtpscope.lab.runner import lab_running

SOON = 20.0


class FrontEnd:
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
        if hand.console.journal.log:
            hand.console.journal.log.close()
    HANDS.clear()


class Hand:
    """Types lines and waits for what is to be shown."""

    def __init__(self, port: int = 0, secret: str = "") -> None:
        HANDS.append(self)
        self.front_end = FrontEnd(secret)
        self.console = Console(self.front_end, Screen(), run_command)
        if port:
            self.console.open("127.0.0.1", port)

    def type(self, *lines: str) -> None:
        for line in lines:
            self.console.take(line)

    def wait(self, wanted: str) -> None:
        self.until(lambda: wanted in self.front_end.text, wanted)

    def until(self, reached: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + SOON
        while not reached():
            assert time.monotonic() < end, f"{what!r} never came:\n{self.front_end.text}"
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
    assert "No connection." in hand.front_end.lines
    assert judge(hand.console.events).servers[0].queued


def test_pipelining_sends_a_group_in_one_go() -> None:
    with lab_running() as lab:
        hand = Hand(lab.port)
        hand.type("EHLO a.test")
        hand.wait("250 CHUNKING")
        hand.console.settings.pipelining = True
        hand.type("MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "RCPT TO:<e@f.test>", "DATA", "Subject: x", ".")
        assert hand.console.queue[-2:] == ["Subject: x", "."]
        assert len(hand.console.queue) < 4
        hand.wait("Queued mail")


def test_the_text_of_a_message_is_never_taken_for_commands_where_the_connection_is_gone(tmp_path: Path) -> None:
    with lab_running("drop-at-data") as lab:
        hand = Hand(lab.port)
        hand.type("EHLO a.test", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA")
        hand.type(f"set logfile {tmp_path / 'never.log'}", "quit")
        hand.until(lambda: hand.console.wire is None, "the end")
    assert not (tmp_path / "never.log").exists()
    assert not hand.console.done
    assert "lines not sent: 2" in hand.front_end.text


def test_the_text_of_a_message_is_never_taken_for_commands_where_data_is_refused() -> None:
    with lab_running("user-unknown") as lab:
        hand = Hand(lab.port)
        hand.type(
            "EHLO a.test", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA", "Subject: x", "", "x", ".", "NOOP"
        )
        hand.wait("250 2.0.0 OK")
    assert "lines of the message not sent: 4" in hand.front_end.text
    assert "Unrecognized" not in hand.front_end.text


def test_where_nobody_listens_what_follows_is_dropped() -> None:
    with lab_running() as lab:
        port = lab.port
    hand = Hand()
    hand.console.queue = [f"open 127.0.0.1 {port}", "EHLO a.test", "quit"]
    hand.console.pump()
    assert "lines not sent: 2" in hand.front_end.text
    assert not hand.console.done


def test_the_clients_prompt_holds_the_lines_that_wait() -> None:
    with lab_running() as lab:
        hand = Hand(lab.port)
        hand.type("EHLO a.test", "NOOP")
        hand.console.escape()
        hand.type("status")
        assert "Lines not sent yet: 2." in hand.front_end.text
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
        hand.wait("lines that end with a bare LF instead of CRLF: 3")


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
        assert hand.console.session.snapshot.logged_in
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
    assert ("can be intercepted" in hand.front_end.text) is (mechanism != "cram-md5")


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
        hand.wait("certificate verification failed")
    assert hand.console.wire is None


def test_a_refused_starttls_leaves_the_session_as_it_was() -> None:
    with lab_running() as lab:
        hand = Hand(lab.port)
        hand.type("EHLO a.test", "STARTTLS", "NOOP")
        hand.wait("250 2.0.0 OK")
        assert not hand.console.session.snapshot.secure


def test_what_was_injected_before_the_handshake_is_not_heard() -> None:
    def play(client: socket.socket) -> None:
        client.sendall(b"220 hi\r\n")
        client.recv(4096)
        client.sendall(b"220 go\r\n250 injected\r\n")

    with server(play) as port:
        hand = Hand(port)
        hand.type("STARTTLS")
        hand.until(lambda: hand.console.wire is None, "the end")
    assert [event.data for event in hand.console.events if isinstance(event, Injected)] == [b"250 injected\r\n"]
    assert not any(isinstance(event, Unsolicited) for event in hand.console.events)


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
    monkeypatch.setattr("smtpscope.console.console.HALF_LINE", 0.2)

    def play(client: socket.socket) -> None:
        client.sendall(b"220 hal")
        client.recv(4096)

    with server(play) as port:
        hand = Hand(port)
        hand.wait("half a line so far: 220 hal")
        hand.console.close()
    assert [event.pending for event in hand.console.events if isinstance(event, Disconnected)] == [b"220 hal"]


def test_a_server_that_does_not_close_behind_its_221_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smtpscope.console.console.FAREWELL", 0.3)

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
    assert "Connection closed." in hand.front_end.lines


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
    assert any(isinstance(event, TimedOut) for event in hand.console.events)
    assert judge(hand.console.events).status is Status.TIMEOUT


def test_ctrl_c_while_connecting_and_in_the_handshake() -> None:
    hand = Hand()
    hand.front_end.interrupts = 1
    hand.console.open("127.0.0.1", 9)
    assert hand.front_end.lines == ["Interrupted."]
    with lab_running(security=Security(starttls=True)) as lab:
        hand = Hand(lab.port)
        hand.front_end.interrupts = 1
        hand.type("EHLO a.test", "STARTTLS")
        hand.wait("Connection closed.")
        assert "Interrupted." in hand.front_end.lines


def test_a_log_that_cannot_be_written_ends_and_the_session_goes_on() -> None:
    with lab_running() as lab:
        hand = Hand()
        hand.type("set logfile /dev/full", f"open 127.0.0.1 {lab.port}", "NOOP")
        hand.wait("250 2.0.0 OK")
    assert "cannot be written any more" in hand.front_end.text
    assert hand.console.settings.logfile == ""


def test_mail_servers_of_a_literal_need_no_dns() -> None:
    hand = Hand()
    hand.type("mx [192.0.2.1]")
    assert hand.front_end.lines == ["[192.0.2.1] is an address: no MX is asked for"]


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


# ----------------------------------------------------------------------------------------------- replies in their place


def plays(*turns: bytes) -> Callable[[socket.socket], None]:
    """The first turn at once, each further one behind a line; then it waits for the client to go."""

    def play(client: socket.socket) -> None:
        stream = client.makefile("rb")
        for number, turn in enumerate(turns):
            if number and not stream.readline():
                return
            client.sendall(turn)
        while stream.readline():
            pass

    return play


def test_every_line_is_recorded_with_its_verb_and_its_recipient() -> None:
    with lab_running() as lab:
        hand = Hand(lab.port)
        hand.type("EHLO a.test", "mail from:<a@b.test>", "RCPT TO:<c@d.test>", "DATA", "Subject: x", "", ".", "QUIT")
        hand.until(lambda: hand.console.wire is None, "the end")
    sent = [event for event in hand.console.events if isinstance(event, Sent)]
    assert [event.verb for event in sent] == ["EHLO", "MAIL", "RCPT", "DATA", ".", ".", ".", "QUIT"]
    assert [event.recipient for event in sent if event.recipient] == ["c@d.test"]
    assert [event.final for event in sent if event.body] == [False, False, True]


def test_421_that_nobody_asked_for_ends_the_session() -> None:
    with server(plays(b"220 hi\r\n", b"250 x\r\n421 4.4.2 idle too long\r\n")) as port:
        hand = Hand(port)
        hand.type("EHLO a.test", "MAIL FROM:<a@b.test>", "QUIT")
        hand.wait("421 4.4.2")
        hand.console.close()
    assert [event.verb for event in hand.console.events if isinstance(event, Sent)] == ["EHLO"]
    assert "no more commands are sent" in hand.front_end.text


def test_where_421_was_said_the_lines_are_dropped_and_the_outcome_is_its(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smtpscope.console.console.FAREWELL", 0.2)
    with server(plays(b"220 hi\r\n", b"250 x\r\n421 4.4.2 idle too long\r\n")) as port:
        hand = Hand(port)
        hand.type("EHLO a.test", "NOOP", "set logfile never.log")
        hand.until(lambda: hand.console.wire is None, "the end")
    assert "lines not sent: 2" in hand.front_end.text
    assert judge(hand.console.events).status is Status.TEMPORARY
    assert hand.console.journal.log is None


def test_421_is_heard_before_the_next_line_is_sent() -> None:
    with server(plays(b"220 hi\r\n", b"250 x\r\n")) as port:
        hand = Hand(port)
        hand.type("EHLO a.test")
        hand.wait("250 x")
        hand.console.close()
    with server(plays(b"220 hi\r\n421 going down\r\n")) as port:
        hand = Hand(port)
        hand.wait("220 hi")
        time.sleep(0.2)
        hand.type("EHLO a.test")
        assert not any(isinstance(event, Sent) for event in hand.console.events)
        hand.console.close()


def test_334_to_data_drops_the_message_and_is_no_success() -> None:
    replies = (b"220 hi\r\n", b"250 x\r\n", b"250 ok\r\n", b"250 ok\r\n", b"334 go\r\n", b"250 ok\r\n", b"221 bye\r\n")
    with server(plays(*replies)) as port:
        hand = Hand(port)
        hand.type("EHLO a", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA", "Subject: x", "", "x", ".", "NOOP")
        hand.wait("lines of the message not sent: 4")
        hand.type("QUIT")
        hand.wait("221 bye")
        hand.console.close()
    assert [event.verb for event in hand.console.events if isinstance(event, Sent)][-2:] == ["NOOP", "QUIT"]
    assert "server.wrong-reply: 334 is not a reply to DATA" in hand.front_end.text
    assert judge(hand.console.events).status is Status.PROTOCOL


def test_221_to_garbage_is_no_success_of_quit(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(plays(b"220 hi\r\n", b"221 Goodbye\r\n")) as port:
        hand = Hand(port)
        hand.type("GARBAGE")
        hand.wait("221 is the reply to QUIT, not to GARBAGE")
        hand.console.close()
    assert judge(hand.console.events).status is not Status.OK


def test_a_250_before_the_end_of_a_large_file_is_no_acceptance(tmp_path: Path) -> None:
    (tmp_path / "big.eml").write_bytes(b"Subject: x\r\n\r\n" + b"0123456789 0123456789\r\n" * 400_000)

    def play(client: socket.socket) -> None:
        stream = client.makefile("rb")
        for reply in (b"220 hi\r\n", b"250 x\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"):
            client.sendall(reply)
            stream.readline()
        stream.read(20000)
        client.sendall(b"250 2.0.0 queued\r\n")

    with server(play) as port:
        hand = Hand(port)
        hand.type("EHLO a", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "\x1d", f"body {tmp_path / 'big.eml'}")
        hand.until(lambda: hand.console.wire is None, "the end")
    report = judge(hand.console.events)
    assert not any(isinstance(event, Sent) and event.final for event in hand.console.events)
    assert not report.servers[0].queued
    assert report.status in (Status.LOST, Status.PROTOCOL)


def test_a_large_file_that_is_taken_is_shown_in_part_and_accepted(tmp_path: Path) -> None:
    (tmp_path / "big.eml").write_bytes(b"Subject: x\r\n\r\n" + b"0123456789 0123456789\r\n" * 40_000)
    with lab_running() as lab:
        hand = Hand(lab.port)
        hand.type("EHLO a", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "\x1d", f"body {tmp_path / 'big.eml'}")
        hand.type("QUIT")
        hand.until(lambda: hand.console.wire is None, "the end")
        assert len(lab.messages) == 1
    assert hand.front_end.text.count("0123456789 0123456789") == 18
    assert "and 39983 more lines, 920017 bytes in all" in hand.front_end.text
    assert judge(hand.console.events).status is Status.OK


@pytest.mark.parametrize(
    ("flood", "why"),
    [
        (b"250-XYZ\r\n", Reason.REPLY_FLOOD),
        (b"250-XYZ", Reason.REPLY_FLOOD),
        (b"250 ok\r\n", Reason.REPLY_FLOOD),
        (b"\r\n", Reason.REPLY_FLOOD),
        (b"nonsense\n", Reason.REPLY_FLOOD),
    ],
)
def test_a_flood_is_given_up_and_the_lines_behind_it_are_not_taken_for_commands(
    flood: bytes, why: Reason, tmp_path: Path
) -> None:
    def play(client: socket.socket) -> None:
        client.sendall(b"220 hi\r\n")
        client.recv(100)
        client.sendall(b"250 x\r\n")
        while True:
            try:
                client.sendall(flood * 1000)
            except OSError:
                return

    with server(play) as port:
        hand = Hand(port)
        hand.type("EHLO a", "MAIL FROM:<a@b.test>", f"set logfile {tmp_path / 'never.log'}", "quit")
        hand.until(lambda: hand.console.wire is None, "the end")
    assert [event.why for event in hand.console.events if isinstance(event, GaveUp)][:1] == [why]
    assert sum(isinstance(event, Unsolicited) for event in hand.console.events) <= 20
    assert not hand.console.done
    assert not (tmp_path / "never.log").exists()
    assert judge(hand.console.events).status is Status.PROTOCOL


def test_where_the_server_leaves_while_nothing_is_asked_no_command_is_blamed() -> None:
    with lab_running() as lab:
        hand = Hand(lab.port)
        hand.type("EHLO a.test")
        hand.wait("250 CHUNKING")
    hand.until(lambda: hand.console.wire is None, "the end")
    assert [event.phase for event in hand.console.events if isinstance(event, Disconnected)] == [Phase.CLOSED]
    assert "without an answer" not in hand.front_end.text


def test_a_quit_that_comes_too_late_asks_for_nothing() -> None:
    replies = (b"220 hi\r\n", b"250 x\r\n421 going down\r\n")
    with server(plays(*replies)) as port:
        hand = Hand(port)
        hand.type("EHLO a.test", "quit")
        hand.wait("421 going down")
        hand.console.lose()
    assert [event.why for event in hand.console.events if isinstance(event, GaveUp)] == [Reason.SERVER_CLOSES]


def test_a_few_replies_too_many_are_counted_and_the_session_goes_on() -> None:
    with server(plays(b"220 hi\r\n", b"250 x\r\n" + b"250 ok\r\n" * 30, b"221 bye\r\n")) as port:
        hand = Hand(port)
        hand.type("EHLO a")
        hand.wait("10 more unsolicited replies received")
        hand.type("QUIT")
        hand.wait("221 bye")
        hand.console.close()
    assert [dict(event.details) for event in hand.console.events if isinstance(event, Noted)] == [{"count": "10"}]


# --------------------------------------------------------------------------------------------------------- dialogues


def test_a_step_that_the_console_cannot_take_is_refused_loudly() -> None:
    def dialogue() -> Dialogue:
        yield Listen()

    with lab_running() as lab:
        hand = Hand(lab.port)
        hand.wait("220 ")
        hand.console.hold_dialogue(dialogue())
        with pytest.raises(TypeError, match="Listen"):
            hand.console.pump()


def test_a_dialogue_is_answered_by_the_reply_to_its_own_command() -> None:
    answers: list[object] = []

    def dialogue() -> Dialogue:
        answers.append((yield Tell(Noted(0, Phase.OTHER, Topic.AUTH, (("user", "kate"), ("mechanism", "PLAIN"))))))
        answers.append((yield StartTls(Tls(), False, when_agreed=True)))
        answers.append((yield Send(b"RSET")))

    with server(plays(b"220 hi\r\n", b"250 noop\r\n", b"250 reset\r\n")) as port:
        hand = Hand(port)
        hand.wait("220 hi")
        hand.console.settings.wait = False
        hand.type("NOOP")
        hand.console.hold_dialogue(dialogue())
        hand.console.pump()
        hand.wait("250 reset")
        hand.console.close()
    assert [type(answer) for answer in answers] == [Silence, Silence, Reply]
    assert isinstance(answers[2], Reply)
    assert answers[2].text == "reset"
    assert "logging in as kate with PLAIN" in hand.front_end.text


def logging_in(mechanism: str, *replies: bytes) -> Hand:
    """What comes of ``auth`` where the server replies so."""
    with server(plays(b"220 hi\r\n", b"250-x\r\n250 AUTH PLAIN SCRAM-SHA-256\r\n", *replies)) as port:
        hand = Hand(port, "a very secret word")
        hand.type("EHLO a")
        hand.wait("250 AUTH")
        hand.console.escape()
        hand.type(f"auth {mechanism} kate")
        hand.wait(replies[-1].decode().strip())
        hand.console.close()
    return hand


def test_a_login_that_is_complete_is_said() -> None:
    hand = logging_in("plain", b"235 ok\r\n")
    assert any(isinstance(event, LoggedIn) for event in hand.console.events)
    assert "logged in as kate with PLAIN" in hand.front_end.text


def test_a_login_that_this_client_gives_up_is_said_and_explained() -> None:
    hand = logging_in("scram-sha-256", b"334 cj1mb28scz1jMkZzZEE9PSxpPTQwOTY=\r\n", b"235 ok anyway\r\n")
    assert [event.why for event in hand.console.events if isinstance(event, GaveUp)] == [Reason.AUTH_ABORTED]
    assert "login canceled" in hand.front_end.text
    assert judge(hand.console.events).status is Status.GAVE_UP


def test_235_before_the_exchange_is_complete_proves_nothing() -> None:
    hand = logging_in("scram-sha-256", b"235 ok\r\n")
    assert [event.why for event in hand.console.events if isinstance(event, GaveUp)] == [Reason.AUTH_UNPROVEN]
    assert judge(hand.console.events).status is Status.GAVE_UP


def test_the_lines_behind_a_handshake_that_failed_are_not_taken_for_commands(tmp_path: Path) -> None:
    with server(plays(b"220 hi\r\n", b"220 go\r\nthis is no TLS\r\n")) as port:
        hand = Hand(port)
        hand.console.timeouts = {**TIMEOUTS, Phase.TLS: 0.5}
        hand.type("STARTTLS", "EHLO a.test", f"set logfile {tmp_path / 'never.log'}")
        hand.until(lambda: hand.console.wire is None, "the end")
    assert "lines not sent: 2" in hand.front_end.text
    assert not (tmp_path / "never.log").exists()


def test_half_a_line_that_was_thrown_is_said() -> None:
    with lab_running() as lab:
        hand = Hand(lab.port)
        hand.wait("220 ")
        hand.console.escape()
        hand.type("send NO")
        assert "2 bytes sent; the line is not complete yet" in hand.front_end.text
        hand.console.escape()
        hand.type("send OP\\r\\n")
        hand.wait("250 2.0.0 OK")
    assert [event.data for event in hand.console.events if isinstance(event, Sent)] == [b"NOOP"]
