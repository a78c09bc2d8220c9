"""The console in a real pseudo-terminal, with the lab: keys go in, and what the screen shows is read."""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect
import pytest

from scripted import scripted
from smtpscope.cli.exit import Exit
from smtpscope.lab.options import Limits, Security
from smtpscope.lab.runner import lab_running

PASTE = """EHLO contoso.com
MAIL FROM:chris@contoso.com
RCPT TO:kate@fabrikam.com NOTIFY=success,failure
DATA
Subject: 来自 Contoso 的测试

这是一封测试邮件
.
QUIT
quit
"""
ESCAPE, INTERRUPT = "\x1d", "\x03"
SOON = 30


@contextmanager
def terminal(folder: Path, *arguments: str, term: str = "xterm", blocked: bool = False) -> Iterator[pexpect.spawn]:
    """A console in a terminal of its own; its history lies in ``folder``. ``blocked``: without prompt_toolkit."""
    program = "import sys; from smtpscope.__main__ import main; "
    program += "sys.modules['prompt_toolkit'] = None; " if blocked else ""
    child = pexpect.spawn(
        sys.executable,
        ["-c", program + "sys.exit(main())", "console", "--color", "never", *arguments],
        env={**os.environ, "TERM": term, "LC_ALL": "C.UTF-8", "XDG_STATE_HOME": str(folder / "state")},
        dimensions=(50, 120),
        encoding="utf-8",
        timeout=SOON,
        cwd=str(folder),
    )
    try:
        yield child
    finally:
        child.close(force=True)


def say(child: pexpect.spawn, line: str, answer: str) -> None:
    """Type a line and read on until its answer has come."""
    child.send(line + "\r")
    child.expect(answer)


def leave(child: pexpect.spawn) -> None:
    child.expect(pexpect.EOF)
    child.wait()
    assert child.exitstatus == 0


@pytest.mark.measured
def test_the_whole_procedure_typed(tmp_path: Path) -> None:
    with lab_running() as lab, terminal(tmp_path) as child:
        child.expect("smtpscope> ")
        say(child, "set localecho", "localecho: on")
        say(child, "set logfile test.log", "logfile: ")
        say(child, f"open 127.0.0.1 {lab.port}", "220 mail1")
        say(child, "EHLO contoso.com", "250 CHUNKING")
        child.expect("advertised: SIZE \\(36 MB\\)")
        say(child, "MAIL FROM:chris@contoso.com", "250 2.1.0 Sender OK")
        say(child, "RCPT TO:kate@fabrikam.com NOTIFY=success,failure", "250 2.1.5 Recipient OK")
        say(child, "DATA", "354 Start mail input")
        say(child, "Subject: 来自 Contoso 的测试", "│ Subject: 来自 Contoso 的测试")
        say(child, "", "│ ")
        say(child, "这是一封测试邮件", "│ 这是一封测试邮件")
        say(child, ".", "250 2.6.0 <.*> Queued mail for delivery")
        say(child, "QUIT", "221 2.0.0 Service closing transmission channel")
        child.expect("Connection closed by the server.")
        child.send("quit\r")
        leave(child)
        (mail,) = lab.messages
    assert "这是一封测试邮件".encode() in mail.content
    assert "< 250 2.1.5 Recipient OK" in (tmp_path / "test.log").read_text("utf-8")


@pytest.mark.parametrize("bracketed", [True, False])
def test_a_paste_of_the_whole_waits_where_the_protocol_does(bracketed: bool, tmp_path: Path) -> None:
    with lab_running() as lab, terminal(tmp_path) as child:
        child.expect("smtpscope> ")
        text = f"open 127.0.0.1 {lab.port}\n{PASTE}"
        child.send(f"\x1b[200~{text}\x1b[201~" if bracketed else text.replace("\n", "\r"))
        places = [child.expect(answer) for answer in ("354 Start", "这是一封测试邮件", "Queued mail", "221 2.0.0")]
        leave(child)
        (mail,) = lab.messages
    assert places == [0, 0, 0, 0]
    assert mail.sender == "chris@contoso.com"


