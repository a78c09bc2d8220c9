"""The forms that text takes in a message: folded header fields, encoded-words, transfer encodings, MIME parts.

Sources: RFC 5322 (message), RFC 2045 and 2046 (MIME), RFC 2047 (encoded-words), RFC 2231 (parameters),
RFC 6532 (UTF-8 in a header). The standard library's ``email`` is not used: its import takes longer than a whole test.
"""

from __future__ import annotations

import re

from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
# What stands for itself in an encoded-word, also within a phrase (RFC 2047 section 5, rule 3).
_WORD_SAFE = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!*+-/")
# What stands for itself in an extended parameter (attribute-char, RFC 2231 section 7).
_NAME_SAFE = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&+-.^_`{|}~")
_ASCII = bytes(range(128))

# The pieces of an address list: quoted string, <address>, [literal,], (comment), other text, a separator.
# Compiled at first use only, as few messages need it.
_PIECE = r'(?s)"(?:\\.|[^"\\])*"|<[^>]*>|\[[^\]]*\]|\((?:\\.|[^()\\])*\)|[^"<\[(,:;]+|.'
_QUOTING = r'(?s)\\(.)|"'
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
    value = value.strip(" \t")
    # The first encoded-word shares its line with the name, if that leaves a good part of the line.
    room = min(72, 74 - len(name)) if len(name) <= 34 else 72
    if name.lower() in _ADDRESS_FIELDS:
        value = value if value.isascii() else _encode_names(value, room)
    elif name.lower() not in _EXACT_FIELDS and not _is_plain(value, LINE_LIMIT - len(f"{name}: ")):
        value = encode_words(value, room)
    return _fold(f"{name}: {value}".encode("utf-8", "replace"))


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


def encode_words(text: str, room: int) -> str:
    """``text`` as encoded-words of at most ``room`` characters each, in the shorter of the encodings B and Q.

    No character is split between two words (RFC 2047 section 5).
    """
    from binascii import b2a_base64

    characters = [character.encode("utf-8", "replace") for character in text]
    quoted = [_quote(octets) for octets in characters]
    space = room - len("=?utf-8?q??=")
    if sum(map(len, quoted)) <= sum(map(len, characters)) * 4 / 3:
        words = [b"=?utf-8?q?%b?=" % chunk for chunk in _pack(quoted, space)]
    else:
        chunks = _pack(characters, space // 4 * 3)
        words = [b"=?utf-8?b?%b?=" % b2a_base64(chunk, newline=False) for chunk in chunks]
    return b" ".join(words).decode("ascii")


def _quote(character: bytes) -> bytes:
    if character == b" ":
        return b"_"
    return b"".join(b"%c" % octet if octet in _WORD_SAFE else b"=%02X" % octet for octet in character)


def _pack(pieces: Iterable[bytes], room: int) -> Iterator[bytes]:
    chunk = b""
    for piece in pieces:
        if len(chunk) + len(piece) > room:
            yield chunk
            chunk = b""
        chunk += piece
    yield chunk


def _encode_names(value: str, room: int) -> str:
    """An address list with its display names and comments encoded; an address itself is never changed."""
    done: list[str] = []
    text = ""
    for piece in (*re.findall(_PIECE, value), ""):
        if piece[:1] in ("<", ",", ":", ";", "(", ""):
            done.append(_encode_name(text, room, is_name=piece[:1] in ("<", ":") or "@" not in text))
            done.append(f"({_encode_name(piece[1:-1], room, is_name=True)})" if piece[-1:] == ")" else piece)
            text = ""
        else:
            text += piece
    return "".join(done)


def _encode_name(text: str, room: int, is_name: bool) -> str:
    if text.isascii() or not is_name:
        return text
    before, after = " " * text[:1].isspace(), " " * text[-1:].isspace()
    return before + encode_words(re.sub(_QUOTING, r"\1", text.strip()), room) + after


def parameter(name: str, value: str) -> str:
    """A parameter of a MIME field: a quoted string, or in the extended form of RFC 2231 section 4."""
    if value.isascii() and value.isprintable():
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'{name}="{escaped}"'
    octets = value.encode("utf-8", "replace")
    return f"{name}*=UTF-8''" + "".join(chr(octet) if octet in _NAME_SAFE else f"%{octet:02X}" for octet in octets)


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
            return base64_lines(octets)
        case "quoted-printable":
            from binascii import b2a_qp

            return b2a_qp(octets)
        case _:
            return octets


def base64_lines(octets: bytes) -> bytes:
    """``octets`` in base64, 76 columns to a line (RFC 2045 section 6.8), each line with its CRLF."""
    from binascii import b2a_base64

    encoded = b2a_base64(octets, newline=False)
    return b"".join(encoded[start : start + 76] + b"\r\n" for start in range(0, len(encoded), 76))


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
