"""``smtpscope console``: check the options, run the console, and turn its events into an exit code."""

from __future__ import annotations

from smtpscope.cli.conflicts import check_console
from smtpscope.cli.exit import Exit, exit_code, stopped_code
from smtpscope.cli.options.console import ConsoleOptions
from smtpscope.cli.options.parse import parse
from smtpscope.diagnosis.outcome import judge
from smtpscope.render.palette import AUTO, NEVER
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smtpscope.model.event import Event


def run(argv: Sequence[str]) -> int:
    """Run the console. Returns 0 for an interactive user; for a pipe, the exit code that ``test`` would return."""
    options = parse(ConsoleOptions, argv)
    check_console(options)
    host = options.server.host if options.server else ""
    port = (options.server.port if options.server else None) or options.port or 25
    # The front ends must not import one another (pyproject.toml, import-linter), so this one is loaded by name.
    front_end = __import__("smtpscope.console.main", fromlist=["run"])
    color = NEVER if options.plain and options.color == AUTO else options.color
    outcome = front_end.run(host, port, color, options.timeout, options.plain)
    return int(_code(outcome.events, outcome.typed, outcome.failed))


def _code(events: Sequence[Event], typed: bool, failed: bool) -> Exit:
    """OK for an interactive user, unless a signal other than Ctrl-C ended the console. Else the code of the session.

    ``failed``: a client command failed, which is a usage error if the session itself is OK.
    """
    stopped = stopped_code(reversed(events))
    if stopped and not (typed and stopped is Exit.INTERRUPTED):
        return stopped
    if typed:
        return Exit.OK
    code = exit_code(judge(events).outcome) if events else Exit.OK
    return Exit.USAGE if code is Exit.OK and failed else code
