"""Replies: what a server says, kept octet for octet, with what is wrong about it."""

from __future__ import annotations

from enum import StrEnum

from smtpscope.values import Value


class Defect(StrEnum):
    """What is wrong with a reply that was received. It is judged and shown, never thrown away."""

    BARE_LF = "bare-lf"
    BARE_CR = "bare-cr"
    NO_CODE = "no-code"
    CODE_RANGE = "code-range"
    SEPARATOR = "separator"
    MIXED_CODES = "mixed-codes"
    CLASS_MISMATCH = "class-mismatch"
    LONG_LINE = "long-line"
    TOO_LONG = "too-long"
    EIGHT_BIT = "eight-bit"
    CONTROL = "control"
    TRUNCATED = "truncated"


class EnhancedCode(Value):
    """An enhanced status code ``class.subject.detail`` (RFC 3463 section 2)."""

    klass: int
    subject: int
    detail: int

    def __str__(self) -> str:
        return f"{self.klass}.{self.subject}.{self.detail}"


class Reply(Value):
    """One reply, of one or more lines (RFC 5321 section 4.2).

    code      its three digits as a number, 0 where none could be read (see defects)
    lines     the text of each line behind code and separator, decoded as UTF-8 with surrogateescape;
              an enhanced code stays in it, as it was sent
    enhanced  the enhanced code of the last line that has one
    raw       the octets received, line ends included; cut at the reader's limit
    defects   what is wrong with it, each named once, in the order found
    dropped   octets beyond the limit, counted and not kept
    """

    code: int
    lines: tuple[str, ...] = ("",)
    enhanced: EnhancedCode | None = None
    raw: bytes = b""
    defects: tuple[Defect, ...] = ()
    dropped: int = 0

    @property
    def kind(self) -> int:
        """The first digit of the code: 2 done, 3 go on, 4 refused for now, 5 refused for good, 0 no code."""
        return self.code // 100

    @property
    def text(self) -> str:
        """The lines joined by line feeds."""
        return "\n".join(self.lines)
