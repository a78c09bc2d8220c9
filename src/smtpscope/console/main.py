"""From the options of ``smtpscope console`` to a console with the right front end for the terminal."""

from __future__ import annotations

import os
import sys

from smtpscope.console.commands import run_command
from smtpscope.console.console import Console
from smtpscope.console.plain import PlainFrontEnd
from smtpscope.console.plain import run as run_plain
from smtpscope.console.screen import Screen
from smtpscope.errors import LocalError
from smtpscope.language import _
from smtpscope.net.signals import keep_interrupts
from smtpscope.render.palette import choose
from smtpscope.render.visible import holds_unicode
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from smtpscope.model.event import Event


class Outcome(Value):
    """What happened in a console. ``typed``: a person typed the lines, so the session decides no exit code.

    ``failed``: a client command failed.
    """

    events: tuple[Event, ...]
    typed: bool
    failed: bool


def run(host: str, port: int, color: str = "auto", limit: float | None = None, plain: bool = False) -> Outcome:
    """Run a console until it ends. Connects to ``host`` first, if it is not empty. Raises LocalError.

    ``limit``: seconds to wait for each reply when standard input is a pipe; None: the timeouts of RFC 5321.
    """
    from importlib.util import find_spec

    if sys.stdin is None:
        raise LocalError(_("there is no standard input to read lines from"))
    keep_interrupts()
    typed = sys.stdin.isatty()
    screen = Screen(choose(sys.stdout.isatty(), os.environ, color), holds_unicode(sys.stdout.encoding))
    if typed and sys.stdout.isatty() and not plain and os.environ.get("TERM", "dumb") != "dumb":
        if find_spec("prompt_toolkit"):
            from smtpscope.console.prompt import run as run_prompt

            return _end(run_prompt(screen, host, port), typed)
        text = _("line editing, history and hints need prompt_toolkit: pip install 'smtpscope[console]'")
        sys.stderr.write(text + "\n")
    front_end = PlainFrontEnd(typed)
    console = Console(front_end, screen, run_command)
    if typed:
        front_end.show(screen.greeting())
    if host:
        console.open(host, port)
    run_plain(console, front_end, limit)
    return _end(console, typed)


def _end(console: Console, typed: bool) -> Outcome:
    if console.journal.log:
        console.journal.log.close()
    return Outcome(tuple(console.events), typed, console.failed)
