"""The option of the command line for each field of the library, in one table."""

from __future__ import annotations

# A field of a plan, of another value, or a parameter of the library: its option.
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


# Options with another name in one command.
OWN_OPTIONS: dict[tuple[str, str], str] = {("test", "maildir"): "--lab-maildir"}


def option(field: str, command: str = "") -> str:
    """The option of ``command`` for ``field``, such as ``Target.source``; the field itself if it has none."""
    name = field[:1].lower() + field[1:]
    return OWN_OPTIONS.get((command, name)) or OPTIONS.get(name, field)
