"""The options of ``smtpscope lab``."""

from __future__ import annotations

from smtpscope.cli.options.spec import CommandSpec, Group, Option

SPEC = CommandSpec(
    "lab",
    "run a mail server to practise on, on loopback",
    "Then, in another terminal: telnet 127.0.0.1 2525, or smtpscope test 127.0.0.1:2525 --to kate@fabrikam.com",
    (
        Group(
            "the server",
            (
                Option(("--host",), "address to listen on", metavar="ADDRESS", default="127.0.0.1"),
                Option(("-p", "--port"), "port to listen on (2525)", "number", "PORT", 2525),
                Option(("--scenario",), "what the server shall play; --list shows them", metavar="NAME", default="ok"),
                Option(("--personality",), "whose words it uses", choices=("exchange", "postfix"), default="exchange"),
                Option(("--maildir",), "keep what is received here (a new temporary folder)", metavar="FOLDER"),
                Option(("--list",), "list the scenarios and what each teaches", "flag"),
            ),
        ),
    ),
)
