"""What may be shown of a command that carries a secret."""

from __future__ import annotations

HIDDEN = b"***"
"""Stands in the place of a secret, wherever a line is shown or kept."""


def mask(line: bytes, challenged: bool = False) -> bytes:
    """``line`` (a command without its line end) with its secret hidden; the line itself where it carries none.

    ``challenged``: the server has answered 334, so that the whole line is a response (RFC 4954 section 4).
    """
    if challenged:
        return line if line.strip() == b"*" else HIDDEN  # a lone * gives up the exchange
    words = line.split(None, 2)
    if len(words) == 3 and words[0].upper() == b"AUTH":
        return line[: line.index(words[1], 4) + len(words[1])] + b" " + HIDDEN
    return line
