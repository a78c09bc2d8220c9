"""The forms that text takes in a message: folded header fields, MIME parts. Encodings are in dialogue/encoding.py.

Sources: RFC 5322 (message), RFC 2045 and 2046 (MIME), RFC 6532 (UTF-8 in a header). The standard library's ``email``
is not used: its import takes longer than a whole test.
"""

from __future__ import annotations

import re

from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

LINE_LIMIT = 998  # octets of a line without its CRLF (RFC 5322 section 2.1.1)
FOLD_LIMIT = 76  # octets of a header line that has an encoded-word (RFC 2047 section 2); good for every other line

_ADDRESS_FIELDS = frozenset(
    (
        *("from", "sender", "reply-to", "to", "cc", "bcc"),
        *("resent-from", "resent-sender", "resent-reply-to", "resent-to", "resent-cc", "resent-bcc"),
    )
)
# Fields whose grammar has no place for an encoded-word (RFC 2047 section 5): sent as they are.
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
    """One MIME entity: the fields that describe the content, and the content, encoded, ending in CRLF."""

    header: tuple[tuple[str, str], ...]
    content: bytes

    def render(self) -> bytes:
        """The part as it stands in a message: header, empty line, content."""
        return b"".join(field(name, value) for name, value in self.header) + b"\r\n" + self.content


# ---------------------------------------------------------------------------------------------- header fields


def field(name: str, value: str) -> bytes:
    """One header field with its CRLF, encoded where the grammar allows it, folded at white space.

    Line ends within ``value`` become spaces, so that a value never starts another field.
    """
    if "\r" in value or "\n" in value:
        value = re.sub(r"[\r\n]+[ \t]*", " ", value)
    return _fold(f"{name}: {_encoded(name, value.strip(_BLANKS))}".encode("utf-8", "replace"))


def _encoded(name: str, value: str) -> str:
    """The value of a field, with encoded-words where it needs them and the grammar has a place for them."""
    in_names = name.lower() in _ADDRESS_FIELDS
    if value.isascii() if in_names else name.lower() in _EXACT_FIELDS or _is_plain(value, LINE_LIMIT - len(name) - 2):
        return value
    from smtpscope.dialogue.encoding import encode_names, encode_words

    # The first encoded-word shares its line with the name, if that leaves a good part of the line.
    room = min(72, 74 - len(name)) if len(name) <= 34 else 72
    return encode_names(value, room) if in_names else encode_words(value, room)


def _is_plain(text: str, longest: int) -> bool:
    """Whether ``text`` may stand in a header as it is: printable ASCII, and no word longer than ``longest``."""
    printable = text.isascii() and text.replace("\t", " ").isprintable()
    if not printable or len(text) <= longest:
        return printable
    return all(len(token) <= longest for token in re.findall(_TOKEN, text.encode()))


def _fold(line: bytes) -> bytes:
    """Break a line before white space (RFC 5322 section 2.2.3). A word that is too long for any line stays whole."""
    if len(line) <= FOLD_LIMIT:
        return line.rstrip(b" \t") + b"\r\n"
    lines = [b""]
    for index, token in enumerate(re.findall(_TOKEN, line)):
        # Some readers take a fold right after the name for an empty field, so the first word stays there if it may.
        limit = LINE_LIMIT if index == 1 and not token.startswith(b" =?") else FOLD_LIMIT
        if lines[-1] and len(lines[-1]) + len(token) > limit:
            lines.append(token)
        else:
            lines[-1] += token
    return b"\r\n".join(lines) + b"\r\n"


# ------------------------------------------------------------------------------------------------- the content


def text_part(body: str, eight_bit: bool, media_type: str = "", transfer: str = "") -> Part:
    """The part for ``body``, its line ends made CRLF, the last one added.

    ``eight_bit``: 8-bit octets may travel as they are. ``media_type`` and ``transfer`` take the place of the content
    type and the transfer encoding that would be chosen; the text is UTF-8 in any case.
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
    # No encoding is for short lines without NUL only (RFC 2045 section 2.7 and 2.8).
    fits = b"\0" not in octets and not any(True for _ in long_lines(octets))
    if fits and (eight_bit or octets.isascii()):
        return "7bit" if octets.isascii() else "8bit"
    # Quoted-printable adds two octets for each 8-bit octet, base64 a third of everything.
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
    """Where each line of more than 998 octets begins. Only CRLF ends a line.

    Goes from the last CRLF in reach to the next such one, so that most lines are never looked at.
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
    """The parts as one multipart/mixed entity (RFC 2046 section 5.1). The boundary grows until no part contains it."""
    rendered = [part.render() for part in parts]
    seed, count = boundary, 0
    while any(boundary.encode() in octets for octets in rendered):
        count += 1
        boundary = f"{seed}.{count}"
    delimiter = b"--" + boundary.encode()
    # The CRLF before a delimiter belongs to the delimiter, so each part keeps its own.
    content = b"".join(delimiter + b"\r\n" + octets + b"\r\n" for octets in rendered) + delimiter + b"--\r\n"
    header = (
        ("Content-Type", f'multipart/mixed; boundary="{boundary}"'),
        ("Content-Transfer-Encoding", "7bit" if content.isascii() else "8bit"),
    )
    return Part(header, content)
