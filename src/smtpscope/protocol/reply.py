"""Replies of a server: every byte as received, and the defects of each reply."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING, Value, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Defect(Vocabulary):
    """What is wrong with a received reply. A reply with a defect is shown and explained like any other."""

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

    code      its three digits as a number; 0 if none could be read (see defects)
    lines     the text of each line after code and separator, decoded as UTF-8 with surrogateescape;
              an enhanced status code remains in it, as sent
    enhanced  the enhanced status code of the last line that has one
    raw       the bytes received, with line endings; cut at the reader's limit
    defects   what is wrong with it, each defect once, in the order found
    dropped   how many bytes beyond the limit were not kept
    """

    code: int
    lines: tuple[str, ...] = ("",)
    enhanced: EnhancedCode | None = None
    raw: bytes = b""
    defects: tuple[Defect, ...] = ()
    dropped: int = 0

    @property
    def kind(self) -> int:
        """The first digit of the code: 2 accepted, 3 continue, 4 temporary failure, 5 permanent failure; 0 no code."""
        return self.code // 100

    @property
    def is_sound(self) -> bool:
        """Whether the code is reliable: the reply is complete, and all its lines have the same code."""
        return not any(defect in _VOID for defect in self.defects)

    @property
    def text(self) -> str:
        """The lines joined by line feeds."""
        return "\n".join(self.lines)


# Defects that make the code unreliable: the reply has no end, its lines have different codes, or the three digits
# are part of a word.
_VOID = (Defect.TOO_LONG, Defect.TRUNCATED, Defect.MIXED_CODES, Defect.SEPARATOR)

# RFC 5321 section 4.5.3.1.5: a reply line has at most 512 bytes, with its CRLF.
LINE_LIMIT = 512

# Bytes that may control a terminal. HT is harmless; CR and LF have defects of their own.
_CONTROL = bytes([*range(9), *range(14, 32), 11, 12, 127])


def read_code(value: object) -> int:
    """The reply code in a JSON value: a number from 0 (no code was read) to 999, or a text of three digits.

    Raises ValueError for anything else, such as 550.5, true, or 5500.
    """
    if isinstance(value, str) and len(value) == 3 and value.isascii() and value.isdigit():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 999:
        return value
    raise ValueError("not a valid reply code")


class ReplyReader:
    """Turns bytes, in pieces of any size, into replies. Keeps at most ``max_reply`` bytes of each reply.

    A line longer than ``max_line`` bytes is cut. A reply longer than four times ``max_reply`` is returned unfinished
    (TOO_LONG), so that an endless reply can neither block the reader nor fill the memory. Never raises for what a
    peer sends.
    """

    def __init__(self, max_line: int = 8192, max_reply: int = 65536) -> None:
        self._max_line, self._max_reply = max_line, max_reply
        self._skipping = False  # after an endless reply: the rest of its line belongs to no reply
        self._line = bytearray()
        self._begin()

    def _begin(self) -> None:
        """Forget the last reply and expect the next one."""
        self._line.clear()
        self._cut, self._last = 0, b""  # how many bytes of this line were not kept, and its last byte
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
        """The bytes of a reply that is not complete."""
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
        """Add a piece that ends at a line ending or earlier. Returns the reply that it completes, if any."""
        ended = piece.endswith(b"\n")
        if self._skipping:
            self._skipping = not ended
            return None
        room = max(self._max_line - len(self._line), 0)
        self._line += piece[:room]
        self._cut += max(len(piece) - room, 0)
        before, self._last = piece[-2:-1] or self._last, piece[-1:]
        if ended and self._cut:  # keep the line ending of a line that was cut, so that ``raw`` still consists of lines
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
        if _has_code(line):
            self._codes.append(int(line[:3]))
            last = line[3:4] != b"-"
        else:
            last = not self._codes  # within a multi-line reply, a line without a code belongs to the reply
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
    """The first reply in ``raw``, whose last line ending may be missing. Never raises."""
    reader = ReplyReader()
    replies = reader.feed(raw if raw.endswith(b"\n") else raw + b"\r\n")
    last = replies[0] if replies else reader.close()
    return last or Reply(0, defects=(Defect.NO_CODE,))


def format_reply(code: int, lines: Sequence[str], enhanced: str = "") -> bytes:
    """A reply as a server sends it (RFC 5321 section 4.2.1), with ``enhanced`` before the text of each line (RFC 2034).

    ``lines`` are the texts without line endings; without any, the reply has one empty line.
    """
    prefix = f"{enhanced} " if enhanced else ""
    texts = [prefix + line for line in lines or [""]]
    shown = [f"{code:03d}-{text}\r\n" for text in texts[:-1]] + [f"{code:03d} {texts[-1]}\r\n"]
    return "".join(shown).encode("utf-8", "surrogateescape")


def _has_code(line: bytes) -> bool:
    """Whether ``line`` begins with exactly three digits."""
    return len(line) >= 3 and line[:3].isdigit() and not line[3:4].isdigit()


def _make_reply(code: int | None, lines: list[bytes], defects: list[Defect], dropped: int) -> Reply:
    texts = [_text(line) for line in lines] or [""]
    enhanced = None
    for text in texts:
        enhanced = _read_enhanced(text) or enhanced
    raw = b"".join(lines)
    found = [*_find_defects(raw, lines, code, enhanced), *defects]
    return Reply(code or 0, tuple(texts), enhanced, raw, tuple(dict.fromkeys(found)), dropped)


def _read_enhanced(text: str) -> EnhancedCode | None:
    """The enhanced status code at the start of ``text`` (RFC 3463 section 2); None if there is none."""
    head = text[: len(text) - len(text.lstrip("0123456789."))]
    parts = head.split(".")
    if len(parts) != 3 or parts[0] not in ("2", "4", "5") or not all(0 < len(part) <= 3 for part in parts):
        return None
    return EnhancedCode(*map(int, parts))


def _text(line: bytes) -> str:
    """The text of a line, without code, separator, and line ending."""
    body = line.removesuffix(b"\n").removesuffix(b"\r")
    if _has_code(body):
        body = body[4:] if body[3:4] in (b" ", b"-") else body[3:]
    return body.decode("utf-8", "surrogateescape")


def _find_defects(raw: bytes, lines: list[bytes], code: int | None, enhanced: EnhancedCode | None) -> Iterator[Defect]:
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
    if code is not None and (code // 100 not in (2, 3, 4, 5) or code // 10 % 10 > 5):  # RFC 5321 section 4.2.1
        yield Defect.CODE_RANGE
    if code is not None and enhanced and enhanced.klass != code // 100:  # RFC 2034 section 4
        yield Defect.CLASS_MISMATCH
