"""Which characters are written as is, for every kind of output, and the one place that writes JSON.

Text from a server, a file, or an option can hold characters that control a terminal (C0, C1, DEL: U+009B starts an
escape sequence in UTF-8 terminals), change the order of the text (bidirectional controls), are invisible (zero width),
or end a line for some programs only (U+0085, U+2028, U+2029). These are always written as escapes.
"""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# No-break space and ideographic space. str.isprintable is false for them, but they are safe.
_SPACES = "\u00a0\u3000"

# str.isprintable is true for these, but they are invisible (Default_Ignorable_Code_Point) or look like a space.
_INVISIBLE = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)


def is_plain(text: str) -> bool:
    """Whether every character of ``text`` can be written as is. Fast for ASCII."""
    return text.isprintable() and (text.isascii() or _INVISIBLE.isdisjoint(text))


def escaped(text: str, escape: Callable[[str], str], keep: str = "") -> str:
    """``text`` with ``escape(character)`` for each unsafe character, except for the characters in ``keep``."""
    kept = _SPACES + keep
    return "".join(
        char if (char.isprintable() and char not in _INVISIBLE) or char in kept else escape(char) for char in text
    )


def octets(text: str) -> bytes:
    """``text`` as bytes. A byte that was decoded with surrogateescape becomes that byte again.

    Any other lone surrogate is encoded as UTF-8 would encode it.
    """
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def dump(value: object, indent: int | None = None) -> str:
    r"""``value`` as JSON text that is safe to show and to write as UTF-8. Unsafe characters are escaped: ``\u009b``.

    ``json.loads`` returns the original value. The text is one line, unless ``indent`` is given.
    """
    import json

    text = json.dumps(value, ensure_ascii=False, indent=indent)
    if "\x7f" not in text if text.isascii() else is_plain(text):  # JSON escapes C0 itself
        return text
    return escaped(text, _json_escape, keep="\n")  # "\n" is layout here: JSON escapes it in strings


def fitting(line: str, encoding: str | None) -> str:
    """``line`` (JSON) for a stream with ``encoding``: unchanged for UTF-8, otherwise in ASCII with JSON escapes."""
    if line.isascii() or (encoding or "").lower().replace("-", "").replace("_", "") in ("utf8", "utf8sig"):
        return line
    return "".join(char if char.isascii() else _json_escape(char) for char in line)


def _json_escape(char: str) -> str:
    """``\\u200b``; above U+FFFF, a surrogate pair (RFC 8259 section 7)."""
    number = ord(char)
    if number > 0xFFFF:
        high, low = divmod(number - 0x10000, 0x400)
        return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
    return f"\\u{number:04x}"
