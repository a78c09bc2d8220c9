"""The message on the wire: dot-stuffing (RFC 5321 section 4.5.2) and chunks (RFC 3030)."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

END = b"\r\n.\r\n"


# Bytes of a message that go out in one write with its end. Of a larger one, the end goes out by itself, so that a
# reply which comes before it is seen to come before it.
WHOLE = 16384


def stuff(message: bytes, block: int = 262144) -> Iterator[bytes]:
    """``message`` in blocks of about ``block`` octets, its leading dots doubled, the closing dot at the end.

    Only a line that CRLF began counts as a line. A message that does not end with CRLF is given one.
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
    """A BDAT chunk in blocks of at most ``block`` octets; the last octets of a large one go out by themselves."""
    whole = len(chunk) if len(chunk) <= WHOLE else len(chunk) - 1024
    yield from (chunk[start : min(start + block, whole)] for start in range(0, whole, block))
    if whole < len(chunk):
        yield chunk[whole:]


class DataReader:
    """The server's side of DATA: takes octets until the lone dot, undoes dot-stuffing.

    Only CRLF . CRLF ends the message (RFC 5321 section 4.1.1.4); a bare LF is content. ``size`` counts the octets
    of the message; those beyond ``limit`` are counted and not given out.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self._held = b"\r\n"  # the line end of the DATA command begins the first line
        self._virtual = 2

    def feed(self, data: bytes) -> tuple[bytes, bytes | None]:
        """The message octets in ``data``, and what follows the end of the message (None: it has not ended)."""
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
    """The BDAT command for a chunk of ``size`` octets, without CRLF (RFC 3030 section 2)."""
    return f"BDAT {size}{' LAST' if last else ''}".encode()
