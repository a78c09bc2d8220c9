"""Checks a message before it is sent: violations of RFC 5322, and what a server may misread.

To check many megabytes in a fraction of a second, only the header is read line by line, and only as much of it as
servers read themselves.
"""

from __future__ import annotations

import re

from smtpscope.dialogue.mime import LINE_LIMIT, long_lines
from smtpscope.values import TYPE_CHECKING, Value, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADER_LIMIT = 128 * 1024  # bytes of the header that are read; servers accept about as much

ERROR, WARNING = "error", "warning"

# Fields that may occur only once (RFC 5322 section 3.6, RFC 2045 section 3): lower-case name -> name.
_ONCE = {
    name.lower(): name
    for name in (
        *("Date", "From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Message-ID", "In-Reply-To", "References"),
        *("Subject", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"),
    )
}
_REQUIRED = ("Date", "From")  # RFC 5322 section 3.6

# Translated field names, as mail programs show them and people type them.
_TRANSLATIONS = {
    "Subject": "主题 主題 主旨 标题 標題 题目 題目 件名",
    "From": "发件人 發件人 寄件人 寄件者 发信人 發信人 差出人",
    "To": "收件人 收件者 收信人 宛先",
    "Cc": "抄送 抄送人 副本",
    "Bcc": "密送 密送人 密件抄送 密件副本 暗送",
    "Date": "日期 发件日期 发送日期 发送时间 發送日期 發送時間 寄件日期 日付 送信日時",
    "Reply-To": "回复 回复至 回复地址 回覆 回覆至 回覆地址 返信先",
    "Content-Type": "内容类型 內容類型",
}
_MEANT = _ONCE | {word: name for name, words in _TRANSLATIONS.items() for word in words.split()}
_NARROW = {0xFEE0 + code: code for code in range(0x21, 0x7F)}  # full-width forms to ASCII
_WRITTEN = r"([^:：]{1,40})[:：]"

_FTEXT = bytes({*range(33, 127)} - {ord(":")})  # characters allowed in a field name (RFC 5322 section 2.2)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class RemarkId(Vocabulary):
    """The fault. The names of its details are in brackets; render.lint has the sentences."""

    HEADER_TRANSLATED = "header-translated"  # [written, meant, count]
    BYTE_ORDER_MARK = "byte-order-mark"
    HEADER_SYNTAX = "header-syntax"  # [count]
    NO_EMPTY_LINE = "no-empty-line"
    NO_BODY = "no-body"
    MISSING_HEADER = "missing-header"  # [names]
    DUPLICATE_HEADER = "duplicate-header"  # [names]
    HEADER_8BIT = "header-8bit"  # [count]
    BARE_LF = "bare-lf"  # [count]
    BARE_CR = "bare-cr"  # [count]
    NUL = "nul"  # [count]
    LONG_LINE = "long-line"  # [count, limit, length]


class Remark(Value):
    """One fault of a message: its id, the first line with it (from 1), error or warning, and (name, value) pairs."""

    id: RemarkId
    line: int
    severity: str
    details: tuple[tuple[str, str], ...] = ()


def _remark(id_: RemarkId, line: int, severity: str = ERROR, **details: object) -> Remark:
    return Remark(id_, line, severity, tuple((name, str(value)) for name, value in details.items()))


def lint(message: bytes, utf8: bool = False) -> tuple[Remark, ...]:
    """The faults of ``message``, at most one remark of each id, in the order of lines. Never raises.

    ``utf8``: the message is sent with SMTPUTF8, so that UTF-8 in its header is valid (RFC 6532).
    """
    header = _Header(message)
    remarks = [*_lint_structure(header), *_lint_fields(header, utf8), *_lint_octets(message)]
    return tuple(sorted(remarks, key=lambda remark: remark.line))


class _Header:
    """The header, read leniently. The lists have line numbers, counted from 1.

    fields      line numbers by lower-case name
    translated  (line number, name as written, the correct name)
    eight_bit   lines of fields that are not ASCII
    strange     lines that are neither a field nor a continuation, before the last field
    stray       such lines after the last field: most likely the text of the message
    ended       whether an empty line ends the header
    utf8        whether the header is valid UTF-8
    cut         whether the header is longer than HEADER_LIMIT
    count       number of lines
    """

    def __init__(self, message: bytes) -> None:
        end = _find_end(message)
        self.ended = end >= 0
        head = message[: end if self.ended else len(message)]
        self.cut = len(head) > HEADER_LIMIT
        lines = head[:HEADER_LIMIT].split(b"\n") if head else []
        if lines and (self.cut or not lines[-1]):
            lines.pop()
        self.byte_order_mark = message.startswith(_BYTE_ORDER_MARK)
        if self.byte_order_mark and lines:
            lines[0] = lines[0].removeprefix(_BYTE_ORDER_MARK)
        self.count = len(lines)
        self.utf8 = _is_utf8(b"\n".join(lines))
        self.fields: dict[str, list[int]] = {}
        self.translated: list[tuple[int, str, str]] = []
        self.eight_bit: list[int] = []
        self.strange: list[int] = []
        self.stray: list[int] = []
        in_field = False
        for number, line in enumerate(lines, 1):
            if not in_field or line[:1] not in (b" ", b"\t"):
                in_field = self._start(number, line)
            if in_field and not line.isascii():
                self.eight_bit.append(number)

    def _start(self, number: int, line: bytes) -> bool:
        """Read a line that is not a continuation. Returns whether it starts a field."""
        name = _field_name(line)
        # "Note:" within a text looks like a field. So after a line that is not a field, only known names count.
        if name and (not self.stray or name in _ONCE or name.startswith("x-")):
            self.fields.setdefault(name, []).append(number)
            self._resume()
            return True
        written, meant = _translated(line)
        if meant:
            self.translated.append((number, written, meant))
            self._resume()
        else:
            self.stray.append(number)
        return False

    def _resume(self) -> None:
        """A field follows: the stray lines were within the header."""
        self.strange += self.stray
        self.stray.clear()


def _field_name(line: bytes) -> str:
    """The name of the field that ``line`` begins, in lower case; empty if it begins none. White space before the
    colon is obsolete syntax, but allowed (RFC 5322 section 4.5)."""
    written, colon, _value = line.partition(b":")
    name = written.rstrip(b" \t")
    return name.decode().lower() if colon and not name.translate(None, _FTEXT) else ""


def _find_end(message: bytes) -> int:
    """The index at which the header ends before an empty line; -1 if there is none. A bare LF ends a line here."""
    if message.startswith((b"\n", b"\r\n")):
        return 0
    return min((end for end in (message.find(b"\n\r\n"), message.find(b"\n\n")) if end >= 0), default=-1)


def _is_utf8(octets: bytes) -> bool:
    try:
        octets.decode()
    except UnicodeDecodeError:
        return False
    return True


def _translated(line: bytes) -> tuple[str, str]:
    """The translated field name at the start of ``line``, as written, and the correct name; empty if there is none."""
    if line.isascii():
        return "", ""
    for encoding in ("utf-8", "gb18030", "big5"):
        match = re.match(_WRITTEN, line[:80].decode(encoding, "ignore"))
        meant = _MEANT.get(match[1].translate(_NARROW).strip().lower(), "") if match else ""
        if match and meant:
            return match[0].strip(), meant
    return "", ""


# -------------------------------------------------------------------------------------------------- the header


def _lint_structure(header: _Header) -> Iterator[Remark]:
    if header.translated:
        number, written, meant = header.translated[0]
        count = len(header.translated)
        yield _remark(RemarkId.HEADER_TRANSLATED, number, written=written, meant=meant, count=count)
    strange, stray = header.strange, header.stray
    if len(stray) == 1 and header.ended:  # a single line before the empty line is more likely a field with a fault
        strange, stray = strange + stray, []
    if header.byte_order_mark:
        yield _remark(RemarkId.BYTE_ORDER_MARK, 1)
    elif strange:
        yield _remark(RemarkId.HEADER_SYNTAX, strange[0], count=len(strange))
    if stray:
        yield _remark(RemarkId.NO_EMPTY_LINE, stray[0])
    elif not header.ended and not header.cut:
        yield _remark(RemarkId.NO_BODY, max(header.count, 1), WARNING)


def _lint_fields(header: _Header, utf8: bool) -> Iterator[Remark]:
    present = header.fields.keys() | {meant.lower() for _number, _written, meant in header.translated}
    missing = [name for name in _REQUIRED if name.lower() not in present]
    if missing and not header.cut:
        severity = ERROR if "From" in missing else WARNING
        yield _remark(RemarkId.MISSING_HEADER, 1, severity, names=", ".join(missing))
    repeated = {name: lines for name, lines in header.fields.items() if name in _ONCE and len(lines) > 1}
    if repeated:
        shown = ", ".join(f"{_ONCE[name]} ({len(lines)})" for name, lines in repeated.items())
        yield _remark(RemarkId.DUPLICATE_HEADER, min(lines[1] for lines in repeated.values()), names=shown)
    if header.eight_bit and not (utf8 and header.utf8):
        severity = WARNING if header.utf8 else ERROR
        yield _remark(RemarkId.HEADER_8BIT, header.eight_bit[0], severity, count=len(header.eight_bit))


# -------------------------------------------------------------------------------------------- the whole message


def _lint_octets(message: bytes) -> Iterator[Remark]:
    bare = message.replace(b"\r\n", b"  ")  # of the same length, so that offsets remain the same
    if lfs := bare.count(b"\n"):
        yield _remark(RemarkId.BARE_LF, _line(message, bare.find(b"\n")), count=lfs)
    if crs := bare.count(b"\r"):
        yield _remark(RemarkId.BARE_CR, _line(message, bare.find(b"\r")), count=crs)
    if nuls := message.count(b"\0"):
        yield _remark(RemarkId.NUL, _line(message, message.find(b"\0")), count=nuls)
    if overlong := list(long_lines(message)):
        end = message.find(b"\r\n", overlong[0])
        length = (end if end >= 0 else len(message)) - overlong[0]
        yield _remark(
            RemarkId.LONG_LINE,
            _line(message, overlong[0]),
            count=len(overlong),
            limit=LINE_LIMIT,
            length=length,
        )


def _line(message: bytes, offset: int) -> int:
    """The number of the line at ``offset``, counted from 1."""
    return message.count(b"\n", 0, offset) + 1
