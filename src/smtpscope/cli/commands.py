"""What to type next: the user's own command line, with only that changed which a next step changes.

A command is made of the options as they were given, and not of text: whatever the user asked for stays, a value is one
word of the shell whatever it holds, and what the options themselves forbid together is never advised.
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

# What stands for a value that only the user knows (model.finding.NextStep).
SERVER, ADDRESS = "SERVER", "ADDRESS"

_TLS_FILES = ("tls_ca", "tls_name", "tls_cert", "tls_key", "tls_version", "tls_ciphers")

# Steps that make up for the whole test, and need no setting.
_AGAIN = "test-again"


def command_line(options: TestOptions, step: NextStep) -> str:
    """``smtpscope test`` with ``options``, changed as ``step`` says; empty where it changes nothing or cannot be."""
    from shlex import join

    changed = change(options, step)
    return join(["smtpscope", "test", *words(changed)]) if changed else ""


def change(options: TestOptions, step: NextStep) -> TestOptions | None:
    """The options with the settings of ``step``; None where they are the same, or do not go together."""
    if not step.settings:
        return options if step.action.value == _AGAIN else None
    changed = options
    named = {field for field, _value in step.settings}
    if step.target and not options.server and not named & {"target.host", "envelope.recipients"}:
        changed = _host(changed, step.target)
    for field, value in step.settings:
        changed = _set(changed, field, value)
    return changed if words(changed) != words(options) and _fits(changed) else None


def supposed(server: str, port: int, recipient: str, stage: str) -> TestOptions:
    """The options of a test that nobody typed, made of what is known of a session that ended at ``stage``."""
    options = TestOptions()
    known = Endpoint(server or SERVER, port if port not in (0, 25) else None)
    for field, value in (("server", known), ("to", (recipient or ADDRESS,))):
        options = _given(options, field, value)
    if stage not in ("data", "end-of-data"):
        options = _given(options, "stop_after", "rcpt")  # a test that leaves no mail behind
    return options


def words(options: TestOptions) -> list[str]:
    """The words of the command line that gives these options."""
    return [
        word
        for group in TestOptions.groups
        for field, option in group.members
        for word in _said(options, field, option)
    ]


def _said(options: TestOptions, field: str, option: Option) -> Iterator[str]:
    """An option and its value, as they were given; nothing where it was not."""
    if not options.is_given(field):
        return
    value = getattr(options, field)
    if option.kind == "argument":
        yield _text(value)
    elif option.kind == "flag" or (option.kind == "optional" and value == option.bare):
        yield option.shown
    else:
        for one in value if option.kind == "list" else (value,):
            text = _text(one)
            yield from (f"{option.shown}={text}",) if text.startswith("-") else (option.shown, text)


def _text(value: Any) -> str:
    """A value as it is typed."""
    if isinstance(value, tuple):  # a header field
        return ": ".join(value)
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _given(options: TestOptions, field: str, value: Any) -> TestOptions:
    changed = {field: value, "sources": {**options.sources, field: Source.COMMAND_LINE}}
    return options.replace(**changed)


def _dropped(options: TestOptions, *fields: str) -> TestOptions:
    """The options without some that were given."""
    kept = {field: source for field, source in options.sources.items() if field not in fields}
    return options.replace(**{field: TestOptions.option(field).default for field in fields}, sources=kept)


def _set(options: TestOptions, field: str, value: str) -> TestOptions:
    """The options with a field of the plan set to a value; without it where that is empty."""
    match field:
        case "target.host":
            return _host(options, value) if value else _dropped(options, "server", "port")
        case "target.port":
            return _port(options, int(value))
        case "envelope.recipients":
            return _recipient(options, value)
        case "probes.level":
            return _given(_dropped(options, "no_probes"), "probes", value)
        case "probes.controls":
            return _given(options, "control", (value,))
        case "tls.verify":
            return _given(options, "no_verify", True)
        case "tls.mode" if value == NEVER:
            return _given(_dropped(options, *_TLS_FILES), "tls", NEVER)
    found = _field_of(OPTIONS[field])
    return _given(options, found, value) if value else _dropped(options, found)


def _field_of(flag: str) -> str:
    """The field of TestOptions that an option sets."""
    return next(field for group in TestOptions.groups for field, option in group.members if flag in option.flags)


def _host(options: TestOptions, host: str) -> TestOptions:
    port = options.server.port if options.server else None
    return _given(options, "server", Endpoint(host, port))


def _port(options: TestOptions, port: int) -> TestOptions:
    """The port, where the user wrote it: behind the server, or as an option."""
    usual = port == (465 if options.tls == IMPLICIT else 24 if options.protocol == LMTP else 25)
    server = options.server
    if server is None or (options.is_given("port") and server.port is None):
        return _dropped(options, "port") if usual else _given(options, "port", port)
    return _given(options, "server", Endpoint(server.host, None if usual else port))


def _recipient(options: TestOptions, address: str) -> TestOptions:
    """The first recipient, and the domain of those that share it; an address that only the user knows changes none."""
    if not options.to or address == ADDRESS:
        return options if options.to else _given(options, "to", (address,))
    first, domain = options.to[0].partition(" ")[0].rpartition("@")[2], address.rpartition("@")[2]
    return _given(options, "to", tuple(_moved(text, first, domain) for text in options.to))


def _moved(text: str, old: str, new: str) -> str:
    """``kate@old NOTIFY=never`` at the domain ``new``."""
    address, blank, own = text.partition(" ")
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{new}{blank}{own}" if domain.lower() == old.lower() else text


def _fits(options: TestOptions) -> bool:
    """Whether the options go together. What only the user knows is no address yet, so it is not looked at."""
    from smtpscope.cli.conflicts import check_test
    from smtpscope.errors import UsageError

    try:
        check_test(options.replace(source=None) if options.source == ADDRESS else options)
    except UsageError:
        return False
    return True
