"""The mailbox: what is on the disk, and when it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from smtpscope.errors import LocalError
from smtpscope.lab.mail import Mail, Recipient
from smtpscope.lab.store.archive import mail_from_json
from smtpscope.lab.store.maildir import IN_MEMORY, FileSpool, Mailbox, MailboxFullError, NoMailbox, envelope_json
from smtpscope.model.event import Done
from smtpscope.model.transcript import read_lines


def mail(name: str = "m1") -> Mail:
    whom = Recipient("凯特@fabrikam.com", (("NOTIFY", "NEVER"),))
    return Mail(name, "contoso.com", "192.0.2.1", "chris@contoso.com", (("RET", "HDRS"),), (whom,), 3, 60.0, "s1")


@pytest.mark.parametrize("durable", [False, True])
@pytest.mark.parametrize("size", [0, 3, IN_MEMORY + 1])
def test_a_message_is_kept(tmp_path: Path, durable: bool, size: int) -> None:
    box = Mailbox(str(tmp_path), durable=durable)
    spool = box.spool("t1")
    for place in range(0, size, 50000):
        spool.write(b"x" * min(50000, size - place))
    kept = box.store(mail(), spool)
    assert kept.content == b"x" * size
    assert not list((tmp_path / "tmp").iterdir())


def test_the_envelope_is_read_back(tmp_path: Path) -> None:
    assert mail_from_json(json.loads(envelope_json(mail()))) == mail()


def test_a_spool_tells_of_a_full_disk_at_its_end_and_leaves_nothing(tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    spool = FileSpool(full)
    for _ in range(5):
        spool.write(b"x" * IN_MEMORY)
    with pytest.raises(OSError, match="No space left"):
        spool.finish(durable=False)
    spool.discard()
    assert not full.is_symlink()


def test_messages_of_before_count(tmp_path: Path) -> None:
    box = Mailbox(str(tmp_path), limit=1)
    box.store(mail(), box.spool("t1"))
    again = Mailbox(str(tmp_path), limit=1)
    with pytest.raises(MailboxFullError, match="quota"):
        again.store(mail("m2"), again.spool("t2"))


def test_a_transcript_grows(tmp_path: Path) -> None:
    box = Mailbox(str(tmp_path))
    for number in range(3):
        box.append_session("s1", [Done(float(number), "x")])
    lines = (tmp_path / "sessions" / "s1.jsonl").read_text().splitlines()
    assert len(lines) == 4
    assert [event.at for event in read_lines(lines)] == [0.0, 1.0, 2.0]


def test_a_folder_that_cannot_be_made() -> None:
    with pytest.raises(LocalError, match="maildir: cannot create"):
        Mailbox("/proc/none")


def test_what_is_thrown_away_is_only_counted() -> None:
    box = NoMailbox()
    spool = box.spool("t1")
    spool.write(b"x")
    spool.discard()
    assert box.store(mail(), spool) == mail()
    box.append_session("s1", [])
