"""How a field of the library is written on the command line: the one table between the two."""

from __future__ import annotations

from smtpscope.render.front import Front
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.cli.options.test import TestOptions
    from smtpscope.model.finding import NextStep

# A field of a plan, of another value or a parameter of the library: its option. A value with the port of a server
# stands with the server itself.
OPTIONS: dict[str, str] = {
    "target.host": "server",
    "target.port": "--port",
    "target.source": "--source",
    "target.resolver": "--resolver",
    "tls.mode": "--tls",
    "tls.ca": "--tls-ca",
    "tls.name": "--tls-name",
    "tls.certificate": "--tls-cert",
    "tls.key": "--tls-key",
    "tls.version": "--tls-version",
    "tls.ciphers": "--tls-ciphers",
    "tls.verify": "--no-verify",
    "login.user": "--user",
    "login.in_clear": "--auth-in-clear",
    "login.unannounced": "--auth-force",
    "login.mechanism": "--auth",
    "envelope.helo": "--helo",
    "envelope.sender": "--from",
    "envelope.recipients": "--to",
    "envelope.notify": "--notify",
    "envelope.ret": "--ret",
    "envelope.envid": "--envid",
    "envelope.orcpt": "--orcpt",
    "use.PIPELINING": "--pipelining",
    "use.CHUNKING": "--chunking",
    "use.SIZE": "--size",
    "use.8BITMIME": "--8bitmime",
    "use.SMTPUTF8": "--smtputf8",
    "use.DSN": "--dsn",
    "view.verbosity": "-v",
    "plan.stop_after": "--stop-after",
    "plan.timeouts": "--timeout",
    "plan.proxy": "--proxy",
    "plan.xclient": "--xclient",
    "probes.level": "--probes",
    "probes.controls": "--control",
    "maildirInbox.path": "--dsn-at",
    "imapAccount.host": "--dsn-at",
    "imapAccount.implicit": "--dsn-at",
    "folders": "--entries",
    "script": "--script",
    "scenario": "--scenario",
    "maildir": "--maildir",
    "control": "--control",
    "host": "--host",
    "port": "--port",
}

# Options that take no value.
FLAGS = ("--no-verify", "--auth-in-clear", "--auth-force", "--orcpt", "-v")


# The same, where a command calls it otherwise.
OWN_OPTIONS: dict[tuple[str, str], str] = {("test", "maildir"): "--lab-maildir"}


def option(field: str, command: str = "") -> str:
    """The option of ``command`` for ``field``, such as ``Target.source``; the field itself where it has none."""
    name = field[:1].lower() + field[1:]
    return OWN_OPTIONS.get((command, name)) or OPTIONS.get(name, field)


class CommandLine(Front):
    """Names a setting by its option: ``--chunking force``, ``--auth-in-clear``."""

    def setting(self, field: str, value: str = "") -> str:
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
