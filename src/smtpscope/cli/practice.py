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
    from smtpscope.diagnosis.cause import Diagnosis
    from smtpscope.diagnosis.interpret import Explained
    from smtpscope.knowledge.entry import Explanation
    from smtpscope.lab.lab import Lab
    from smtpscope.lab.scenario import Scenario
    from smtpscope.model.report import Report


def practise(options: TestOptions, name: str, hold: Callable[[TestOptions, Place], int]) -> int:
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
        return hold(_filled(options, lab), Place(lab.port, name, lab))


class Place:
    """Where the lab listened, which nothing does any more when its user types what the test advises.

    Commands name the scenario instead; what can only be done while the lab runs is left out.
    """

    def __init__(self, port: int, scenario: str, lab: Lab | None = None) -> None:
        from shlex import quote

        self.lab = lab
        self._port, self._address, self._name = f":{port}", f"127.0.0.1:{port}", f"--lab {quote(scenario)}"

    def command(self, text: str) -> str:
        """``text`` for later; empty where it makes no sense without the lab."""
        named = text.replace(f"smtpscope test {self._address}", f"smtpscope test {self._name}")
        elsewhere = "smtpscope test 127.0.0.1" in named  # another port of this machine, which has no such server
        return "" if elsewhere or self._port in named or (named != text and "--source" in named) else named

    def explained(self, said: Explained) -> Explained:
        """``said``, with such commands in its steps."""
        return said.replace(explanation=self._explanation(said.explanation))

    def report(self, report: Report) -> Report:
        """``report``, with such commands in what it advises."""
        servers = tuple(
            server.replace(
                explanation=self._explanation(server.explanation) if server.explanation else None,
                diagnosis=self._diagnosis(server.diagnosis) if server.diagnosis else None,
            )
            for server in report.servers
        )
        return report.replace(servers=servers)

    def _explanation(self, explanation: Explanation) -> Explanation:
        steps = tuple((actor, said) for actor, step in explanation.steps if (said := self.command(step)))
        return explanation.replace(steps=steps)

    def _diagnosis(self, diagnosis: Diagnosis) -> Diagnosis:
        causes = tuple(cause.replace(next=self.command(cause.next)) for cause in diagnosis.causes)
        return diagnosis.replace(causes=causes, decides=self.command(diagnosis.decides))


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
