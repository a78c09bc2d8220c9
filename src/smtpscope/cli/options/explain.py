"""The options of ``smtpscope explain``."""

from __future__ import annotations

from smtpscope.cli.options.spec import CommandSpec, Group, Option
from smtpscope.language import N_

STAGES = ("connect", "banner", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "end-of-data", "quit")

SPEC = CommandSpec(
    "explain",
    N_("say what a reply, a log, a bounce or a recorded conversation means"),
    N_("smtpscope explain '550 5.1.1 User unknown'; smtpscope explain session.log; swaks ... | smtpscope explain -"),
    (
        Group(
            N_("what to explain"),
            (
                Option(
                    ("text",),
                    N_("a reply, or a file (Telnet capture, swaks, curl -v, mail log, bounce, ...); - is stdin"),
                    "words",
                ),
                Option(("--batch",), N_("one JSON object with code, enhanced, text, stage a line"), metavar="FILE"),
                Option(("--stage",), N_("the step that was answered, where it cannot be seen"), choices=STAGES),
                Option(("--server",), N_("the server that answered: it tells whose words these are"), metavar="HOST"),
                Option(("--entries",), N_("a folder of own entries, looked at first"), "list", "FOLDER"),
            ),
        ),
        Group(
            N_("what is shown"),
            (
                Option(("--json",), N_("one JSON record for each reply, a line each"), "flag"),
                Option(("--coverage",), N_("count which rule explained how many replies instead"), "flag"),
                Option(("--color",), N_("colours"), choices=("auto", "always", "never"), default="auto"),
            ),
        ),
    ),
)
