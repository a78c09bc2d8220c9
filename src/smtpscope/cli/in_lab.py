"""``smtpscope test --lab SCENARIO``: start the lab and test it, in one command."""

from __future__ import annotations

import sys

from smtpscope.lab.scenario.builtin import choose_scenario
from smtpscope.language import _, current
from smtpscope.protocol.endpoint import Endpoint
from smtpscope.services.lab import LOOPBACK, run_in_lab
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.cli.options.test import TestOptions
    from smtpscope.cli.session import Session
    from smtpscope.services.run import Run


def with_lab_defaults(options: TestOptions) -> TestOptions:
    """The options with the lab as the server, and with an example envelope where none is given."""
    options = options.replace(server=Endpoint(LOOPBACK))
    if options.script:
        return options
    sender = "chris@contoso.com" if options.sender is None else options.sender
    return options.replace(sender=sender, helo=options.helo or "contoso.com", to=options.to or ("kate@fabrikam.com",))


def run_lab_test(options: TestOptions, session: Session) -> Run:
    """The run of ``session`` with a lab that plays the scenario of --lab. Raises UsageError.

    Writes what the scenario is about, unless the output is JSON or quiet.
    """
    scenario = choose_scenario(options.lab or "", "--lab")
    if not (options.json or options.quiet):
        teaches = scenario.teaches_zh if current() == "zh" else scenario.teaches
        sys.stdout.write(_("lab scenario {name}: {teaches}").format(name=scenario.name, teaches=teaches) + "\n")
    return run_in_lab(scenario, session.plan, session.hold, options.lab_maildir or "", options.entries)
