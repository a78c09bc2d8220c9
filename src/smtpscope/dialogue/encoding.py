"""Encodings in a message: of text that is not ASCII, and of bytes of any kind.

Sources: RFC 2045 section 6.8 (base64), RFC 2047 (encoded-words), RFC 2231 (parameters).
"""

from __future__ import annotations

import re

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Characters that need no encoding in an encoded-word, also within a phrase (RFC 2047 section 5, rule 3).
_WORD_SAFE = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!*+-/")
# Characters that need no encoding in an extended parameter (attribute-char, RFC 2231 section 7).
_NAME_SAFE = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&+-.^_`{|}~")

# The pieces of an address list: quoted string, <address>, [literal,], (comment), other text, a separator.
# Compiled at first use, because few messages need it.
_PIECE = r'(?s)"(?:\\.|[^"\\])*"|<[^>]*>|\[[^\]]*\]|\((?:\\.|[^()\\])*\)|[^"<\[(,:;]+|.'
_QUOTING = r'(?s)\\(.)|"'


def encode_words(text: str, room: int) -> str:
    """``text`` as encoded-words of at most ``room`` characters each, in the shorter one of the encodings B and Q.

    No character is split between two encoded-words (RFC 2047 section 5).
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
    """The bytes of one character in encoding Q (RFC 2047 section 4.2)."""
    if character == b" ":
        return b"_"
    return b"".join(b"%c" % octet if octet in _WORD_SAFE else b"=%02X" % octet for octet in character)


def _pack(pieces: Iterable[bytes], room: int) -> Iterator[bytes]:
    """``pieces`` joined to chunks of at most ``room`` bytes."""
    chunk = b""
    for piece in pieces:
        if len(chunk) + len(piece) > room:
            yield chunk
            chunk = b""
        chunk += piece
    yield chunk


def encode_names(value: str, room: int) -> str:
    """An address list with its display names and comments encoded. Addresses are not changed."""
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
    """``text`` as encoded-words, without its quoting, if it is a name that is not ASCII; spaces around it remain."""
    if text.isascii() or not is_name:
        return text
    before, after = " " * text[:1].isspace(), " " * text[-1:].isspace()
    return before + encode_words(re.sub(_QUOTING, r"\1", text.strip()), room) + after


def parameter(name: str, value: str) -> str:
    """A parameter of a MIME field: a quoted string; if not printable ASCII, the extended form of RFC 2231 section 4."""
    if value.isascii() and value.isprintable():
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'{name}="{escaped}"'
    octets = value.encode("utf-8", "replace")
    return f"{name}*=UTF-8''" + "".join(chr(octet) if octet in _NAME_SAFE else f"%{octet:02X}" for octet in octets)


def base64_lines(octets: bytes) -> bytes:
    """``octets`` in base64, in lines of 76 characters (RFC 2045 section 6.8), each with CRLF."""
    from binascii import b2a_base64

    encoded = b2a_base64(octets, newline=False)
    return b"".join(encoded[start : start + 76] + b"\r\n" for start in range(0, len(encoded), 76))
