"""A message as it is sent: dot-stuffing for DATA (RFC 5321 section 4.5.2) and chunks for BDAT (RFC 3030)."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

END = b"\r\n.\r\n"

# A message of at most so many bytes is written together with its end. The end of a larger message is a write of its
# own: a reply that arrives before the end is then seen to be early.
WHOLE = 16384


def stuff(message: bytes, block: int = 262144) -> Iterator[bytes]:
    """``message`` in blocks of about ``block`` bytes, with leading dots doubled and the final dot at the end.

    Only CRLF ends a line. If ``message`` does not end with CRLF, a CRLF is added.
    """
    before = b"\r\n"
    end = b"" if len(message) > WHOLE else _terminator(message)
    for start in range(0, len(message), block):
        piece = before + message[start : start + block]
        before = piece[-2:]
        last = start + block >= len(message)
        yield piece.replace(b"\r\n.", b"\r\n..")[2:] + (end if last else b"")
    if not message or not end:
        yield _terminator(message)


def _terminator(message: bytes) -> bytes:
    return END[2:] if not message or message.endswith(b"\r\n") else END


def split(chunk: bytes, block: int = 262144) -> Iterator[bytes]:
    """A BDAT chunk in blocks of at most ``block`` bytes. The last 1024 bytes of a large chunk are a block of their own.

    A reply that arrives before that block is then seen to be early, as with WHOLE.
    """
    whole = len(chunk) if len(chunk) <= WHOLE else len(chunk) - 1024
    yield from (chunk[start : min(start + block, whole)] for start in range(0, whole, block))
    if whole < len(chunk):
        yield chunk[whole:]


class DataReader:
    """The server's side of DATA: reads bytes until the line with a single dot, and undoes dot-stuffing.

    Only CRLF . CRLF ends the message (RFC 5321 section 4.1.1.4); a bare LF is content. ``size`` counts all bytes
    of the message, also those beyond ``limit``, which ``feed`` does not return.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self._held = b"\r\n"  # the CRLF of the DATA command begins the first line
        self._virtual = 2  # bytes of that CRLF, which are not part of the message

    def feed(self, data: bytes) -> tuple[bytes, bytes | None]:
        """The bytes of the message in ``data``, and the bytes after its end (None: the message has not ended)."""
        octets = self._held + data
        end = octets.find(END)
        if end >= 0:
            return self._give(octets[: end + 2]), octets[end + len(END) :]
        held = next((size for size in (4, 3, 2, 1) if octets.endswith(END[:size])), 0)
        self._held = octets[len(octets) - held :]
        return self._give(octets[: len(octets) - held]), None

    def _give(self, octets: bytes) -> bytes:
        content = octets.replace(b"\r\n.", b"\r\n")
        skip = min(self._virtual, len(content))
        self._virtual -= skip
        content = content[skip:]
        room = max(self.limit - self.size, 0)
        self.size += len(content)
        return content[:room]


def bdat_line(size: int, last: bool) -> bytes:
    """The BDAT command for a chunk of ``size`` bytes, without CRLF (RFC 3030 section 2)."""
    return f"BDAT {size}{' LAST' if last else ''}".encode()
