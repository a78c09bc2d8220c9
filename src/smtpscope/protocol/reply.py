"""Replies: what a server says, kept octet for octet, with what is wrong about it."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING, Value, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Defect(Vocabulary):
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
    def is_sound(self) -> bool:
        """Whether the code can be believed: the reply has an end, and each of its lines the same code."""
        return not any(defect in _VOID for defect in self.defects)

    @property
    def text(self) -> str:
        """The lines joined by line feeds."""
        return "\n".join(self.lines)


# What voids the code of a reply: it has no end, its lines disagree, or what looks like a code is part of a word.
_VOID = (Defect.TOO_LONG, Defect.TRUNCATED, Defect.MIXED_CODES, Defect.SEPARATOR)

# RFC 5321 section 4.5.3.1.5: a reply line holds at most 512 octets, CRLF included.
LINE_LIMIT = 512

# Octets that may steer a terminal; HT is harmless, CR and LF are looked at as line ends.
_CONTROL = bytes([*range(9), *range(14, 32), 11, 12, 127])


def read_code(value: object) -> int:
    """A reply code as a record of JSON may hold it: a number, or three digits as text; 0 where no code was read.

    Raises ValueError for anything else, such as 550.5, true or 5500.
    """
    if isinstance(value, str) and len(value) == 3 and value.isascii() and value.isdigit():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 999:
        return value
    raise ValueError("this is no reply code")


class ReplyReader:
    """Turns octets, in pieces of any size, into replies. Keeps at most ``max_reply`` octets of each.

    A line longer than ``max_line`` octets is cut. A reply that goes on past four times ``max_reply`` is given out as it
    stands (TOO_LONG), so that a flood can be neither a hang nor a full memory. Never raises for what a peer sends.
    """

    def __init__(self, max_line: int = 8192, max_reply: int = 65536) -> None:
        self._max_line, self._max_reply = max_line, max_reply
        self._skipping = False  # behind a flood: what is left of its line belongs to no reply
        self._line = bytearray()
        self._begin()

    def _begin(self) -> None:
        self._line.clear()
        self._cut, self._last = 0, b""  # octets of this line beyond the limit, and its last octet
        self._lines: list[bytes] = []
        self._kept = self._dropped = 0
        self._codes: list[int] = []

    def feed(self, data: bytes) -> list[Reply]:
        """The replies that ``data`` completes, in order."""
        replies = []
        start = 0
        while start < len(data):
            room = 4 * self._max_reply - self._size
            end = data.find(b"\n", start, start + room) + 1 or min(len(data), start + room)
            reply = self._take(data[start:end])
            start = end
            if reply:
                replies.append(reply)
        return replies

    @property
    def pending(self) -> bytes:
        """What was received of a reply that is not complete."""
        return b"".join(self._lines) + bytes(self._line)

    def close(self) -> Reply | None:
        """The unfinished reply at the end of the connection (TRUNCATED), or None."""
        if not self._size:
            return None
        if self._line:
            self._end_line()
        return self._finish([Defect.TRUNCATED])

    @property
    def _size(self) -> int:
        return self._kept + self._dropped + self._cut + len(self._line)

    def _take(self, piece: bytes) -> Reply | None:
        """Add a piece that ends at a line end or earlier."""
        ended = piece.endswith(b"\n")
        if self._skipping:
            self._skipping = not ended
            return None
        room = max(self._max_line - len(self._line), 0)
        self._line += piece[:room]
        self._cut += max(len(piece) - room, 0)
        before, self._last = piece[-2:-1] or self._last, piece[-1:]
        if ended and self._cut:  # the end of a line that was cut is kept, so that the raw octets still are lines
            end = b"\r\n" if before == b"\r" and self._cut > 1 else b"\n"
            self._line += end
            self._cut -= len(end)
        if ended and self._end_line():
            return self._finish([])
        if self._size >= 4 * self._max_reply:
            self._skipping = not ended
            self._end_line()
            return self._finish([Defect.TOO_LONG])
        return None

    def _end_line(self) -> bool:
        """Close the line being read. Returns whether it ends the reply."""
        line = bytes(self._line)
        self._line.clear()
        self._dropped += self._cut
        self._cut, self._last = 0, b""
        code, last = _read_code(line)
        if code is None:
            last = not self._codes  # a line without a code inside of a multi-line reply belongs to it
        else:
            self._codes.append(code)
        if self._kept + len(line) <= self._max_reply:
            self._lines.append(line)
            self._kept += len(line)
        else:
            self._dropped += len(line)
        return last

    def _finish(self, defects: list[Defect]) -> Reply:
        if self._dropped:
            defects.append(Defect.TOO_LONG)
        code = self._codes[-1] if self._codes else None
        if len(set(self._codes)) > 1:
            defects.append(Defect.MIXED_CODES)
        reply = _make_reply(code, self._lines, defects, self._dropped)
        self._begin()
        return reply


def parse_reply(raw: bytes) -> Reply:
    """The first reply in ``raw``, which may lack its last line end. Never raises."""
    reader = ReplyReader()
    replies = reader.feed(raw if raw.endswith(b"\n") else raw + b"\r\n")
    last = replies[0] if replies else reader.close()
    return last or Reply(0, defects=(Defect.NO_CODE,))


def format_reply(code: int, lines: Sequence[str], enhanced: str = "") -> bytes:
    """A reply as a server sends it (RFC 5321 section 4.2.1), with ``enhanced`` before each line's text (RFC 2034)."""
    prefix = f"{enhanced} " if enhanced else ""
    texts = [prefix + line for line in lines or [""]]
    shown = [f"{code:03d}-{text}\r\n" for text in texts[:-1]] + [f"{code:03d} {texts[-1]}\r\n"]
    return "".join(shown).encode("utf-8", "surrogateescape")


