"""``smtpscope test --lab SCENARIO``: start the lab, test it, explain what came of it, in one command."""

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
    from smtpscope.lab.scenario.model import Scenario
    from smtpscope.services.run import Run


def with_lab_defaults(options: TestOptions) -> TestOptions:
    """The options with the values of the procedure's own example where none is given."""
    there = options.replace(server=Endpoint(LOOPBACK))
    if options.script:
        return there
    sender = "chris@contoso.com" if options.sender is None else options.sender
    return there.replace(sender=sender, helo=options.helo or "contoso.com", to=options.to or ("kate@fabrikam.com",))


def run_lab_test(options: TestOptions, session: Session) -> Run:
    """The run of ``session`` with a lab that plays the scenario of --lab, whose name is told. Raises UsageError."""
    scenario = choose_scenario(options.lab or "", "--lab")
    if not (options.json or options.quiet):
        sys.stdout.write(_headline(scenario))
    return run_in_lab(scenario, session.plan, session.hold, options.lab_maildir or "", options.entries)


def _headline(scenario: Scenario) -> str:
    teaches = scenario.teaches_zh if current() == "zh" else scenario.teaches
    return _("lab scenario {name}: {teaches}").format(name=scenario.name, teaches=teaches) + "\n"
