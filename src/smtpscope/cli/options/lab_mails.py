"""The options of ``smtpscope lab mails``, ``show`` and ``export``."""

from __future__ import annotations

from smtpscope.cli.options.spec import Command, Heading, Options, argument, choice, flag, text
from smtpscope.language import N_

_FOLDER = N_("the folder that the lab was given with --maildir")


class MailsOptions(Options):
    """What ``smtpscope lab mails`` is to list."""

    command = Command(
        "lab mails",
        N_("list what a lab has taken, and what it has refused"),
        N_("smtpscope lab show FOLDER ID shows one of them with its conversation"),
    )

    _what = Heading(N_("what"))
    folder: str | None = argument("folder", _FOLDER, text)
    json: bool = flag("--json", N_("JSON Lines, one a message or attempt"))


class ShowOptions(Options):
    """What ``smtpscope lab show`` is to show."""

    command = Command(
        "lab show",
        N_("show a message or a refused attempt, with the whole conversation"),
        N_("smtpscope lab show FOLDER ID --raw > message.eml keeps the message, octet for octet"),
    )

    _what = Heading(N_("what"))
    folder: str | None = argument("folder", _FOLDER, text)
    entry: str | None = argument("id", N_("the message or session, by the beginning of its id"), text)
    raw: bool = flag("--raw", N_("the octets of the message and nothing else"))
    json: bool = flag("--json", N_("the transcript as JSON Lines"))


class ExportOptions(Options):
    """What ``smtpscope lab export`` is to copy."""

    command = Command(
        "lab export",
        N_("copy messages and conversations out of a lab's folder"),
        N_("smtpscope lab export FOLDER out/ writes ID.eml for each message and ID.jsonl for each conversation"),
    )

    _what = Heading(N_("what"))
    folder: str | None = argument("folder", _FOLDER, text)
    target: str | None = argument("target", N_("the folder to write to, or the file of --format mbox"), text)
    form: str = choice("--format", N_("one file each, or one mbox"), ("eml", "mbox"), "eml")
