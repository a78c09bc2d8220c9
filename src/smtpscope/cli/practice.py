"""``smtpscope test --lab SCENARIO``: start the lab, test it, explain what came of it, in one command."""

from __future__ import annotations

import sys

from smtpscope.dialogue.plan import NEVER
from smtpscope.language import _, current
from smtpscope.protocol.endpoint import Endpoint
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from smtpscope.cli.options.test import TestOptions
    from smtpscope.lab.lab import Lab
    from smtpscope.lab.scenario import Scenario


def practise(options: TestOptions, name: str, hold: Callable[[TestOptions, Lab], int]) -> int:
    """Call ``hold`` with options that name a lab with the scenario ``name`` as the server. Returns its exit code.

    Raises UsageError.
    """
    from smtpscope.lab.library import choose_scenario
    from smtpscope.lab.output import Service
    from smtpscope.lab.server import lab_running

    scenario = choose_scenario(name, "--lab")
    if not (options.json or options.quiet):
        sys.stdout.write(_headline(scenario))
    service = Service(options.protocol, bool(options.xclient), bool(options.proxy))
    with lab_running(scenario, maildir=options.lab_maildir or "", service=service) as lab:
        return hold(_filled(options, lab), lab)


def _headline(scenario: Scenario) -> str:
    teaches = scenario.teaches_zh if current() == "zh" else scenario.teaches
    return _("lab scenario {name}: {teaches}").format(name=scenario.name, teaches=teaches) + "\n"


def _filled(options: TestOptions, lab: Lab) -> TestOptions:
    """The options with the lab as the server, and the values of the procedure's own example where none is given.

    The lab's authority is trusted, so that what is wrong with a certificate is what the scenario made wrong.
    """
    trusted = lab.ca_file if lab.encrypts and options.tls != NEVER else None
    filled = options.replace(server=Endpoint("127.0.0.1", lab.port), tls_ca=options.tls_ca or trusted)
    if options.script:
        return filled
    sender = "chris@contoso.com" if options.sender is None else options.sender
    return filled.replace(sender=sender, helo=options.helo or "contoso.com", to=options.to or ("kate@fabrikam.com",))
