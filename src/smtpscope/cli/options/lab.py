"""The options of ``smtpscope lab``."""

from __future__ import annotations

from smtpscope.cli.options.spec import CommandSpec, Group, Option
from smtpscope.language import N_

SPEC = CommandSpec(
    "lab",
    N_("run a mail server to practise on, on loopback"),
    N_("Then, in another terminal: telnet 127.0.0.1 2525, or smtpscope test 127.0.0.1:2525 --to kate@fabrikam.com"),
    (
        Group(
            N_("the server"),
            (
                Option(("--host",), N_("address to listen on"), metavar="ADDRESS", default="127.0.0.1"),
                Option(("-p", "--port"), N_("port to listen on (2525)"), "number", "PORT", 2525),
                Option(
                    ("--scenario",), N_("what the server shall play; --list shows them"), metavar="NAME", default="ok"
                ),
                Option(
                    ("--personality",), N_("whose words it uses"), choices=("exchange", "postfix"), default="exchange"
                ),
                Option(("--maildir",), N_("keep what is received here (a new temporary folder)"), metavar="FOLDER"),
                Option(("--list",), N_("list the scenarios and what each teaches"), "flag"),
            ),
        ),
    ),
)
