"""Line wrapping by columns of a terminal: a Chinese character takes two."""

from __future__ import annotations

import re

from smtpscope.render.visible import width

# Closing punctuation must not start a line. It stays with the character before it.
_CLOSING = "，。、；：？！）】》」』”’,.;:?!)]}%"
# Opening punctuation must not end a line.
_OPENING = "（【《「『“‘"
_WIDE = "⺀-鿿豈-﫿＀-￯"
_PIECE = f"[{_OPENING}]*(?:[{_WIDE}]|[^{_WIDE}{_OPENING}]+)[{re.escape(_CLOSING)}]*|[{_OPENING}]+"


def wrap(text: str, columns: int, indent: str = "", first: str | None = None) -> list[str]:
    """``text`` in lines of at most ``columns`` columns. Each starts with ``indent``; the first with ``first`` if given.

    Breaks at spaces and between wide characters. A word that is longer than a line is not broken.
    """
    start = indent if first is None else first
    lines, line, used = [], start, width(start)
    fresh = True
    for word, gap in _pieces(text):
        needed = width(word) + (gap and not fresh)
        if not fresh and used + needed > columns:
            lines.append(line)
            line, used, fresh = indent, width(indent), True
            needed = width(word)
        line += (" " if gap and not fresh else "") + word
        used, fresh = used + needed, False
    return [*lines, line]


def _pieces(text: str) -> list[tuple[str, bool]]:
    """The parts of ``text`` that are not broken, each with whether a space comes before it."""
    pieces: list[tuple[str, bool]] = []
    for word in text.split():
        parts = [word] if word.isascii() else re.findall(_PIECE, word)
        pieces += [(part, number == 0) for number, part in enumerate(parts)]
    return pieces
