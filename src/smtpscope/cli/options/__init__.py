"""The options of every command, as data, one class a command: parser, help and reference are made from them."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.cli.options.spec import Options


def every_command() -> tuple[type[Options], ...]:
    """The options of all commands; a command itself loads its own only."""
    from smtpscope.cli.options.console import ConsoleOptions
    from smtpscope.cli.options.explain import ExplainOptions
    from smtpscope.cli.options.lab import LabOptions
    from smtpscope.cli.options.lab_mails import ExportOptions, MailsOptions, ShowOptions
    from smtpscope.cli.options.test import TestOptions

    return (TestOptions, ConsoleOptions, LabOptions, ExplainOptions, MailsOptions, ShowOptions, ExportOptions)