def _read_code(line: bytes) -> tuple[int | None, bool]:
    """The code of a line, if it has one, and whether the line is the last of its reply."""
    if not _has_code(line):
        return None, False
    return int(line[:3]), line[3:4] != b"-"


def _has_code(line: bytes) -> bool:
    return len(line) >= 3 and line[:3].isdigit() and not line[3:4].isdigit()


def _make_reply(code: int | None, lines: list[bytes], defects: list[Defect], dropped: int) -> Reply:
    texts = [_text(line) for line in lines] or [""]
    enhanced = None
    for text in texts:
        enhanced = _read_enhanced(text) or enhanced
    raw = b"".join(lines)
    found = [*_line_defects(raw, lines), *_code_defects(code, enhanced), *defects]
    return Reply(code or 0, tuple(texts), enhanced, raw, tuple(dict.fromkeys(found)), dropped)


def _read_enhanced(text: str) -> EnhancedCode | None:
    """The enhanced code that ``text`` begins with (RFC 3463 section 2)."""
    head = text[: len(text) - len(text.lstrip("0123456789."))]
    parts = head.split(".")
    if len(parts) != 3 or parts[0] not in ("2", "4", "5") or not all(0 < len(part) <= 3 for part in parts):
        return None
    return EnhancedCode(*map(int, parts))


def _text(line: bytes) -> str:
    """The text of a line, without code, separator and line end."""
    body = line.removesuffix(b"\n").removesuffix(b"\r")
    if _has_code(body):
        body = body[4:] if body[3:4] in (b" ", b"-") else body[3:]
    return body.decode("utf-8", "surrogateescape")


def _line_defects(raw: bytes, lines: list[bytes]) -> Iterator[Defect]:
    stripped = raw.replace(b"\r\n", b"")
    if b"\n" in stripped:
        yield Defect.BARE_LF
    if b"\r" in stripped:
        yield Defect.BARE_CR
    if any(not _has_code(line) for line in lines):
        yield Defect.NO_CODE
    if any(_has_code(line) and line[3:4] not in b" -\r\n" for line in lines):
        yield Defect.SEPARATOR
    if any(len(line) > LINE_LIMIT for line in lines):
        yield Defect.LONG_LINE
    if not raw.isascii():
        yield Defect.EIGHT_BIT
    if len(raw.translate(None, _CONTROL)) < len(raw):
        yield Defect.CONTROL


def _code_defects(code: int | None, enhanced: EnhancedCode | None) -> Iterator[Defect]:
    if code is not None and (code // 100 not in (2, 3, 4, 5) or code // 10 % 10 > 5):  # RFC 5321 section 4.2.1
        yield Defect.CODE_RANGE
    if code is not None and enhanced and enhanced.klass != code // 100:  # RFC 2034 section 4
        yield Defect.CLASS_MISMATCH
