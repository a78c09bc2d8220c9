"""A sentence for each syntax fault of a domain, an address, a command, or a PROXY header."""

from __future__ import annotations

from smtpscope.language import N_, _, fill
from smtpscope.protocol.fault import Fault, FaultId
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

FAULTS: dict[FaultId, str] = {
    FaultId.DOMAIN_EMPTY: N_("the domain is empty"),
    FaultId.DOMAIN_CHARACTER: N_("{character} is not allowed in a domain"),
    FaultId.DOMAIN_LONG: N_("the domain is longer than {limit} bytes"),
    FaultId.LABEL_EMPTY: N_("empty label next to a dot"),
    FaultId.LABEL_HYPHEN_FIRST: N_("a label must not start with a hyphen"),
    FaultId.LABEL_HYPHEN_LAST: N_("a label must not end with a hyphen"),
    FaultId.LABEL_LONG: N_("a label is longer than {limit} bytes"),
    FaultId.LITERAL_UNOPENED: N_("an address literal starts with ["),
    FaultId.LITERAL_UNCLOSED: N_("missing closing ]"),
    FaultId.LITERAL_UNTAGGED: N_("write an IPv6 address literal as [IPv6:...]"),
    FaultId.LITERAL_ADDRESS: N_("not a valid IP address"),
    FaultId.ADDRESS_EMPTY: N_("the address is empty"),
    FaultId.ADDRESS_LONG: N_("the address is longer than {limit} bytes"),
    FaultId.DOMAIN_MISSING: N_("missing @ and domain"),
    FaultId.LOCAL_EMPTY: N_("the local part before the @ is empty"),
    FaultId.LOCAL_LONG: N_("the local part is longer than {limit} bytes"),
    FaultId.LOCAL_DOT: N_("a dot must be between two characters of the local part"),
    FaultId.LOCAL_CHARACTER: N_("{character} is not allowed in a local part without quotes"),
    FaultId.QUOTED_CHARACTER: N_("{character} is not allowed in a quoted local part"),
    FaultId.QUOTED_UNCLOSED: N_("missing closing quotation mark"),
    FaultId.QUOTED_FOLLOWED: N_("the quoted local part must be followed by @"),
    FaultId.KEYWORD_MISSING: N_("missing {keyword}:"),
    FaultId.PATH_UNCLOSED: N_("missing closing >"),
    FaultId.PATH_UNBRACKETED: N_("the address must be in angle brackets"),
    FaultId.PATH_FOLLOWED: N_("the address must be followed by a space"),
    FaultId.PARAMETER: N_("{word!r} is not a valid parameter"),
    FaultId.PARAMETER_UNKNOWN: N_("unknown parameter {keyword}"),
    FaultId.PARAMETER_UNANNOUNCED: N_("{keyword} requires {extension}, which the server does not advertise"),
    FaultId.SIZE_NUMBER: N_("SIZE must be a number of bytes"),
    FaultId.SIZE_LIMIT: N_("the server accepts at most {limit} bytes"),
    FaultId.BODY_VALUE: N_("BODY must be 7BIT, 8BITMIME, or BINARYMIME"),
    FaultId.RET_VALUE: N_("RET must be FULL or HDRS"),
    FaultId.ORCPT_VALUE: N_("ORCPT must be a type, a semicolon, and an address: rfc822;kate@fabrikam.com"),
    FaultId.NOTIFY_WORD: N_("{word!r} is not valid; use success, failure, delay, or never"),
    FaultId.NOTIFY_NEVER: N_("never cannot be used with other values"),
    FaultId.NOTIFY_TWICE: N_("a value is given twice"),
    FaultId.PROXY_MISSING: N_("the connection does not start with a PROXY header"),
    FaultId.PROXY_LATE: N_("no PROXY header received in time"),
    FaultId.PROXY_CUT: N_("the client closed the connection in the middle of the PROXY header"),
    FaultId.PROXY_LINE_LONG: N_("the PROXY header is longer than {limit} bytes"),
    FaultId.PROXY_LINE_END: N_("the PROXY header ends with a bare LF instead of CRLF"),
    FaultId.PROXY_LINE: N_("the PROXY header is malformed"),
    FaultId.PROXY_VERSION: N_("the PROXY header has an unknown version or command"),
    FaultId.PROXY_BLOCK_LONG: N_("the PROXY header announces {size} bytes, more than the limit of {limit}"),
    FaultId.PROXY_ADDRESSES: N_("the addresses in the PROXY header are malformed"),
}

_NAMES = {" ": N_("a space"), "\t": N_("a tab")}


def fault_text(fault: Fault) -> str:
    """The sentence, without the column."""
    return _sentence(fault.id, dict(fault.details))


def reason_text(reason: str, fields: Mapping[str, str]) -> str:
    """The sentence for the details of an event; ``reason`` is the id of a fault. Any other text is returned as is."""
    return _sentence(FaultId(reason), fields) if reason in list(FaultId) else reason


def _sentence(fault: FaultId, fields: Mapping[str, str]) -> str:
    character = fields.get("character")
    if fault is FaultId.DOMAIN_CHARACTER and character == "@":
        return _("more than one @")
    if character is not None:
        shown = character if character.isprintable() else f"U+{ord(character):04X}"
        fields = {**fields, "character": _(_NAMES[character]) if character in _NAMES else f"'{shown}'"}
    return fill(FAULTS[fault], **fields)
