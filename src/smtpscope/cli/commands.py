"""The command to type next: the user's own command line, with the changes that a next step needs.

It is made from the parsed options, not from text: other options stay as given, and each value is quoted for the shell.
Options that cannot be used together are never suggested.
"""

from __future__ import annotations

from smtpscope.cli.fields import OPTIONS
from smtpscope.cli.options.spec import Source
from smtpscope.cli.options.test import TestOptions
from smtpscope.dialogue.plan import IMPLICIT, LMTP, NEVER
from smtpscope.protocol.endpoint import Endpoint
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from smtpscope.cli.options.spec import Option
    from smtpscope.model.finding import NextStep

# Placeholders for a value that only the user knows (model.finding.NextStep).
SERVER, ADDRESS = "SERVER", "ADDRESS"

_TLS_FILES = ("tls_ca", "tls_name", "tls_cert", "tls_key", "tls_version", "tls_ciphers")

# The step that repeats the whole test, without a change.
_AGAIN = "test-again"


def command_line(options: TestOptions, step: NextStep) -> str:
    """``smtpscope test`` with ``options`` and the settings of ``step``; empty if ``change`` returns None."""
    from shlex import join

    changed = change(options, step)
    return join(["smtpscope", "test", *words(changed)]) if changed else ""


def change(options: TestOptions, step: NextStep) -> TestOptions | None:
    """The options with the settings of ``step``. None if nothing changes, or if they cannot be used together."""
    if not step.settings:
        return options if step.action.value == _AGAIN else None
    changed = options
    fields = {field for field, _value in step.settings}
    if step.target and not options.server and not fields & {"target.host", "envelope.recipients"}:
        changed = _with_host(changed, step.target)
    for field, value in step.settings:
        changed = _set(changed, field, value)
    return changed if words(changed) != words(options) and _fits(changed) else None


def session_options(server: str, port: int, recipient: str, stage: str) -> TestOptions:
    """The options of a test that would repeat a session from a log or transcript; ``stage`` is where it ended."""
    endpoint = Endpoint(server or SERVER, port if port not in (0, 25) else None)
    options = _given(_given(TestOptions(), "server", endpoint), "to", (recipient or ADDRESS,))
    if stage not in ("data", "end-of-data"):
        options = _given(options, "stop_after", "rcpt")  # the test sends no message
    return options


def words(options: TestOptions) -> list[str]:
    """The words of the command line that gives these options."""
    return [
        word
        for group in TestOptions.groups
        for field, option in group.members
        if options.is_given(field)
        for word in _option_words(option, getattr(options, field))
    ]


def _option_words(option: Option, value: Any) -> Iterator[str]:
    """The words for one option and its value."""
    if option.kind == "argument":
        yield _text(value)
    elif option.kind == "flag" or (option.kind == "optional" and value == option.bare):
        yield option.shown
    else:
        for item in value if option.kind == "list" else (value,):
            text = _text(item)
            yield from (f"{option.shown}={text}",) if text.startswith("-") else (option.shown, text)


def _text(value: Any) -> str:
    """A value as it is typed."""
    if isinstance(value, tuple):  # a header field
        return ": ".join(value)
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _given(options: TestOptions, field: str, value: Any) -> TestOptions:
    """The options with ``field`` set to ``value``, as if it were given on the command line."""
    changed = {field: value, "sources": {**options.sources, field: Source.COMMAND_LINE}}
    return options.replace(**changed)


def _dropped(options: TestOptions, *fields: str) -> TestOptions:
    """The options with ``fields`` at their defaults, as if they were not given."""
    sources = {field: source for field, source in options.sources.items() if field not in fields}
    return options.replace(**{field: TestOptions.option(field).default for field in fields}, sources=sources)


def _set(options: TestOptions, field: str, value: str) -> TestOptions:
    """The options with a field of the plan set to ``value``; without that option if ``value`` is empty."""
    match field:
        case "target.host":
            return _with_host(options, value) if value else _dropped(options, "server", "port")
        case "target.port":
            return _with_port(options, int(value))
        case "envelope.recipients":
            return _with_recipient(options, value)
        case "probes.level":
            return _given(_dropped(options, "no_probes"), "probes", value)
        case "probes.controls":
            return _given(options, "control", (value,))
        case "tls.verify":
            return _given(options, "no_verify", True)
        case "tls.mode" if value == NEVER:
            return _given(_dropped(options, *_TLS_FILES), "tls", NEVER)
    flag = OPTIONS[field]
    name = next(name for group in TestOptions.groups for name, option in group.members if flag in option.flags)
    return _given(options, name, value) if value else _dropped(options, name)


def _with_host(options: TestOptions, host: str) -> TestOptions:
    port = options.server.port if options.server else None
    return _given(options, "server", Endpoint(host, port))


def _with_port(options: TestOptions, port: int) -> TestOptions:
    """The options with another port, written where the user wrote it: after the server, or as an option."""
    is_default = port == (465 if options.tls == IMPLICIT else 24 if options.protocol == LMTP else 25)
    server = options.server
    if server is None or (options.is_given("port") and server.port is None):
        return _dropped(options, "port") if is_default else _given(options, "port", port)
    return _given(options, "server", Endpoint(server.host, None if is_default else port))


def _with_recipient(options: TestOptions, address: str) -> TestOptions:
    """The options with the domain of ``address`` for the first recipient, and for all others of the same domain.

    The placeholder ADDRESS changes no recipient. It is the recipient if there is none.
    """
    if not options.to:
        return _given(options, "to", (address,))
    if address == ADDRESS:
        return options
    old, new = options.to[0].partition(" ")[0].rpartition("@")[2], address.rpartition("@")[2]
    recipients = []
    for text in options.to:
        mailbox, space, parameters = text.partition(" ")  # ``kate@fabrikam.com NOTIFY=never``
        local, at, domain = mailbox.rpartition("@")
        is_moved = domain.lower() == old.lower()
        recipients.append(f"{local}{at}{new}{space}{parameters}" if is_moved else text)
    return _given(options, "to", tuple(recipients))


def _fits(options: TestOptions) -> bool:
    """Whether the options can be used together. The placeholder ADDRESS is not a valid --source, so it is left out."""
    from smtpscope.cli.conflicts import check_test
    from smtpscope.errors import UsageError

    try:
        check_test(options.replace(source=None) if options.source == ADDRESS else options)
    except UsageError:
        return False
    return True
