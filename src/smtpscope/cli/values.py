"""Checks of what the user gave: each mistake names its option and says what to do, before anything is sent."""

from __future__ import annotations

from smtpscope.errors import UsageError
from smtpscope.language import _
from smtpscope.protocol.address import is_address
from smtpscope.protocol.command import check_notify, xtext_encode
from smtpscope.protocol.endpoint import Endpoint, EndpointError, parse_endpoint, parse_port
from smtpscope.protocol.path import check_helo, check_mailbox
from smtpscope.render.visible import caret
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from smtpscope.protocol.fault import Fault

ENVID_LIMIT = 100  # characters, with their escapes (RFC 3461 section 4.4)


# What makes a value of the text behind an option. Each raises UsageError.


def port_number(option: str, text: str) -> int:
    """A TCP port to connect to."""
    return _port(option, text, 1)


def listening_port(option: str, text: str) -> int:
    """A TCP port to listen on; 0 stands for any that is free."""
    return _port(option, text, 0)


def _port(option: str, text: str, lowest: int) -> int:
    try:
        return parse_port(text, lowest)
    except EndpointError as error:
        raise _bad_endpoint(option, error, lowest) from None


def endpoint(option: str, text: str) -> Endpoint:
    """``HOST``, ``HOST:PORT``, ``[IPv6]:PORT``."""
    try:
        return parse_endpoint(text)
    except EndpointError as error:
        raise _bad_endpoint(option, error, 1) from None


def address_endpoint(option: str, text: str) -> Endpoint:
    """``ADDRESS``, ``ADDRESS:PORT``, ``[IPv6]:PORT``: no name, which would have to be looked up first."""
    try:
        found = parse_endpoint(text)
    except EndpointError:
        found = None
    if found is None or not is_address(found.host):
        raise UsageError(option, _("{text!r} is no ADDRESS or ADDRESS:PORT").format(text=text))
    return found


def ip_address(option: str, text: str) -> str:
    """A numeric address."""
    if is_address(text):
        return text
    raise UsageError(option, _("{source!r} is no address; give one of this machine's").format(source=text))


def _bad_endpoint(option: str, error: EndpointError, lowest: int) -> UsageError:
    from smtpscope.render.endpoint import endpoint_fault

    return UsageError(option, endpoint_fault(error, lowest))


def count(option: str, text: str) -> int:
    """A whole number, 0 or more."""
    if text.isascii() and text.isdigit() and len(text) <= 15:
        return int(text)
    raise UsageError(option, _("{value!r} is no number; give 0 or more").format(value=text))


def chunk_octets(option: str, text: str) -> int:
    """Octets of a BDAT chunk: one at least."""
    size = count(option, text)
    if not size:
        raise UsageError(option, _("a chunk has one octet at least"))
    return size


def seconds(option: str, text: str) -> float:
    """A time limit in seconds, more than 0 and at most a day."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if 0 < value <= 86400:
        return value
    raise UsageError(
        option, _("{text!r} is no time limit; give seconds, more than 0 and at most 86400").format(text=text)
    )


def header_field(option: str, text: str) -> tuple[str, str]:
    """``Name: text``, in two."""
    name, colon, value = one_line(option, text).partition(":")
    if not colon or not name or not all("!" <= character <= "~" for character in name):  # RFC 5322 section 2.2
        raise UsageError(
            option, _("{text!r} is no header field; write it as 'Name: text', the name in ASCII").format(text=text)
        )
    return name, value.strip()


def name_and_password(option: str, text: str) -> tuple[str, str]:
    """``NAME:PASSWORD``, in two."""
    name, colon, password = text.partition(":")
    if not colon or not name or not password:
        raise UsageError(option, _("write NAME:PASSWORD, a password for the lab only"))
    return name, password


def port_and_scenario(option: str, text: str) -> tuple[int, str]:
    """``PORT=NAME``, in two."""
    port, equals, scenario = text.partition("=")
    if not equals:
        raise UsageError(option, _("{text!r} is no PORT=NAME, such as 2526=greylist").format(text=text))
    return listening_port(option, port), scenario


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
