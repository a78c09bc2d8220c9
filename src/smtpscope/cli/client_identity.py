"""``--xclient`` and ``--proxy``: whom the server is to take us for, checked before anything is sent."""

from __future__ import annotations

from smtpscope.errors import UsageError
from smtpscope.language import _
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.cli.options.test import TestOptions
    from smtpscope.dialogue.plan import Plan, Target


def with_client_identity(plan: Plan, options: TestOptions) -> Plan:
    """``plan`` with what the options say of the client. Raises UsageError."""
    return plan.replace(proxy=proxy_header(options, plan.target), xclient=xclient_attributes(options))


def xclient_attributes(options: TestOptions) -> str:
    """What to say behind XCLIENT; empty for nothing. Raises UsageError."""
    if options.xclient is None or options.as_is:
        return options.xclient or ""
    from smtpscope.protocol.xclient import ATTRIBUTES, format_xclient, parse_xclient

    attributes = format_xclient(options.xclient)
    _found, wrong = parse_xclient(attributes)
    if wrong:
        names = ", ".join(ATTRIBUTES)
        raise UsageError(
            "--xclient",
            _(
                "{wrong!r} is wrong; write NAME=VALUE of {names}, blanks between\n    --as-is sends it all the same"
            ).format(wrong=wrong, names=names),
        )
    return attributes


def proxy_header(options: TestOptions, target: Target) -> bytes:
    """The PROXY header to send first; empty for none. Raises UsageError."""
    if options.proxy is None:
        return b""
    from smtpscope.protocol.proxy import format_header

    version = 2 if options.proxy == "v2" else 1
    if options.proxy_source is None:
        return format_header(version)
    source = (options.proxy_source.host, options.proxy_source.port or 0)
    return format_header(version, source, _destination(options, target))


def _destination(options: TestOptions, target: Target) -> tuple[str, int]:
    """Where the client is to have connected to: the server itself, when nothing else is said."""
    if options.proxy_destination:
        return options.proxy_destination.host, options.proxy_destination.port or 25
    return target.host, target.port
