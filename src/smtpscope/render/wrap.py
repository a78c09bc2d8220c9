"""Lines of a given width: in columns of a terminal, where a Chinese character takes two."""

from __future__ import annotations

import re

from smtpscope.render.visible import width

# What may not begin a line: closing punctuation. It stays with the character before it.
_CLOSING = "，。、；：？！）】》」』”’,.;:?!)]}%"
# What may not end one: opening punctuation.
_OPENING = "（【《「『“‘"
_WIDE = "⺀-鿿豈-﫿＀-￯"
_PIECE = f"[{_OPENING}]*(?:[{_WIDE}]|[^{_WIDE}{_OPENING}]+)[{re.escape(_CLOSING)}]*|[{_OPENING}]+"


def wrap(text: str, columns: int, indent: str = "", first: str | None = None) -> list[str]:
    """``text`` in lines of at most ``columns``, each after ``indent`` (the first after ``first``, where it is given).

    Breaks at blanks, and between wide characters; a word that is too long for any line is left whole.
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
    """The parts that a line is made of, and whether a blank stands before each."""
    pieces: list[tuple[str, bool]] = []
    for word in text.split():
        parts = [word] if word.isascii() else re.findall(_PIECE, word)
        pieces += [(part, number == 0) for number, part in enumerate(parts)]
    return pieces
