"""``smtpscope lab mails``, ``show``, and ``export``: what a lab has stored, for people and for programs."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from smtpscope.cli.options.lab_mails import ExportOptions, MailsOptions, ShowOptions
from smtpscope.cli.options.parse import parse
from smtpscope.cli.output import write_lines
from smtpscope.errors import LocalError, UsageError
from smtpscope.lab.store.archive import Archive, Entry
from smtpscope.lab.store.maildir import envelope
from smtpscope.language import _
from smtpscope.render.jsonl import record_line
from smtpscope.render.visible import visible
from smtpscope.safetext import fitting
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from smtpscope.lab.mail import Mail
    from smtpscope.model.event import Event


def run(name: str, argv: Sequence[str]) -> int:
    """Run ``lab NAME``. Returns the exit code. Raises UsageError, LocalError."""
    commands: dict[str, Callable[[Sequence[str]], None]] = {"mails": _list, "show": _show, "export": _export}
    commands[name](argv)
    return 0


def _open(folder: str | None) -> Archive:
    """The archive in ``folder``. Raises UsageError, LocalError."""
    if folder is None:
        raise UsageError("folder", _("name the folder that the lab was given with --maildir"))
    return Archive(folder)


def _list(argv: Sequence[str]) -> None:
    options = parse(MailsOptions, argv)
    archive = _open(options.folder)
    entries = archive.entries()
    if options.json:
        write_lines(fitting(record_line(_record(entry)), sys.stdout.encoding) for entry in entries)
        return
    write_lines(_line(archive, entry) for entry in entries)
    if not entries:
        sys.stdout.write(_("nothing was taken and nothing refused") + "\n")


def _record(entry: Entry) -> dict[str, object]:
    """An entry for JSON."""
    attempt = {field: getattr(entry.attempt, field) for field in type(entry.attempt).fields()}
    mail = {"mail": envelope(entry.mail)} if entry.mail else {}
    return {"id": entry.id, **attempt, **mail}


def _line(archive: Archive, entry: Entry) -> str:
    """An entry for people: ``ID  time  outcome  <sender> -> recipients: subject or reply``."""
    attempt = entry.attempt
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(attempt.at))
    addresses = f"<{attempt.sender}> -> {', '.join(attempt.recipients) or '-'}"
    more = _subject(archive, entry.mail) if entry.mail else attempt.reply or attempt.peer
    outcome = {"taken": _("taken"), "refused": _("refused"), "broken": _("broken off")}[attempt.outcome]
    return visible(f"{entry.id}  {when}  {outcome:10}  {addresses}: {more}".replace("\n", " | "))


def _subject(archive: Archive, mail: Mail) -> str:
    """``Subject (size in bytes)``; only the size if the message cannot be read."""
    from email import message_from_bytes
    from email.policy import default

    try:
        message = message_from_bytes(archive.content(mail)[:65536], policy=default)
        return f"{message['Subject'] or ''} ({mail.octets})"
    except (LocalError, ValueError, LookupError, IndexError):
        return f"({mail.octets})"


def _show(argv: Sequence[str]) -> None:
    options = parse(ShowOptions, argv)
    archive = _open(options.folder)
    if options.entry is None:
        raise UsageError("id", _("name a message or session; smtpscope lab mails lists all"))
    found = archive.find(options.entry)
    events = archive.events(found if isinstance(found, str) else found.session)
    if options.raw:
        if isinstance(found, str):
            raise UsageError("id", _("{id} is an attempt that left no message").format(id=found))
        sys.stdout.buffer.write(archive.content(found))
    elif options.json:
        from smtpscope.model.transcript import header_line, write_line

        lines = (header_line(), *map(write_line, events))
        write_lines(fitting(line, sys.stdout.encoding) for line in lines)
    else:
        _show_for_people(archive, found, events)


def _show_for_people(archive: Archive, found: Mail | str, events: Sequence[Event]) -> None:
    """Write the session, then the message if there is one."""
    from smtpscope.render.palette import choose
    from smtpscope.render.text import TextView

    text = TextView(palette=choose(sys.stdout.isatty(), os.environ, "auto"), verbosity="verbose")
    write_lines(line for event in events for line in text.lines(event))
    if not isinstance(found, str):
        write_lines(["", _("the message, {octets} octets, as it was taken:").format(octets=found.octets)])
        content = archive.content(found).decode("utf-8", "surrogateescape")
        write_lines("  " + visible(line) for line in content.splitlines())


def _export(argv: Sequence[str]) -> None:
    options = parse(ExportOptions, argv)
    archive = _open(options.folder)
    if options.target is None:
        raise UsageError("target", _("name the folder to write to (or the file, with --format mbox)"))
    target = Path(options.target)
    try:
        mails = list(archive.mails())
        (_export_mbox if options.form == "mbox" else _export_files)(archive, mails, target)
    except OSError as error:
        text = _("cannot write {path!r}: {reason}").format(path=str(target), reason=error.strerror)
        raise LocalError(text) from error
    sys.stdout.write(_("messages written: {count}").format(count=len(mails)) + "\n")


def _export_files(archive: Archive, mails: Sequence[Mail], target: Path) -> None:
    """A file for each message, and the transcripts of all sessions. Raises OSError, LocalError."""
    from shutil import copyfile

    target.mkdir(parents=True, exist_ok=True)
    for mail in mails:
        (target / f"{mail.id}.eml").write_bytes(archive.content(mail))
    for path in (archive.folder / "sessions").glob("*.jsonl"):
        copyfile(path, target / path.name)


def _export_mbox(archive: Archive, mails: Sequence[Mail], target: Path) -> None:
    """All messages in one mbox file. Raises OSError, LocalError."""
    from mailbox import mbox

    box = mbox(target)
    for mail in mails:
        box.add(archive.content(mail))
    box.close()