@pytest.mark.measured
def test_the_escape_key_and_an_empty_line_back(tmp_path: Path) -> None:
    with lab_running() as lab, terminal(tmp_path, "127.0.0.1", str(lab.port)) as child:
        child.expect("220 ")
        child.send(ESCAPE)
        child.expect("smtpscope> ")
        say(child, "status", "Phase: ehlo")
        say(child, "", "next: EHLO")
        say(child, "NOOP", "250 2.0.0 OK")
        child.send(ESCAPE)
        say(child, "close", "Connection closed.")
        child.send("quit\r")
        leave(child)


def test_ctrl_c_drops_the_line_then_leads_out(tmp_path: Path) -> None:
    with lab_running() as lab, terminal(tmp_path, "127.0.0.1", str(lab.port)) as child:
        child.expect("220 ")
        child.send("NONSENSE" + INTERRUPT)
        say(child, "NOOP", "250 2.0.0 OK")
        child.send(INTERRUPT)
        child.expect("smtpscope> ")
        child.send(INTERRUPT)
        child.expect("Connection closed.")
        leave(child)


def test_ctrl_c_drops_what_waits(tmp_path: Path) -> None:
    with lab_running("silence-at-ehlo") as lab, terminal(tmp_path, "127.0.0.1", str(lab.port)) as child:
        child.expect("220 ")
        child.send("EHLO a.test\rNOOP\rNOOP\r")
        child.expect("2 lines are waiting for the reply")
        child.send(INTERRUPT)
        child.expect("2 lines discarded")


def test_ctrl_c_breaks_a_handshake_off(tmp_path: Path) -> None:
    with deaf_server() as port, terminal(tmp_path, "127.0.0.1", str(port)) as child:
        child.expect("220 deaf")
        say(child, "STARTTLS", "220 go")
        child.send(INTERRUPT)
        child.expect("Interrupted.")
        child.expect("Connection closed.")
        child.send("quit\r")
        leave(child)


