"""``smtpscope lab mails``, ``show``, ``export``: what a lab has kept, for people and for programs."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from smtpscope.cli.options.lab_mails import SPECS
from smtpscope.cli.options.spec import parse
from smtpscope.errors import LocalError, UsageError
from smtpscope.lab.archive import Archive, Entry
from smtpscope.lab.mailbox import envelope
from smtpscope.language import _
from smtpscope.render.jsonl import record_line
from smtpscope.render.visible import visible
from smtpscope.safetext import fitting
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from smtpscope.lab.transaction import Mail
    from smtpscope.model.event import Event


def run(name: str, argv: Sequence[str]) -> int:
    """Carry out ``lab NAME``. Returns the exit code."""
    given = parse(SPECS[name], argv, UsageError)
    if not given["folder"]:
        raise UsageError("folder", _("name the folder that the lab was given with --maildir"))
    archive = Archive(str(given["folder"]))
    {"mails": _list, "show": _show, "export": _export}[name](archive, given)
    return 0


def _list(archive: Archive, given: Mapping[str, object]) -> None:
    entries = archive.entries()
    if given["json"]:
        sys.stdout.writelines(fitting(record_line(_record(entry)), sys.stdout.encoding) + "\n" for entry in entries)
        return
    sys.stdout.writelines(_line(archive, entry) + "\n" for entry in entries)
    if not entries:
        sys.stdout.write(_("nothing was taken and nothing refused") + "\n")


def _record(entry: Entry) -> dict[str, object]:
    attempt = {field: getattr(entry.attempt, field) for field in type(entry.attempt).fields()}
    return {"id": entry.id, **attempt, **({"mail": envelope(entry.mail)} if entry.mail else {})}


def _line(archive: Archive, entry: Entry) -> str:
    """``ID  time  taken  sender -> recipients: subject or reply``."""
    attempt = entry.attempt
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(attempt.at))
    whom = f"<{attempt.sender}> -> {', '.join(attempt.recipients) or '-'}"
    more = _subject(archive, entry.mail) if entry.mail else attempt.reply or attempt.peer
    outcome = {"taken": _("taken"), "refused": _("refused"), "broken": _("broken off")}[attempt.outcome]
    return visible(f"{entry.id}  {when}  {outcome:10}  {whom}: {more}".replace("\n", " | "))


def _subject(archive: Archive, mail: Mail) -> str:
    from email import message_from_bytes
    from email.policy import default

    try:
        message = message_from_bytes(archive.content(mail)[:65536], policy=default)
        return f"{message['Subject'] or ''} ({mail.octets})"
    except (LocalError, ValueError, LookupError, IndexError):
        return f"({mail.octets})"


def _show(archive: Archive, given: Mapping[str, object]) -> None:
    if not given["id"]:
        raise UsageError("id", _("name a message or session; smtpscope lab mails lists all"))
    found = archive.find(str(given["id"]))
    events = archive.events(found if isinstance(found, str) else found.session)
    if given["raw"]:
        if isinstance(found, str):
            raise UsageError("id", _("{id} is an attempt that left no message").format(id=found))
        sys.stdout.buffer.write(archive.content(found))
    elif given["json"]:
        from smtpscope.model.transcript import header_line, write_line

        lines = (header_line(), *map(write_line, events))
        sys.stdout.writelines(fitting(line, sys.stdout.encoding) + "\n" for line in lines)
    else:
        _show_for_people(archive, found, events)


def _show_for_people(archive: Archive, found: Mail | str, events: Sequence[Event]) -> None:
    from smtpscope.render.palette import choose
    from smtpscope.render.text import TextView

    text = TextView(palette=choose(sys.stdout.isatty(), os.environ, "auto"), verbosity="verbose")
    for event in events:
        sys.stdout.writelines(line + "\n" for line in text.lines(event))
    if not isinstance(found, str):
        sys.stdout.write("\n" + _("the message, {octets} octets, as it was taken:").format(octets=found.octets) + "\n")
        for line in archive.content(found).decode("utf-8", "surrogateescape").splitlines():
            sys.stdout.write("  " + visible(line) + "\n")


def _export(archive: Archive, given: Mapping[str, object]) -> None:
    if not given["target"]:
        raise UsageError("target", _("name the folder to write to (or the file, with --format mbox)"))
    target = Path(str(given["target"]))
    try:
        count = _export_mbox(archive, target) if given["format"] == "mbox" else _export_files(archive, target)
    except OSError as error:
        text = _("cannot write {path!r}: {reason}").format(path=str(target), reason=error.strerror)
        raise LocalError(text) from error
    sys.stdout.write(_("messages written: {count}").format(count=count) + "\n")


def _export_files(archive: Archive, target: Path) -> int:
    from shutil import copyfile

    target.mkdir(parents=True, exist_ok=True)
    mails = list(archive.mails())
    for mail in mails:
        (target / f"{mail.id}.eml").write_bytes(archive.content(mail))
    for path in (archive.folder / "sessions").glob("*.jsonl"):
        copyfile(path, target / path.name)
    return len(mails)


def _export_mbox(archive: Archive, target: Path) -> int:
    from mailbox import mbox

    box = mbox(target)
    mails = list(archive.mails())
    for mail in mails:
        box.add(archive.content(mail))
    box.close()
    return len(mails)
