"""Read a file that may be very large, or endless like /dev/zero, or a file that the package must contain."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import BinaryIO

# Limit for a file that is sent, in bytes. The file is held in memory, and no mail server accepts this much.
MOST_OCTETS = 256 << 20

_PIECE = 1 << 20


def read_at_most(file: BinaryIO, limit: int) -> bytes:
    """The content of ``file``, at most ``limit`` + 1 bytes. The one byte more shows that the file exceeds the limit.

    Raises OSError.
    """
    # Read in pieces: one large read allocates all of its memory at once, even for a short file.
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