@contextmanager
def deaf_server() -> Iterator[int]:
    """Answers STARTTLS with 220 and says nothing more."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        client, _ = listener.accept()
        with client:
            client.sendall(b"220 deaf\r\n")
            client.recv(4096)
            client.sendall(b"220 go\r\n")
            while client.recv(4096):
                pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        thread.join(SOON)
        listener.close()


def test_a_421_is_shown_at_once_and_the_line_being_typed_stays(tmp_path: Path) -> None:
    with lab_running(limits=Limits(idle=4.0)) as lab, terminal(tmp_path, f"127.0.0.1:{lab.port}") as child:
        child.expect("220 ")
        say(child, "EHLO a.test", "250 CHUNKING")
        child.send("HELP me")
        child.expect("unsolicited")
        child.expect("421 4.4.2 .*Idle for too long")
        child.expect("Connection closed by the server.")
        child.expect(r"smtpscope> (\x1b\[[0-9;?]*[a-z])*HELP me")


def test_chinese(tmp_path: Path) -> None:
    with lab_running("user-unknown") as lab, terminal(tmp_path, f"127.0.0.1:{lab.port}", "--lang", "zh") as child:
        child.expect("220 ")
        say(child, "EHLO a.test", "250 CHUNKING")
        say(child, "MAIL FROM:<a@b.test>", "250 2.1.0")
        say(child, "RCPT TO:<用户@fabrikam.com>", "553 5.6.7")
        child.send("VRFY 主题\x7f\x7f用户\r")
        child.expect("› VRFY 用户")
        child.expect("252 ")


def test_backspace_works_before_enter(tmp_path: Path) -> None:
    with lab_running() as lab, terminal(tmp_path, f"127.0.0.1:{lab.port}") as child:
        child.expect("220 ")
        say(child, "EHLX\x7fO a.test", "› EHLO a.test")
        child.expect("250 CHUNKING")


def test_killing_the_process_keeps_the_log(tmp_path: Path) -> None:
    with lab_running() as lab, terminal(tmp_path) as child:
        child.expect("smtpscope> ")
        say(child, "set logfile kept.log", "kept.log")
        say(child, f"open 127.0.0.1 {lab.port}", "220 ")
        say(child, "EHLO a.test", "250 CHUNKING")
        child.kill(signal.SIGKILL)
        child.wait()
    log = (tmp_path / "kept.log").read_text("utf-8").splitlines()
    assert log[-1].endswith("< 250 CHUNKING")


@pytest.mark.measured
def test_history_is_searched_and_never_holds_a_secret(tmp_path: Path) -> None:
    security = Security(users=(("chris", "secret"),), auth_in_clear=True)
    with lab_running(security=security) as lab, terminal(tmp_path, f"127.0.0.1:{lab.port}") as child:
        child.expect("220 ")
        say(child, "EHLO findme.test", "250 ")
        say(child, "AUTH PLAIN AGNocmlzAHdyb25n", "535 ")
        say(child, "AUTH LOGIN", "334 ")
        say(child, "Y2hyaXM=", "334 ")
        say(child, "c2VjcmV0", "235 ")
        child.send("\x12findme\r")
        say(child, "", "› EHLO findme.test")
        child.expect("250 ")
        screen = child.before
    assert "c2VjcmV0" not in screen
    kept = (tmp_path / "state" / "smtpscope" / "console-history").read_text("utf-8")
    assert "EHLO findme.test" in kept
    assert "AUTH LOGIN" in kept
    assert not re.search("AGNocmlz|Y2hyaXM|c2VjcmV0", kept)


@pytest.mark.measured
def test_completion_of_verbs_and_of_what_was_announced(tmp_path: Path) -> None:
    with lab_running() as lab, terminal(tmp_path, f"127.0.0.1:{lab.port}") as child:
        child.expect("220 ")
        say(child, "EHLO a.test", "250 CHUNKING")
        child.send("m\t")
        child.expect("FROM:<")
        child.send("a@b.test> BODY=8\t")
        child.expect("BITMIME")
        say(child, "", "› MAIL FROM:<a@b.test> BODY=8BITMIME")
        child.expect("250 2.1.0")


@pytest.mark.measured
def test_a_hint_before_enter_names_the_column(tmp_path: Path) -> None:
    with lab_running() as lab, terminal(tmp_path, f"127.0.0.1:{lab.port}") as child:
        child.expect("220 ")
        child.send("EHLO contoso_com")
        child.expect("column 13: '_' is not allowed in a domain")


@pytest.mark.measured
def test_starttls_and_auth_in_one_session(tmp_path: Path) -> None:
    security = Security(starttls=True, users=(("chris", "secret"),))
    with lab_running(security=security) as lab, terminal(tmp_path) as child:
        child.expect("smtpscope> ")
        say(child, "set logfile tls.log", "tls.log")
        say(child, f"open 127.0.0.1 {lab.port}", "220 ")
        say(child, "EHLO a.test", "250 ")
        say(child, f"{ESCAPE}starttls", "encrypted: TLSv1")
        child.expect("send EHLO again")
        say(child, "EHLO a.test", "250 AUTH")
        child.send(f"{ESCAPE}auth scram-sha-256 chris\r")
        child.expect("password for chris: ")
        child.send("secret\r")
        child.expect("235 ")
        child.expect("logged in")
        say(child, "QUIT", "221 ")
    log = (tmp_path / "tls.log").read_text("utf-8")
    assert "> AUTH SCRAM-SHA-256 ***" in log
    assert "> ***" in log


def test_a_typed_starttls_is_followed_by_the_handshake(tmp_path: Path) -> None:
    with lab_running(security=Security(starttls=True)) as lab, terminal(tmp_path, f"127.0.0.1:{lab.port}") as child:
        child.expect("220 ")
        say(child, "EHLO a.test", "250 ")
        say(child, "starttls", "encrypted: TLSv1")
        say(child, "EHLO a.test", "250 ")
        say(child, "QUIT", "221 ")


@pytest.mark.parametrize("blocked", [True, False])
def test_a_dumb_terminal_and_one_without_prompt_toolkit(blocked: bool, tmp_path: Path) -> None:
    with lab_running() as lab, terminal(tmp_path, term="xterm" if blocked else "dumb", blocked=blocked) as child:
        if blocked:
            child.expect("pip install 'smtpscope\\[console\\]'")
        child.expect("smtpscope> ")
        say(child, f"open 127.0.0.1 {lab.port}", "220 ")
        say(child, "EHLO a.test", "250 CHUNKING")
        say(child, ESCAPE, "smtpscope> ")
        say(child, "status", "Phase: mail")
        say(child, "", "\n")
        say(child, "QUIT", "221 ")
        child.expect("smtpscope> ")
        child.send("quit\r")
        leave(child)


def test_end_of_input_leads_out(tmp_path: Path) -> None:
    with lab_running() as lab, terminal(tmp_path, f"127.0.0.1:{lab.port}") as child:
        child.expect("220 ")
        child.send("\x04")
        child.expect("smtpscope> ")
        child.send("\x04")
        leave(child)


def test_control_characters_of_the_server_do_nothing(tmp_path: Path) -> None:
    with lab_running("control-characters") as lab, terminal(tmp_path, f"127.0.0.1:{lab.port}") as child:
        child.expect_exact("220 \\x1b[31mred\\x1b[0m \\x00 \\xff\\xfe ready")


def test_a_secret_is_not_shown_while_it_is_typed(tmp_path: Path) -> None:
    with lab_running() as lab, terminal(tmp_path, f"127.0.0.1:{lab.port}") as child:
        child.expect("220 ")
        say(child, "EHLO a.test", "250 ")
        child.send("AUTH PLAIN AGNocmlz")
        child.expect("••••••••")
        say(child, "AHNlY3JldA==", "AUTH PLAIN \\*\\*\\*")
        child.expect("5\\d\\d ")
        assert "AGNocmlz" not in str(child.before)


@contextmanager
def option_server(heard: list[bytes]) -> Iterator[int]:
    """Begins with Telnet options (IAC DO ECHO, IAC WILL SGA), as some devices do; keeps what comes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        client, _ = listener.accept()
        with client:
            client.sendall(b"\xff\xfd\x01\xff\xfb\x03220 device\r\n")
            while octets := client.recv(4096):
                heard.append(octets)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        thread.join(SOON)
        listener.close()


