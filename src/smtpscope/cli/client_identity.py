"""``--xclient`` and ``--proxy``: the client identity to present to the server, checked before anything is sent."""

from __future__ import annotations

from smtpscope.errors import UsageError
from smtpscope.language import _
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.cli.options.test import TestOptions
    from smtpscope.dialogue.plan import Plan, Target


def with_client_identity(plan: Plan, options: TestOptions) -> Plan:
    """``plan`` with the PROXY header and the XCLIENT attributes of the options. Raises UsageError."""
    return plan.replace(proxy=proxy_header(options, plan.target), xclient=xclient_attributes(options))


def xclient_attributes(options: TestOptions) -> str:
    """The arguments of XCLIENT; empty without --xclient. Raises UsageError."""
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
    """The PROXY header to send first; empty without --proxy. Raises UsageError."""
    if options.proxy is None:
        return b""
    from smtpscope.protocol.proxy import format_header

    version = 2 if options.proxy == "v2" else 1
    if options.proxy_source is None:
        return format_header(version)
    source = (options.proxy_source.host, options.proxy_source.port or 0)
    if options.proxy_destination:
        return format_header(version, source, (options.proxy_destination.host, options.proxy_destination.port or 25))
    return format_header(version, source, (target.host, target.port))
