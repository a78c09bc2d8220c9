"""The message that is being typed: its header as far as it is there, and the whole of it once it is sent. Pure."""

from __future__ import annotations

from smtpscope.protocol.body import DataReader

HEADER, BODY, CHUNK = "header", "body", "chunk"
"""What a line of content belongs to: the header of a message, its body, a chunk of BDAT."""


class Draft:
    """Takes the octets of one message as they are sent. ``headed``: names of its header fields, in lower case."""

    def __init__(self) -> None:
        self.part = HEADER
        self.headed: tuple[str, ...] = ()
        self._octets = bytearray()
        self._line = b""

    def add(self, octets: bytes) -> None:
        """A line of the message, or more of it."""
        self._octets += octets
        if self.part != HEADER:
            return
        *lines, self._line = (self._line + octets).split(b"\n")
        for line in lines:
            self._add_line(line.removesuffix(b"\r"))

    def _add_line(self, line: bytes) -> None:
        name, colon, _value = line.partition(b":")
        if not line:
            self.part = BODY
        elif colon and self.part == HEADER:
            self.headed = (*self.headed, name.strip().lower().decode("utf-8", "surrogateescape"))

    def content(self) -> bytes:
        """The message as the server has it: up to its end, dots undone (RFC 5321 section 4.5.2)."""
        return DataReader(len(self._octets)).feed(bytes(self._octets))[0]
