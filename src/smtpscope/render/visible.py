"""Text that is safe to show: nothing from a peer reaches a terminal as a control sequence."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smtpscope.protocol.reply import Reply


def visible(text: str) -> str:
    r"""``text`` with escapes (``\x1b``, ``\u202e``) for control, reordering, and invisible characters (safetext).

    Bytes that were not valid UTF-8 (surrogateescape) are shown as escapes too.
    """
    if text.isascii() and text.isprintable():
        return text
    from smtpscope.safetext import escaped, is_plain

    return text if is_plain(text) else escaped(text, _escape)


def _escape(char: str) -> str:
    number = ord(char)
    if 0xDC80 <= number <= 0xDCFF:  # surrogateescape: a byte that was not valid UTF-8
        number -= 0xDC00
    if number > 0xFFFF:
        return f"\\U{number:08x}"
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


def writable(text: str, encoding: str | None) -> str:
    """``text`` with escapes for the characters that ``encoding`` cannot encode. None stands for ASCII."""
    name = encoding or "ascii"
    return text.encode(name, "backslashreplace").decode(name)


def holds_unicode(encoding: str | None) -> bool:
    """Whether ``encoding`` can encode every character. None stands for ASCII."""
    return (encoding or "ascii").lower().replace("-", "") in ("utf8", "utf16", "gb18030")


def width(text: str) -> int:
    """The columns that ``text`` takes in a terminal: two for a wide character, none for a combining one."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def caret(text: str, column: int) -> str:
    """Two lines: the text, and a caret under ``column`` (counted from 1)."""
    before = visible(text[: column - 1])
    return f"{visible(text)}\n{' ' * width(before)}^"


def hexdump(data: bytes) -> Iterator[str]:
    """Lines with 16 bytes each: offset, hexadecimal, ASCII."""
    for start in range(0, len(data), 16):
        piece = data[start : start + 16]
        printable = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in piece)
        yield f"{start:08x}  {piece.hex(' '):47}  {printable}"


def reply_line(reply: Reply) -> str:
    """One line of the reply: the first line of a positive reply, which names the server; the last one of a rejection.

    Exim counts the bytes in the first line of its reply to a BDAT chunk; there the last line has the result.
    """
    counts = len(reply.lines) > 1 and "byte chunk" in reply.lines[0]
    line = reply.lines[0 if reply.kind == 2 and not counts else -1]
    return visible(f"{reply.code:03d} {line}" if reply.code else line)
