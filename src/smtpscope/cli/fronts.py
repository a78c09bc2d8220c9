"""How the command line writes a setting and a next step, for the texts that mention them."""

from __future__ import annotations

from smtpscope.render.front import Front
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.cli.options.test import TestOptions
    from smtpscope.model.finding import NextStep


class CommandLine(Front):
    """Writes a setting as an option: ``--chunking force``, ``--auth-in-clear``."""

    def setting(self, field: str, value: str = "") -> str:
        from smtpscope.cli.fields import FLAGS, OPTIONS

        name = OPTIONS.get(field, "")
        return name if name in FLAGS or not (name and value) else f"{name} {value}"


class TestLine(CommandLine):
    """The front of ``smtpscope test``: a step is the command that the user typed, with the changes of the step."""

    __test__ = False  # for pytest: not a class of tests

    def __init__(self, options: TestOptions, language: str = "") -> None:
        super().__init__(language)
        self._options = options

    def command(self, step: NextStep) -> str:
        """The ``smtpscope test`` command, else the command of the system; empty if the step does not apply."""
        from smtpscope.cli.commands import command_line

        return (command_line(self._options, step) or super().command(step)) if self.applies(step) else ""

    def applies(self, step: NextStep) -> bool:
        """Whether the step can be taken. Steps on the host of a lab cannot: the lab ends with the test."""
        return not (self._options.lab and step.target)


class ExplainLine(CommandLine):
    """The front of ``smtpscope explain``: a step is a ``smtpscope test`` command, made from the explained session."""

    def about(self, server: str, port: int, recipient: str, stage: str) -> Front:
        """The front for a reply at ``stage`` of a session with ``server``."""
        from smtpscope.cli.commands import session_options

        return TestLine(session_options(server, port, recipient, stage), self.language)
