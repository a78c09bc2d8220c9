"""Folded header fields, and MIME parts. dialogue/encoding.py has the encodings.

Sources: RFC 5322 (message), RFC 2045 and 2046 (MIME), RFC 6532 (UTF-8 in a header). The ``email`` package of the
standard library is not used, because its import takes longer than a whole test.
"""

from __future__ import annotations

import re

from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

LINE_LIMIT = 998  # bytes of a line without its CRLF (RFC 5322 section 2.1.1)
FOLD_LIMIT = 76  # bytes of a header line with an encoded-word (RFC 2047 section 2); used for every line

_ADDRESS_FIELDS = frozenset(
    (
        *("from", "sender", "reply-to", "to", "cc", "bcc"),
        *("resent-from", "resent-sender", "resent-reply-to", "resent-to", "resent-cc", "resent-bcc"),
    )
)
# Fields whose grammar does not allow an encoded-word (RFC 2047 section 5). They are sent as is.
_EXACT_FIELDS = frozenset(
    (
        *("date", "message-id", "in-reply-to", "references", "resent-date", "resent-message-id"),
        *("return-path", "received", "mime-version"),
        *("content-type", "content-transfer-encoding", "content-disposition", "content-id"),
    )
)
_ASCII = bytes(range(128))

_BLANKS = " \t"
_TOKEN = rb"[ \t]*[^ \t]+"


class Part(Value):
    """One MIME entity: its header fields, and its content, encoded and ending with CRLF."""

    header: tuple[tuple[str, str], ...]
    content: bytes

    def render(self) -> bytes:
        """The bytes of the part: header, empty line, content."""
        return b"".join(field(name, value) for name, value in self.header) + b"\r\n" + self.content


# ---------------------------------------------------------------------------------------------- header fields


def field(name: str, value: str) -> bytes:
    """One header field with its CRLF, encoded if necessary and if its grammar allows it, folded at white space.

    Line endings within ``value`` become spaces, so that a value never starts another field.
    """
    if "\r" in value or "\n" in value:
        value = re.sub(r"[\r\n]+[ \t]*", " ", value)
    return _fold(f"{name}: {_encoded(name, value.strip(_BLANKS))}".encode("utf-8", "replace"))


def _encoded(name: str, value: str) -> str:
    """The value of a field, with encoded-words if it needs them and the grammar allows them."""
    in_names = name.lower() in _ADDRESS_FIELDS
    if value.isascii() if in_names else name.lower() in _EXACT_FIELDS or _is_plain(value, LINE_LIMIT - len(name) - 2):
        return value
    from smtpscope.dialogue.encoding import encode_names, encode_words

    # The first encoded-word is on the line of the name, if enough of the line is left.
    room = min(72, 74 - len(name)) if len(name) <= 34 else 72
    return encode_names(value, room) if in_names else encode_words(value, room)


def _is_plain(text: str, longest: int) -> bool:
    """Whether ``text`` needs no encoding in a header: printable ASCII, and no word longer than ``longest``."""
    printable = text.isascii() and text.replace("\t", " ").isprintable()
    if not printable or len(text) <= longest:
        return printable
    return all(len(token) <= longest for token in re.findall(_TOKEN, text.encode()))


def _fold(line: bytes) -> bytes:
    """Break a line before white space (RFC 5322 section 2.2.3). A word that is too long for a line is not broken."""
    if len(line) <= FOLD_LIMIT:
        return line.rstrip(b" \t") + b"\r\n"
    lines = [b""]
    for index, token in enumerate(re.findall(_TOKEN, line)):
        # Some readers treat a fold after the name as an empty field, so the first word stays on that line if it can.
        limit = LINE_LIMIT if index == 1 and not token.startswith(b" =?") else FOLD_LIMIT
        if lines[-1] and len(lines[-1]) + len(token) > limit:
            lines.append(token)
        else:
            lines[-1] += token
    return b"\r\n".join(lines) + b"\r\n"


# ------------------------------------------------------------------------------------------------- the content


def text_part(body: str, eight_bit: bool, media_type: str = "", transfer: str = "") -> Part:
    """The part for ``body``, with CRLF as line endings, also after the last line.

    ``eight_bit``: 8-bit bytes may be sent without encoding. ``media_type`` and ``transfer`` replace the content type
    and the transfer encoding that are chosen by default. The text is always UTF-8.
    """
    octets = body.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n").encode("utf-8", "replace")
    if octets and not octets.endswith(b"\r\n"):
        octets += b"\r\n"
    charset = "us-ascii" if octets.isascii() else "utf-8"
    transfer = transfer or _choose_transfer(octets, eight_bit)
    header = (
        ("Content-Type", media_type or f"text/plain; charset={charset}"),
        ("Content-Transfer-Encoding", transfer),
    )
    return Part(header, _encode(octets, transfer))


def _choose_transfer(octets: bytes, eight_bit: bool) -> str:
    # 7bit and 8bit are only for short lines without NUL (RFC 2045 section 2.7 and 2.8).
    fits = b"\0" not in octets and not any(True for _ in long_lines(octets))
    if fits and (eight_bit or octets.isascii()):
        return "7bit" if octets.isascii() else "8bit"
    # Quoted-printable adds two bytes for each 8-bit byte, base64 a third of the whole.
    return "quoted-printable" if len(octets.translate(None, _ASCII)) * 6 <= len(octets) else "base64"


def _encode(octets: bytes, transfer: str) -> bytes:
    match transfer.lower():
        case "base64":
            from smtpscope.dialogue.encoding import base64_lines

            return base64_lines(octets)
        case "quoted-printable":
            from binascii import b2a_qp

            return b2a_qp(octets)
        case _:
            return octets


def long_lines(octets: bytes) -> Iterator[int]:
    """The index of each line of more than 998 bytes. Only CRLF ends a line.

    The search goes from the last CRLF within the limit to the next such CRLF, so that most lines are skipped.
    """
    start = 0
    while len(octets) - start > LINE_LIMIT:
        end = octets.rfind(b"\r\n", start, start + LINE_LIMIT + 2)
        if end < 0:
            yield start
            end = octets.find(b"\r\n", start)
            if end < 0:
                return
        start = end + 2


def file_part(name: str, content: bytes, media_type: str) -> Part:
    """The part for an attached file."""
    from smtpscope.dialogue.encoding import base64_lines, parameter

    header = (
        ("Content-Type", media_type),
        ("Content-Transfer-Encoding", "base64"),
        ("Content-Disposition", f"attachment; {parameter('filename', name)}"),
    )
    return Part(header, base64_lines(content))


def mixed(parts: tuple[Part, ...], boundary: str) -> Part:
    """The parts as one multipart/mixed entity (RFC 2046 section 5.1). A number is added to ``boundary`` if a part
    contains it."""
    rendered = [part.render() for part in parts]
    seed, count = boundary, 0
    while any(boundary.encode() in octets for octets in rendered):
        count += 1
        boundary = f"{seed}.{count}"
    delimiter = b"--" + boundary.encode()
    # The CRLF before a delimiter belongs to the delimiter, and each part has its own CRLF, too.
    content = b"".join(delimiter + b"\r\n" + octets + b"\r\n" for octets in rendered) + delimiter + b"--\r\n"
    header = (
        ("Content-Type", f'multipart/mixed; boundary="{boundary}"'),
        ("Content-Transfer-Encoding", "7bit" if content.isascii() else "8bit"),
    )
    return Part(header, content)
