"""The message that is being typed: its header so far, and the whole message after it is sent. No I/O."""

from __future__ import annotations

from smtpscope.protocol.body import DataReader

HEADER, BODY, CHUNK = "header", "body", "chunk"
"""The part that a line of content belongs to: the header of a message, its body, or a chunk of BDAT."""


class Draft:
    """Takes the bytes of one message as they are sent. ``headed``: the names of its header fields, in lower case."""

    def __init__(self) -> None:
        self.part = HEADER
        self.headed: tuple[str, ...] = ()
        self._octets = bytearray()
        self._line = b""

    def add(self, octets: bytes) -> None:
        """Add bytes of the message, in pieces of any size."""
        self._octets += octets
        if self.part != HEADER:
            return
        *lines, self._line = (self._line + octets).split(b"\n")
        for line in lines:
            name, colon, _value = line.removesuffix(b"\r").partition(b":")
            if not name and not colon:
                self.part = BODY
                return
            if colon:
                self.headed = (*self.headed, name.strip().lower().decode("utf-8", "surrogateescape"))

    def content(self) -> bytes:
        """The message as the server stores it: up to its end, without dot-stuffing (RFC 5321 section 4.5.2)."""
        return DataReader(len(self._octets)).feed(bytes(self._octets))[0]
