"""Files: one that may be of any size, or have no end as /dev/zero has none; one that the package lacks."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import BinaryIO

# Octets of a file that is sent: no mail server takes as much, and it is held in memory.
MOST_OCTETS = 256 << 20

_PIECE = 1 << 20


def read_at_most(file: BinaryIO, limit: int) -> bytes:
    """The octets of ``file``, at most ``limit`` and one, which tells the caller that there are more.

    Read in pieces: one large read asks for all of its memory at once, however short the file is. Raises OSError.
    """
    pieces, size = [], 0
    while size <= limit and (piece := file.read(min(_PIECE, limit + 1 - size))):
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)


class NotBuiltError(RuntimeError):
    """A file that is made when the package is built is not there: this is a source tree that was never installed."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"the package is not built: {path} is missing; in a source tree, run 'pip install -e .' "
            "or 'python hatch_build.py' first"
        )
