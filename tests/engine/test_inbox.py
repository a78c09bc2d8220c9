"""A Maildir as the place where notifications arrive. IMAP is held against a real Dovecot (tests/interop)."""

from __future__ import annotations

from pathlib import Path

import pytest

from smtpscope.engine.inbox import ImapAccount, ImapInbox, MaildirInbox
from smtpscope.errors import LocalError


def test_what_lies_there_is_not_new(tmp_path: Path) -> None:
    for name in ("new", "cur"):
        (tmp_path / name).mkdir()
    (tmp_path / "new" / "1").write_bytes(b"old")
    inbox = MaildirInbox(str(tmp_path))
    inbox.begin()
    assert inbox.fetch() == []
    (tmp_path / "new" / "2").write_bytes(b"two")
    (tmp_path / "cur" / "3:2,S").write_bytes(b"three")
    assert inbox.fetch() == [b"two", b"three"]
    # A mail reader opens them: the same messages.
    (tmp_path / "new" / "2").rename(tmp_path / "cur" / "2:2,S")
    (tmp_path / "new" / "1").rename(tmp_path / "cur" / "1:2,")
    assert inbox.fetch() == []
    inbox.close()


def test_a_folder_that_is_no_maildir(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="is no Maildir"):
        MaildirInbox(str(tmp_path)).begin()


def test_nobody_at_the_imap_port() -> None:
    inbox = ImapInbox(ImapAccount("127.0.0.1", 1, "kate", "secret", in_clear=True), limit=5)
    with pytest.raises(LocalError, match=r"port 1: .*refused"):
        inbox.begin()
    inbox.close()


def test_the_password_is_not_shown() -> None:
    assert "secret" not in repr(ImapAccount("127.0.0.1", 1, "kate", "secret"))
