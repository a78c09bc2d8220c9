"""``smtpscope lab``: a server to practise on."""

from __future__ import annotations

import sys

from smtpscope.cli.options.lab import SPEC
from smtpscope.cli.options.spec import parse
from smtpscope.cli.values import port_number
from smtpscope.errors import UsageError
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def run(argv: Sequence[str]) -> int:
    """Run the lab until it is ended. Returns the exit code."""
    given = parse(SPEC, argv, UsageError)
    from smtpscope.lab import server
    from smtpscope.lab.scenario import BUILTIN

    if given["list"]:
        for scenario in BUILTIN:
            sys.stdout.write(f"{scenario.name:24} {scenario.teaches}\n")
        return 0
    server.serve(
        host=str(given["host"]),
        port=port_number("--port", given["port"], lowest=0),
        scenario=str(given["scenario"]),
        personality=str(given["personality"]),
        maildir=str(given["maildir"] or ""),
        say=_say,
    )
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
