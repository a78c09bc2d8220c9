"""``smtpscope console``: the options checked, the front end called by its name, its events turned into an exit code."""

from __future__ import annotations

from smtpscope.cli import values
from smtpscope.cli.exit import Exit, exit_code
from smtpscope.cli.options.console import SPEC
from smtpscope.cli.options.spec import parse
from smtpscope.diagnosis.outcome import judge
from smtpscope.errors import UsageError
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def run(argv: Sequence[str]) -> int:
    """Run the console. Returns 0 for a person, for a pipe the exit code that ``test`` would give."""
    given = parse(SPEC, argv, UsageError)
    host, port = values.server(str(given["server"] or ""), given["port"] or None)
    limit = None if given["timeout"] is None else values.seconds("--timeout", given["timeout"])
    # The front ends are siblings that do not know one another, so this one is called by its name.
    front_end = __import__("smtpscope.console.main", fromlist=["run"])
    colour = "never" if given["plain"] and given["color"] == "auto" else str(given["color"])
    outcome = front_end.run(host, port, colour, limit, bool(given["plain"]))
    if outcome.typed:
        return int(Exit.OK)
    code = exit_code(judge(outcome.events).outcome) if outcome.events else Exit.OK
    return int(Exit.USAGE if code is Exit.OK and outcome.failed else code)
