"""Fields of a message's header (RFC 5322 section 2.2), read leniently: servers and users change what they pass on."""

from __future__ import annotations

import re

# A header that is longer than this is looked at so far only; servers allow 100 kB or less.
_LOOKED_AT = 1 << 20
_COMMENT = re.compile(r"\([^()]*\)")


def field(message: bytes, name: str) -> str:
    """The value of the first field called ``name`` (in any case), unfolded and stripped; empty where there is none.

    ``message``: a message, or its header alone; lines may end with CRLF or LF. Octets that are no UTF-8 become
    surrogates.
    """
    header = re.split(rb"(?:\A|\n)\r?\n", message[:_LOOKED_AT], maxsplit=1)[0]
    wanted = re.compile(rb"(?im)^" + re.escape(name.encode()) + rb"[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)")
    found = wanted.search(header)
    return " ".join(found[1].decode("utf-8", "surrogateescape").split()) if found else ""


def message_id(message: bytes) -> str:
    """The Message-ID of ``message`` (RFC 5322 section 3.6.4) without its brackets; empty where there is none.

    Brackets may be missing, comments and blanks may stand around it: two ids that are one have one value here.
    """
    value = field(message, "Message-ID")
    _before, bracket, inside = value.partition("<")
    if bracket:
        return "".join(inside.partition(">")[0].replace("<", "").split())
    words = _COMMENT.sub(" ", value).replace(">", "").split()
    return words[0] if words else ""
