"""The options of ``smtpscope console``."""

from __future__ import annotations

from smtpscope.cli.options.spec import Command, Heading, Options, argument, choice, flag, number
from smtpscope.cli.values import endpoint, port_number, seconds
from smtpscope.language import N_
from smtpscope.protocol.endpoint import Endpoint
from smtpscope.render.palette import AUTO, COLOURS


class ConsoleOptions(Options):
    """How ``smtpscope console`` was called."""

    command = Command(
        "console",
        N_("speak SMTP by hand, with a memory and a teacher: telnet's place taken"),
        N_(
            "Ctrl-] leads to the client's prompt, where ? lists the commands. "
            "From a pipe: smtpscope console < lines.txt"
        ),
    )

    _where = Heading(N_("where to"))
    server: Endpoint | None = argument("server", N_("HOST, HOST:PORT or [IPv6]:PORT to connect to at once"), endpoint)
    port: int | None = argument("port", N_("its port (25)"), port_number)
    timeout: float | None = number(
        "--timeout", N_("from a pipe: one limit for every wait, instead of those of RFC 5321"), "SECONDS", seconds, None
    )

    _how = Heading(N_("how"))
    plain: bool = flag("--plain", N_("no line editing, no colours: the console of a dumb terminal"))
    color: str = choice("--color", N_("colours"), COLOURS, AUTO)