def test_telnet_options_are_shown_and_never_answered(tmp_path: Path) -> None:
    heard: list[bytes] = []
    with option_server(heard) as port, terminal(tmp_path, f"127.0.0.1:{port}") as child:
        child.expect_exact("\\xff\\xfd\\x01\\xff\\xfb\\x03220 device")
        child.expect("IAC, 0xFF")
        say(child, "NOOP ÿ", "› NOOP ÿ")
        child.send(f"{ESCAPE}close\r")
        child.expect("Connection closed.")
    assert b"".join(heard) == "NOOP ÿ\r\n".encode()


def test_a_flood_leaves_room_for_the_keyboard(tmp_path: Path) -> None:
    with lab_running("flood-banner") as lab, terminal(tmp_path) as child:
        child.expect("smtpscope> ")
        child.send(f"open 127.0.0.1 {lab.port}\r")
        child.expect("giving up")
        child.expect("Connection closed.")
        child.send("quit\r")
        leave(child)


def test_encrypted_from_the_first_octet(tmp_path: Path) -> None:
    security = Security(implicit=True)
    with lab_running(security=security) as lab, terminal(tmp_path) as child:
        child.expect("smtpscope> ")
        say(child, f"set ca {lab.ca_file}", "ca: /")
        say(child, f"open 127.0.0.1 {lab.port} tls", "certificate verified for 127.0.0.1")
        child.expect("220 ")
        say(child, "EHLO a.test", "250 ")
        say(child, "QUIT", "221 ")


