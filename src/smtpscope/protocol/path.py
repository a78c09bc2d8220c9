"""Domains, address literals, mailboxes: the grammar of RFC 5321 section 4.1.2, with the column of the first fault."""

from __future__ import annotations

from smtpscope.protocol.address import ip_version
from smtpscope.protocol.fault import Fault, FaultId

_LET_DIG = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
_ATEXT = _LET_DIG | frozenset("!#$%&'*+-/=?^_`{|}~")  # RFC 5322 section 3.2.3

# RFC 5321 section 4.5.3.1.1 and 4.5.3.1.3: bytes of a local part, and of a path without its brackets.
LOCAL_LIMIT, PATH_LIMIT = 64, 254
# RFC 1035 section 2.3.4
LABEL_LIMIT, DOMAIN_LIMIT = 63, 255


def check_domain(text: str, utf8: bool = False) -> Fault | None:
    """The first fault of a domain name; ``utf8`` allows U-labels (RFC 6531 section 3.3)."""
    if not text:
        return Fault.at(1, FaultId.DOMAIN_EMPTY)
    start = 1
    for label in text.split("."):
        fault = _check_label(label, utf8, start, last=start + len(label) > len(text))
        if fault:
            return fault
        start += len(label) + 1
    beyond = _column_beyond(DOMAIN_LIMIT, text)
    if beyond:
        return Fault.at(beyond, FaultId.DOMAIN_LONG, limit=DOMAIN_LIMIT)
    return None


def _check_label(label: str, utf8: bool, start: int, last: bool) -> Fault | None:
    if not label:
        return Fault.at(start - 1 if last and start > 1 else start, FaultId.LABEL_EMPTY)
    for place, character in enumerate(label):
        allowed = character in _LET_DIG or character == "-" or (utf8 and _is_utf8_text(character))
        if not allowed:
            return Fault.at(start + place, FaultId.DOMAIN_CHARACTER, character=character)
    if label.startswith("-"):
        return Fault.at(start, FaultId.LABEL_HYPHEN_FIRST)
    if label.endswith("-"):
        return Fault.at(start + len(label) - 1, FaultId.LABEL_HYPHEN_LAST)
    if len(label) > LABEL_LIMIT:
        return Fault.at(start + LABEL_LIMIT, FaultId.LABEL_LONG, limit=LABEL_LIMIT)
    return None


def check_address_literal(text: str) -> Fault | None:
    """The first fault of ``[192.0.2.1]`` or ``[IPv6:2001:db8::1]`` (RFC 5321 section 4.1.3)."""
    if not text.startswith("["):
        return Fault.at(1, FaultId.LITERAL_UNOPENED)
    if not text.endswith("]"):
        return Fault.at(len(text) + 1, FaultId.LITERAL_UNCLOSED)
    inside = text[1:-1]
    if inside[:5].lower() == "ipv6:":
        good = ip_version(inside[5:]) == 6 and "%" not in inside  # a zone means nothing elsewhere
        return None if good else Fault.at(7, FaultId.LITERAL_ADDRESS)
    match ip_version(inside):
        case 4:
            return None
        case 6:
            return Fault.at(2, FaultId.LITERAL_UNTAGGED)
    return Fault.at(2, FaultId.LITERAL_ADDRESS)


def check_helo(text: str) -> Fault | None:
    """The first fault of a name for EHLO: a domain or an address literal (RFC 5321 section 4.1.1.1)."""
    return check_address_literal(text) if text.startswith("[") else check_domain(text)


def check_mailbox(text: str, utf8: bool = False) -> Fault | None:
    """The first fault of ``local-part@domain``, without angle brackets."""
    if not text:
        return Fault.at(1, FaultId.ADDRESS_EMPTY)
    fault, end = _check_quoted(text, utf8) if text.startswith('"') else _check_dot_string(text, utf8)
    if fault:
        return fault
    if end >= len(text):
        return Fault.at(len(text) + 1, FaultId.DOMAIN_MISSING)
    beyond = _column_beyond(LOCAL_LIMIT, text[:end])
    if beyond:
        return Fault.at(beyond, FaultId.LOCAL_LONG, limit=LOCAL_LIMIT)
    domain = text[end + 1 :]
    fault = check_address_literal(domain) if domain.startswith("[") else check_domain(domain, utf8)
    if fault:
        return fault.replace(column=fault.column + end + 1)
    beyond = _column_beyond(PATH_LIMIT, text)
    if beyond:
        return Fault.at(beyond, FaultId.ADDRESS_LONG, limit=PATH_LIMIT)
    return None


def _check_dot_string(text: str, utf8: bool) -> tuple[Fault | None, int]:
    """Dot-string: atoms joined by single dots. Returns the fault and the index of the @."""
    at = text.find("@")
    local = text if at < 0 else text[:at]
    if not local:
        return Fault.at(1, FaultId.LOCAL_EMPTY), 0
    for place, character in enumerate(local):
        if character == ".":
            if place == 0 or place == len(local) - 1 or local[place - 1] == ".":
                return Fault.at(place + 1, FaultId.LOCAL_DOT), 0
        elif character not in _ATEXT and not (utf8 and _is_utf8_text(character)):
            return Fault.at(place + 1, FaultId.LOCAL_CHARACTER, character=character), 0
    return None, len(local)


def _check_quoted(text: str, utf8: bool) -> tuple[Fault | None, int]:
    """Quoted-string. Returns the fault and the index of the @."""
    place = 1
    while place < len(text) and text[place] != '"':
        if text[place] == "\\":
            place += 1
        if place < len(text) and not (" " <= text[place] <= "~" or (utf8 and _is_utf8_text(text[place]))):
            return Fault.at(place + 1, FaultId.QUOTED_CHARACTER, character=text[place]), 0
        place += 1
    if place >= len(text):
        return Fault.at(len(text) + 1, FaultId.QUOTED_UNCLOSED), 0
    if text[place + 1 : place + 2] not in ("@", ""):
        return Fault.at(place + 2, FaultId.QUOTED_FOLLOWED), 0
    return None, place + 1


def _column_beyond(limit: int, text: str) -> int:
    """The column of the first character of ``text`` beyond ``limit`` bytes of UTF-8; 0 where all are within."""
    size = 0
    for column, character in enumerate(text, 1):
        size += len(character.encode("utf-8", "surrogateescape"))
        if size > limit:
            return column
    return 0


def _is_utf8_text(character: str) -> bool:
    """Whether RFC 6531 section 3.3 allows the character: any one above ASCII but the C1 controls and surrogates."""
    return character > "\x9f" and not "\ud800" <= character <= "\udfff"
