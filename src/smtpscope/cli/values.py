"""Checks of what the user gave: each mistake names its option and says what to do, before anything is sent."""

from __future__ import annotations

from smtpscope.errors import UsageError
from smtpscope.language import _
from smtpscope.protocol.command import check_notify, xtext_encode
from smtpscope.protocol.path import check_domain, check_helo, check_mailbox
from smtpscope.render.visible import caret
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from smtpscope.protocol.fault import Fault

ENVID_LIMIT = 100  # characters, with their escapes (RFC 3461 section 4.4)


def port_number(option: str, text: object, lowest: int = 1) -> int:
    """A TCP port. Raises UsageError."""
    value = str(text)
    if value.isascii() and value.isdigit() and lowest <= int(value) <= 65535:
        return int(value)
    raise UsageError(
        option, _("{value!r} is no port; give a number from {lowest} to 65535").format(value=value, lowest=lowest)
    )


def count(option: str, text: object) -> int:
    """A whole number, 0 or more. Raises UsageError."""
    value = str(text)
    if value.isascii() and value.isdigit() and len(value) <= 15:
        return int(value)
    raise UsageError(option, _("{value!r} is no number; give 0 or more").format(value=value))


def seconds(option: str, text: object) -> float:
    """A time limit in seconds, more than 0 and at most a day. Raises UsageError."""
    try:
        value = float(str(text))
    except ValueError:
        value = 0.0
    if 0 < value <= 86400:
        return value
    raise UsageError(
        option, _("{text!r} is no time limit; give seconds, more than 0 and at most 86400").format(text=text)
    )


def one_line(option: str, text: str) -> str:
    """``text``, when it has no line end or NUL that would smuggle in another line. Raises UsageError."""
    for character, name in (("\r", "CR"), ("\n", "LF"), ("\0", "NUL")):
        if character in text:
            raise UsageError(
                option,
                _("holds {name} at position {position}; one line is wanted").format(
                    name=name, position=text.index(character) + 1
                ),
            )
    return text


def address(option: str, text: str, as_is: bool) -> str:
    """An envelope address without angle brackets. Raises UsageError with a caret under the first wrong column."""
    bare = text[1:-1] if text.startswith("<") and text.endswith(">") else text
    return _checked(option, one_line(option, bare), as_is, lambda value: check_mailbox(value, utf8=True), _("address"))


def helo_name(option: str, text: str, as_is: bool) -> str:
    """The name for EHLO. Raises UsageError with a caret under the first wrong column."""
    return _checked(option, one_line(option, text), as_is, check_helo, _("domain name or address literal"))


def notify(option: str, text: str) -> tuple[str, ...]:
    """The words of NOTIFY, in lower case. Raises UsageError."""
    fault = check_notify(text)
    if fault is None:
        return tuple(text.lower().split(","))
    from smtpscope.render.faults import fault_text

    raise UsageError(option, fault_text(fault))


def envelope_id(option: str, text: str, as_is: bool) -> str:
    """The id of an envelope. Raises UsageError."""
    printable = all(" " <= character <= "~" for character in text)
    if as_is or (printable and len(xtext_encode(text)) <= ENVID_LIMIT):
        return one_line(option, text)
    raise UsageError(
        option,
        _("an envelope id is printable ASCII, at most {limit} characters (RFC 3461 section 4.4)").format(
            limit=ENVID_LIMIT
        ),
    )


def _checked(option: str, text: str, as_is: bool, check: Callable[[str], Fault | None], what: str) -> str:
    fault = None if as_is else check(text)
    if fault is None:
        return text
    from smtpscope.render.faults import fault_text

    pointed = "\n".join("    " + line for line in caret(text, fault.column).splitlines())
    raise UsageError(
        option,
        _("not a valid {what}: {message} (column {column})\n{pointed}\n    Use --as-is to send it anyway.").format(
            what=what, column=fault.column, message=fault_text(fault), pointed=pointed
        ),
    )


def server(text: str, port: object, usual: int = 25, option: str = "server") -> tuple[str, int]:
    """``HOST``, ``HOST:PORT``, ``[IPv6]``, ``[IPv6]:PORT``, IPv6; ``port``, else ``usual``. Raises UsageError."""
    host, colon, tail = one_line(option, text), "", ""
    if text.startswith("["):
        inside, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise UsageError(option, _("{text!r} is no [ADDRESS] or [ADDRESS]:PORT").format(text=text))
        host, colon, tail = inside.removeprefix("IPv6:"), rest[:1], rest[1:]
    elif text.count(":") == 1:
        host, colon, tail = text.partition(":")
    if colon and port is not None:
        raise UsageError("--port", _("the server {text!r} names a port already").format(text=text))
    if text and not _is_host(host):
        raise UsageError(option, _("{text!r} is no host name or address").format(text=text))
    number = port_number(option if colon else "--port", tail if colon else (usual if port is None else port))
    return host, number


def _is_host(text: str) -> bool:
    """Whether ``text`` can be looked up or connected to. Names of hosts may hold underscores, unlike mail domains."""
    from smtpscope.engine.transport import is_address

    return is_address(text) or check_domain(text.removesuffix(".").replace("_", "x"), utf8=True) is None
