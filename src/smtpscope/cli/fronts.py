"""How the command line names a setting and takes a next step, for the texts that speak of them."""

from __future__ import annotations

from smtpscope.render.front import Front
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.cli.options.test import TestOptions
    from smtpscope.model.finding import NextStep


class CommandLine(Front):
    """Names a setting by its option: ``--chunking force``, ``--auth-in-clear``."""

    def setting(self, field: str, value: str = "") -> str:
        from smtpscope.cli.fields import FLAGS, OPTIONS

        name = OPTIONS.get(field, "")
        return name if name in FLAGS or not (name and value) else f"{name} {value}"


class TestLine(CommandLine):
    """The front of ``smtpscope test``: a step is taken by the command that was typed, with what the step changes."""

    __test__ = False  # for pytest: no test of its own

    def __init__(self, options: TestOptions, language: str = "") -> None:
        super().__init__(language)
        self._options = options

    def command(self, step: NextStep) -> str:
        """The command; that of the system where the step has one."""
        from smtpscope.cli.commands import command_line

        return (command_line(self._options, step) or super().command(step)) if self.applies(step) else ""

    def applies(self, step: NextStep) -> bool:
        """Whether there is anything to look at: a lab is gone when somebody reads what is advised."""
        return not (self._options.lab and step.target)


class ExplainLine(CommandLine):
    """The front of ``smtpscope explain``: nobody typed a test, so one is made of what is known of the session."""

    def about(self, server: str, port: int, recipient: str, stage: str) -> Front:
        """The front for a reply at ``stage`` of a session with ``server``."""
        from smtpscope.cli.commands import supposed

        return TestLine(supposed(server, port, recipient, stage), self.language)