def test_a_dumb_terminal_shows_a_typed_line_once_and_no_secret(tmp_path: Path) -> None:
    security = Security(users=(("chris", "secret"),), auth_in_clear=True)
    with lab_running(security=security) as lab, terminal(tmp_path, f"127.0.0.1:{lab.port}", term="dumb") as child:
        child.expect("220 ")
        say(child, "EHLO once.test", "250 ")
        assert str(child.before).count("EHLO once.test") == 1
        say(child, "AUTH LOGIN", "334 ")
        child.expect("not shown")
        say(child, "Y2hyaXM=", "334 ")
        assert "Y2hyaXM=" not in str(child.before)
        child.expect("not shown")
        say(child, "c2VjcmV0", "235 ")
        assert "c2VjcmV0" not in str(child.before)
        say(child, "NOOP", "NOOP\r\n250 ")


def test_a_long_paste_is_quick_enough(tmp_path: Path) -> None:
    with lab_running() as lab, terminal(tmp_path, f"127.0.0.1:{lab.port}") as child:
        child.expect("220 ")
        body = "".join(f"line {number} of a long message\n" for number in range(2000))
        text = f"EHLO a.test\nMAIL FROM:<a@b.test>\nRCPT TO:<c@d.test>\nDATA\nSubject: x\n\n{body}.\n"
        child.send(f"\x1b[200~{text}\x1b[201~")
        child.expect("Queued mail")
        (mail,) = lab.messages
    assert mail.content.count(b"\r\n") == 2002


def test_octets_that_are_no_utf_8_go_out_as_they_are(tmp_path: Path) -> None:
    heard: list[bytes] = []
    with option_server(heard) as port, terminal(tmp_path, f"127.0.0.1:{port}") as child:
        child.expect_exact("220 device")
        os.write(child.child_fd, b"NOOP \xff\xfe\r")
        child.expect_exact("NOOP \\xff\\xfe")
        child.send(f"{ESCAPE}close\rquit\r")
        leave(child)
    assert b"".join(heard) == b"NOOP \xff\xfe\r\n"


def test_a_narrow_terminal(tmp_path: Path) -> None:
    with lab_running() as lab, terminal(tmp_path, f"127.0.0.1:{lab.port}") as child:
        child.setwinsize(8, 24)
        child.expect("220 ")
        say(child, "EHLO a.test", "250 CHUNKING")
        say(child, "MAIL FROM:<a@b.test>", "250 2.1.0")


@pytest.mark.parametrize("blocked", [False, True], ids=["prompt", "plain"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, Exit.TERMINATED), (signal.SIGHUP, Exit.HANGUP)])
@pytest.mark.parametrize("connected", [False, True])
def test_a_signal_ends_it_and_the_terminal_is_as_before(
    connected: bool, number: int, code: Exit, blocked: bool, tmp_path: Path
) -> None:
    with lab_running() as lab, terminal(tmp_path, blocked=blocked) as child:
        before = termios.tcgetattr(child.child_fd)
        child.expect("smtpscope> ")
        say(child, "set logfile test.log", "logfile: ")
        if connected:
            say(child, f"open 127.0.0.1 {lab.port}", "220 mail1")
        child.kill(number)
        child.expect("Interrupted")
        child.expect(pexpect.EOF)
        child.wait()
        assert (child.exitstatus, child.signalstatus) == (code, None)
        assert "Traceback" not in child.before
        assert termios.tcgetattr(child.child_fd) == before
    assert "interrupted" in (tmp_path / "test.log").read_text("utf-8")


@pytest.mark.parametrize("blocked", [False, True], ids=["prompt", "plain"])
def test_a_signal_ends_it_while_it_waits_for_a_handshake(blocked: bool, tmp_path: Path) -> None:
    """Ctrl-C gives up the handshake and leads back to the prompt; SIGTERM ends the console."""
    with scripted(30.0) as server, terminal(tmp_path, blocked=blocked) as child:
        child.expect("smtpscope> ")
        say(child, f"open 127.0.0.1 {server.port} tls", "Connected")
        child.kill(signal.SIGTERM)
        child.expect("Interrupted")
        child.expect(pexpect.EOF)
        child.wait()
        assert child.exitstatus == Exit.TERMINATED
        assert "Traceback" not in child.before
