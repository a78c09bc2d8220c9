"""Fields of a message's header (RFC 5322 section 2.2), read leniently, because servers and users change them."""

from __future__ import annotations

import re

# Bytes of a header that are read; servers allow 100 kB or less.
_LOOKED_AT = 1 << 20
_COMMENT = re.compile(r"\([^()]*\)")


def field(message: bytes, name: str) -> str:
    """The value of the first field called ``name`` (in any case), unfolded and stripped; empty if there is none.

    ``message`` is a message, or its header alone. Lines may end with CRLF or LF. Bytes that are not valid UTF-8
    become surrogates.
    """
    header = re.split(rb"(?:\A|\n)\r?\n", message[:_LOOKED_AT], maxsplit=1)[0]
    wanted = re.compile(rb"(?im)^" + re.escape(name.encode()) + rb"[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)")
    found = wanted.search(header)
    return " ".join(found[1].decode("utf-8", "surrogateescape").split()) if found else ""


def message_id(message: bytes) -> str:
    """The Message-ID of ``message`` (RFC 5322 section 3.6.4) without its brackets; empty if there is none.

    Brackets may be missing, and comments and spaces are left out, so that the same ID always has the same value.
    """
    value = field(message, "Message-ID")
    _before, bracket, inside = value.partition("<")
    if bracket:
        return "".join(inside.partition(">")[0].replace("<", "").split())
    words = _COMMENT.sub(" ", value).replace(">", "").split()
    return words[0] if words else ""
