"""A Maildir as the place where notifications arrive. An IMAP mailbox too; a real one is in tests/interop."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smtpscope.errors import LocalError
from smtpscope.net.inbox import ImapAccount, ImapInbox, MaildirInbox


def test_what_lies_there_is_not_new(tmp_path: Path) -> None:
    for name in ("new", "cur"):
        (tmp_path / name).mkdir()
    (tmp_path / "new" / "1").write_bytes(b"old")
    inbox = MaildirInbox(str(tmp_path))
    inbox.begin()
    assert list(inbox.fetch()) == []
    (tmp_path / "new" / "2").write_bytes(b"two")
    (tmp_path / "cur" / "3:2,S").write_bytes(b"three")
    assert list(inbox.fetch()) == [b"two", b"three"]
    # A mail reader opens them: the same messages.
    (tmp_path / "new" / "2").rename(tmp_path / "cur" / "2:2,S")
    (tmp_path / "new" / "1").rename(tmp_path / "cur" / "1:2,")
    assert list(inbox.fetch()) == []
    inbox.close()


def test_a_folder_that_is_no_maildir(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="is not a Maildir"):
        MaildirInbox(str(tmp_path)).begin()


def test_nobody_at_the_imap_port() -> None:
    inbox = ImapInbox(ImapAccount("127.0.0.1", 1, "kate", "secret", in_clear=True), limit=5)
    with pytest.raises(LocalError, match=r"port 1: .*refused"):
        inbox.begin()
    inbox.close()


def test_the_password_is_not_shown() -> None:
    assert "secret" not in repr(ImapAccount("127.0.0.1", 1, "kate", "secret"))


class Imap(socketserver.StreamRequestHandler):
    """As much of IMAP4rev1 (RFC 3501) as the inbox asks for; the messages are the server's ``mails``."""

    server: ImapServer

    def handle(self) -> None:
        self.wfile.write(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
        for line in self.rfile:
            tag, _, rest = line.strip().partition(b" ")
            words = rest.upper().removeprefix(b"UID ").split()
            if not words or not words[0].isalpha():
                return  # TLS, for one
            self.server.asked.append(rest.decode())
            answer = getattr(self, words[0].decode().lower(), lambda _: b"")(words)
            verdict = b"NO [AUTHENTICATIONFAILED] no" if answer is None else b"OK done"
            self.wfile.write((answer or b"") + tag + b" " + verdict + b"\r\n")
            if words[0] == b"LOGOUT":
                return

    def capability(self, words: list[bytes]) -> bytes:
        return b"* CAPABILITY IMAP4rev1\r\n"

    def login(self, words: list[bytes]) -> bytes | None:
        return b"" if words[2] == b'"SECRET"' else None

    def examine(self, words: list[bytes]) -> bytes:
        return b"* %d EXISTS\r\n" % len(self.server.mails)

    def status(self, words: list[bytes]) -> bytes:
        return b'* STATUS "INBOX" (UIDNEXT %d)\r\n' % (len(self.server.mails) + 1)

    def search(self, words: list[bytes]) -> bytes:
        first = int(words[2].partition(b":")[0])
        last = len(self.server.mails)  # n:* names the last message even where it is older
        return b"* SEARCH " + b" ".join(b"%d" % number for number in range(min(first, last), last + 1)) + b"\r\n"

    def fetch(self, words: list[bytes]) -> bytes:
        number = int(words[1])
        mail = self.server.mails[number - 1]
        return b"* %d FETCH (UID %d BODY[]<0> {%d}\r\n%s)\r\n" % (number, number, len(mail), mail)

    def logout(self, words: list[bytes]) -> bytes:
        return b"* BYE\r\n"


class ImapServer(socketserver.ThreadingTCPServer):
    """An IMAP server on loopback, with one message."""

    daemon_threads = True

    def __init__(self) -> None:
        self.mails = [b"old"]
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), Imap)


@pytest.fixture(name="imap")
def imap_server() -> Iterator[ImapServer]:
    with ImapServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def account(server: ImapServer, **more: Any) -> ImapAccount:
    fields = {
        "host": "127.0.0.1",
        "port": server.server_address[1],
        "user": "kate",
        "password": "secret",
        "in_clear": True,
    }
    return ImapAccount(**{**fields, **more})


def test_new_messages_of_an_imap_mailbox(imap: ImapServer) -> None:
    inbox = ImapInbox(account(imap), limit=20)
    inbox.begin()
    assert list(inbox.fetch()) == []
    imap.mails += [b"two\r\n", b"three\r\n"]
    assert list(inbox.fetch()) == [b"two\r\n", b"three\r\n"]
    assert list(inbox.fetch()) == []
    inbox.close()
    assert any(line.startswith("EXAMINE") for line in imap.asked)  # read only
    assert not any("BODY[" in line for line in imap.asked)  # PEEK: nothing is marked as seen


def test_numbers_that_are_none(imap: ImapServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """UIDs have 32 bits (RFC 9051 section 2.3.1.1); what a server says instead is left out."""
    monkeypatch.setattr(Imap, "search", lambda *_: b"* SEARCH x -1 " + b"9" * 5000 + b" 2\r\n")
    inbox = ImapInbox(account(imap), limit=20)
    inbox.begin()
    imap.mails += [b"two\r\n"]
    assert list(inbox.fetch()) == [b"two\r\n"]
    inbox.close()


def test_a_wrong_password_is_told(imap: ImapServer) -> None:
    inbox = ImapInbox(account(imap, password="wrong"), limit=20)
    with pytest.raises(LocalError, match=r"port \d+: \[AUTHENTICATIONFAILED\] no"):
        inbox.begin()
    inbox.close()


def test_the_password_does_not_go_in_clear(imap: ImapServer) -> None:
    with pytest.raises(LocalError, match="does not advertise STARTTLS"):
        ImapInbox(account(imap, in_clear=False), limit=20).begin()
    assert not any(line.startswith("LOGIN") for line in imap.asked)


def test_a_server_that_is_no_imap_with_tls(imap: ImapServer) -> None:
    with pytest.raises(LocalError, match=r"ImapAccount\.host"):
        ImapInbox(account(imap, implicit=True), limit=5).begin()
