"""Which characters are shown and written as they are, for every kind of output; and the one place that writes JSON.

A server, a pasted text or an option can hold characters that steer a terminal (C0, C1, DEL: U+009B begins an escape
sequence in UTF-8 terminals), that reorder what is shown (bidirectional controls), that are not seen (zero width), or
that end a line for some readers only (U+0085, U+2028, U+2029). None of them is written raw.
"""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# The blanks that people write beside the usual one; Python calls them not printable.
_BLANKS = "\u00a0\u3000"

# Python calls these printable, and nothing is seen of them (Default_Ignorable_Code_Point of Unicode), or a blank.
_UNSEEN = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)


def is_plain(text: str) -> bool:
    """Whether every character of ``text`` can be shown as it is. Fast for ASCII."""
    return text.isprintable() and (text.isascii() or _UNSEEN.isdisjoint(text))


def escaped(text: str, escape: Callable[[str], str], keep: str = "") -> str:
    """``text`` with ``escape(character)`` for each character that is not shown as it is, but for those in ``keep``."""
    kept = _BLANKS + keep
    return "".join(
        char if (char.isprintable() and char not in _UNSEEN) or char in kept else escape(char) for char in text
    )


def octets(text: str) -> bytes:
    """``text`` as octets; those that were no UTF-8 come back as they were, lone surrogates as UTF-8 would have it."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def dump(value: object, indent: int | None = None) -> str:
    r"""``value`` as JSON text that can be shown, and written as UTF-8: what is not safe stands there as ``\u009b``.

    ``json.loads`` gives every text back. One line, unless ``indent`` is given.
    """
    import json

    text = json.dumps(value, ensure_ascii=False, indent=indent)
    if "\x7f" not in text if text.isascii() else is_plain(text):  # JSON escapes C0 itself
        return text
    return escaped(text, _json_escape, keep="\n")  # a line end is layout: inside of a text, JSON has escaped it


def fitting(line: str, encoding: str | None) -> str:
    """JSON text in a form that a stream of ``encoding`` can write and that stays JSON: ASCII, where it is not UTF-8."""
    if line.isascii() or (encoding or "").lower().replace("-", "").replace("_", "") in ("utf8", "utf8sig"):
        return line
    return "".join(char if char.isascii() else _json_escape(char) for char in line)


def _json_escape(char: str) -> str:
    """``\\u200b``; two surrogates beyond U+FFFF (RFC 8259 section 7)."""
    number = ord(char)
    if number > 0xFFFF:
        high, low = divmod(number - 0x10000, 0x400)
        return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
    return f"\\u{number:04x}"
