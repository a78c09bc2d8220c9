"""Text that is safe to show: what a peer sends never reaches a terminal as a control sequence."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smtpscope.protocol.reply import Reply


def visible(text: str) -> str:
    r"""``text`` with every character that steers a terminal, reorders what is shown or is not seen at all as an escape,
    ``\x1b`` or ``\u202e``; octets that are no UTF-8 too."""
    if text.isascii() and text.isprintable():
        return text
    from smtpscope.safetext import escaped, is_plain

    return text if is_plain(text) else escaped(text, _escape)


def _escape(char: str) -> str:
    number = ord(char)
    if 0xDC80 <= number <= 0xDCFF:  # surrogateescape: an octet that was no UTF-8
        number -= 0xDC00
    if number > 0xFFFF:
        return f"\\U{number:08x}"
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


def writable(text: str, encoding: str | None) -> str:
    """``text`` as a stream of ``encoding`` can write it (None: one that names none), the rest as escapes."""
    name = encoding or "ascii"
    return text.encode(name, "backslashreplace").decode(name)


def holds_unicode(encoding: str | None) -> bool:
    """Whether a stream of ``encoding`` (None: one that names none) can write every character."""
    return (encoding or "ascii").lower().replace("-", "") in ("utf8", "utf16", "gb18030")


def width(text: str) -> int:
    """Columns that ``text`` takes in a terminal: two for wide characters, none for combining ones."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def caret(text: str, column: int) -> str:
    """Two lines: the text, and a caret under ``column`` (counted from 1)."""
    before = visible(text[: column - 1])
    return f"{visible(text)}\n{' ' * width(before)}^"


def hexdump(data: bytes) -> Iterator[str]:
    """Sixteen octets a line: offset, hex, ASCII."""
    for start in range(0, len(data), 16):
        piece = data[start : start + 16]
        shown = "".join(chr(octet) if 32 <= octet < 127 else "." for octet in piece)
        yield f"{start:08x}  {piece.hex(' '):47}  {shown}"


def reply_line(reply: Reply) -> str:
    """One line of the reply: of a good one the first, which names the server; of a rejection the last.

    To a BDAT chunk, Exim counts the bytes first: there, too, the last line says what became of the message.
    """
    counts = len(reply.lines) > 1 and "byte chunk" in reply.lines[0]
    line = reply.lines[0 if reply.kind == 2 and not counts else -1]
    return visible(f"{reply.code:03d} {line}" if reply.code else line)
