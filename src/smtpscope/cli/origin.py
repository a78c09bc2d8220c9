"""``--xclient`` and ``--proxy``: whom the server is to take us for, checked before anything is sent."""

from __future__ import annotations

from smtpscope.cli import values
from smtpscope.engine.resolve import split_endpoint
from smtpscope.engine.transport import is_address
from smtpscope.errors import UsageError
from smtpscope.language import _
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smtpscope.dialogue.plan import Plan, Target


def disguise(plan: Plan, given: Mapping[str, object]) -> Plan:
    """``plan`` with what the options say of the client. Raises UsageError."""
    return plan.replace(proxy=proxy_header(given, plan.target), xclient=xclient_attributes(given))


def xclient_attributes(given: Mapping[str, object]) -> str:
    """What to say behind XCLIENT; empty for nothing. Raises UsageError."""
    if not given["xclient"]:
        return ""
    from smtpscope.protocol.xclient import ATTRIBUTES, format_xclient, parse_xclient

    text = values.one_line("--xclient", str(given["xclient"]))
    if given["as_is"]:
        return text
    attributes = format_xclient(text)
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


def proxy_header(given: Mapping[str, object], target: Target) -> bytes:
    """The PROXY header to send first; empty for none. Raises UsageError."""
    for option in ("--proxy-source", "--proxy-destination"):
        if given[option[2:].replace("-", "_")] and not given["proxy"]:
            raise UsageError(option, _("goes with --proxy v1 or --proxy v2"))
    if not given["proxy"]:
        return b""
    from smtpscope.protocol.proxy import format_header

    version = 2 if given["proxy"] == "v2" else 1
    if not given["proxy_source"]:
        return format_header(version)
    source = split_endpoint(str(given["proxy_source"]), 0, "--proxy-source")
    destination = _destination(given, target)
    if (":" in source[0]) != (":" in destination[0]):
        raise UsageError("--proxy-destination", _("source and destination must both be IPv4, or both IPv6"))
    return format_header(version, source, destination)


def _destination(given: Mapping[str, object], target: Target) -> tuple[str, int]:
    """Where the client is to have connected to: the server itself, when nothing else is said."""
    if given["proxy_destination"]:
        return split_endpoint(str(given["proxy_destination"]), 25, "--proxy-destination")
    if not is_address(target.host):
        raise UsageError("--proxy-destination", _("give the ADDRESS or ADDRESS:PORT that the client connected to"))
    return target.host, target.port
