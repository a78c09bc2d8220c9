"""The options of ``smtpscope console``."""

from __future__ import annotations

from smtpscope.cli.options.spec import CommandSpec, Group, Option
from smtpscope.language import N_

SPEC = CommandSpec(
    "console",
    N_("speak SMTP by hand, with a memory and a teacher: telnet's place taken"),
    N_("Ctrl-] leads to the client's prompt, where ? lists the commands. From a pipe: smtpscope console < lines.txt"),
    (
        Group(
            N_("where to"),
            (
                Option(("server",), N_("HOST, HOST:PORT or [IPv6]:PORT to connect to at once"), "argument"),
                Option(("port",), N_("its port (25)"), "argument"),
                Option(
                    ("--timeout",),
                    N_("from a pipe: one limit for every wait, instead of those of RFC 5321"),
                    "seconds",
                    "SECONDS",
                ),
            ),
        ),
        Group(
            N_("how"),
            (
                Option(("--plain",), N_("no line editing, no colours: the console of a dumb terminal"), "flag"),
                Option(("--color",), N_("colours"), choices=("auto", "always", "never"), default="auto"),
            ),
        ),
    ),
)
