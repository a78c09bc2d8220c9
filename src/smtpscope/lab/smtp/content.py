"""The message while it is received: its end, its size, and the spool that it is written to."""

from __future__ import annotations

from smtpscope.protocol.body import END, DataReader
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Protocol

    from smtpscope.lab.mail import Spool

    class EndReader(Protocol):
        """Finds the end of the message, as protocol.body.DataReader does."""

        def feed(self, data: bytes) -> tuple[bytes, bytes | None]: ...


# Bytes of the beginning that are held, for rules about the header and the text.
HEAD = 65536


class Content:
    """A message that is being received. Bytes beyond ``limit`` are counted and not stored."""

    def __init__(self, spool: Spool, limit: int) -> None:
        self.spool = spool
        self.size = 0
        self.longest_line = 0
        self._limit = limit
        self._head = bytearray()
        self._line = 0

    def add(self, octets: bytes) -> None:
        """Add a block of the message."""
        room = max(self._limit - self.size, 0)
        self.size += len(octets)
        kept = octets[:room]
        if len(self._head) < HEAD:
            self._head += kept[: HEAD - len(self._head)]
        self.spool.write(kept)
        self._measure(octets)

    @property
    def too_large(self) -> bool:
        """Whether it is larger than the limit."""
        return self.size > self._limit

    @property
    def text(self) -> str:
        """The first 64 KiB, lines joined by LF, for the patterns of rules."""
        return bytes(self._head).replace(b"\r\n", b"\n").decode("utf-8", "surrogateescape")

    def _measure(self, octets: bytes) -> None:
        first, end, rest = octets.partition(b"\n")
        self._line += len(first)
        self.longest_line = max(self.longest_line, self._line)
        if end:
            lines = rest.split(b"\n")
            self.longest_line = max(self.longest_line, *map(len, lines))
            self._line = len(lines[-1])


class TolerantReader:
    """Ends the message at other bytes than CRLF . CRLF, too, as servers open to SMTP smuggling do (CVE-2023-51764)."""

    def __init__(self, ends: tuple[bytes, ...]) -> None:
        self._ends = (END, *ends)
        self._held = b"\r\n"  # the line end of the DATA command begins the first line
        self._virtual = 2

    def feed(self, data: bytes) -> tuple[bytes, bytes | None]:
        """The bytes of the message in ``data``, and what follows its end (None: it has not ended)."""
        octets = self._held + data
        found = [(octets.find(end), -len(end), end) for end in self._ends if end in octets]
        if found:
            place, _, end = min(found)
            return self._give(octets[: place + end.index(b".")]), octets[place + len(end) :]
        held = max(
            (size for end in self._ends for size in range(1, len(end)) if octets.endswith(end[:size])), default=0
        )
        self._held = octets[len(octets) - held :]
        return self._give(octets[: len(octets) - held]), None

    def _give(self, octets: bytes) -> bytes:
        content = octets.replace(b"\r\n.", b"\r\n")
        skip = min(self._virtual, len(content))
        self._virtual -= skip
        return content[skip:]


def end_reader(ends: tuple[bytes, ...]) -> EndReader:
    """The reader of DATA: strict, or tolerant if the scenario has further ``ends``."""
    return TolerantReader(ends) if ends else DataReader(1 << 62)
