"""The options of ``smtpscope lab mails``, ``show`` and ``export``."""

from __future__ import annotations

from smtpscope.cli.options.spec import CommandSpec, Group, Option
from smtpscope.language import N_

_FOLDER = Option(("folder",), N_("the folder that the lab was given with --maildir"), "argument")
_ID = Option(("id",), N_("the message or session, by the beginning of its id"), "argument")

MAILS = CommandSpec(
    "lab mails",
    N_("list what a lab has taken, and what it has refused"),
    N_("smtpscope lab show FOLDER ID shows one of them with its conversation"),
    (Group(N_("what"), (_FOLDER, Option(("--json",), N_("JSON Lines, one a message or attempt"), "flag"))),),
)

SHOW = CommandSpec(
    "lab show",
    N_("show a message or a refused attempt, with the whole conversation"),
    N_("smtpscope lab show FOLDER ID --raw > message.eml keeps the message, octet for octet"),
    (
        Group(
            N_("what"),
            (
                _FOLDER,
                _ID,
                Option(("--raw",), N_("the octets of the message and nothing else"), "flag"),
                Option(("--json",), N_("the transcript as JSON Lines"), "flag"),
            ),
        ),
    ),
)

EXPORT = CommandSpec(
    "lab export",
    N_("copy messages and conversations out of a lab's folder"),
    N_("smtpscope lab export FOLDER out/ writes ID.eml for each message and ID.jsonl for each conversation"),
    (
        Group(
            N_("what"),
            (
                _FOLDER,
                Option(("target",), N_("the folder to write to, or the file of --format mbox"), "argument"),
                Option(("--format",), N_("one file each, or one mbox"), choices=("eml", "mbox"), default="eml"),
            ),
        ),
    ),
)

SPECS = {"mails": MAILS, "show": SHOW, "export": EXPORT}
