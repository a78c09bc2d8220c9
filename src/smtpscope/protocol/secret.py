r"""Which bytes of a session are a secret, and what is shown in their place. Only this module decides that.

In a client's lines, outside of a message, these are secrets (``mask``):

- a response: the line that answers 334 (RFC 4954 section 4), whatever it contains, but not a single ``*``.
- an initial response: everything after the mechanism in AUTH, also if the word AUTH itself is missing.
- a single word of base64 that is not a command. It is a response that the server did not request, as when a list of
  lines is typed and AUTH was rejected. The word is padded with ``=``, or it decodes to text, or it has at least 12
  characters; it is not a word of letters in the usual case (STARTTLS, quit, Hello).
- credentials, anywhere in the line.

In a server's lines, and in pasted text, only what cannot be anything else is a secret (``hide_in_text``):

- credentials: a word of base64 that decodes to a message of a SASL mechanism with a password, or a proof of it:
  ``[authzid] NUL user NUL password`` and ``user NUL password`` (PLAIN), ``user=...^Aauth=...`` (XOAUTH2, OAUTHBEARER),
  a user and 32 hexadecimal digits (CRAM-MD5), a client-final message (SCRAM), a response of DIGEST-MD5, NTLM type 3.
- a word of base64 after AUTH and a mechanism.

Challenges, queue IDs, message IDs, and signatures are not secrets.
"""

from __future__ import annotations

import re

from smtpscope.protocol.command import VERBS
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.protocol.reply import Reply

    Place = tuple[int, int]  # the index of the first character of a secret, and the index after its last one

HIDDEN = b"***"
"""Replaces a secret wherever a line is shown or stored."""

# Shorter secrets are not hidden in a server's lines: that would hide parts of other words.
_SHORTEST = 4

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
# A word of base64 that can hold credentials; a shorter one cannot hold a user and a password.
_WORD = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{6,}+={0,2}(?![A-Za-z0-9+/=])")


def mask(line: bytes, challenged: bool = False) -> bytes:
    """``line`` (from a client, without line ending) with its secrets hidden; unchanged if it has none.

    ``challenged``: the server has sent 334, so the whole line is a response.
    """
    text = line.decode("latin-1")
    return _without(text, _of_client(text, challenged)).encode("latin-1")


def mask_octets(octets: bytes, challenged: bool = False, before: bytes = b"") -> bytes:
    """Bytes from a client, of any number of lines, each line masked; line endings remain.

    ``challenged`` applies to the first line. ``before`` is the part of that line that was sent earlier.
    """
    if not octets:
        return octets
    shown = []
    for line in octets.split(b"\n"):
        bare = line.removesuffix(b"\r")
        masked = mask(before + bare, challenged)
        masked = bare if masked == before + bare else HIDDEN if before else masked
        shown.append(masked + line[len(bare) :])
        challenged, before = False, b""
    return b"\n".join(shown)


def secrets_in(line: bytes, challenged: bool = False) -> tuple[bytes, ...]:
    """The secrets that ``mask`` hides in ``line``, as is and in capitals, to be hidden if a server repeats them."""
    text = line.decode("latin-1")
    found = [text[start:end].strip().encode("latin-1") for start, end in _of_client(text, challenged)]
    forms = dict.fromkeys(form for secret in found for form in (secret, secret.upper()))
    return tuple(form for form in forms if len(form) >= _SHORTEST)


def is_masked(line: bytes) -> bool:
    """Whether ``line`` is a line that ``mask`` has changed. Such a line must not be sent again."""
    text = line.decode("latin-1")
    start = _response_place(text)
    return text[max(start, 0) :].strip().encode("latin-1") == HIDDEN


def hide(octets: bytes, secrets: tuple[bytes, ...] = ()) -> bytes:
    """Bytes from a server with each of ``secrets``, and all credentials, hidden."""
    for secret in sorted(secrets, key=len, reverse=True):  # longest first: one secret may be part of another
        octets = octets.replace(secret, HIDDEN)
    return hide_in_text(octets.decode("latin-1")).encode("latin-1")


def hide_in_text(text: str) -> str:
    """Text from a server, or pasted text, with all credentials hidden."""
    return _without(text, _in_text(text))


def hide_in_reply(reply: Reply, secrets: tuple[bytes, ...] = ()) -> Reply:
    """``reply`` with each of ``secrets``, and all credentials, hidden: servers repeat commands that they reject."""
    raw = hide(reply.raw, secrets)
    if raw == reply.raw and raw:  # the usual case; everything in the lines is also in the raw bytes
        return reply
    known = [secret.decode("utf-8", "surrogateescape") for secret in sorted(secrets, key=len, reverse=True)]
    lines = []
    for line in reply.lines:
        for secret in known:
            line = line.replace(secret, HIDDEN.decode())
        lines.append(hide_in_text(line))
    return reply if tuple(lines) == reply.lines and raw == reply.raw else reply.replace(raw=raw, lines=tuple(lines))


# --------------------------------------------------------------------------------------------------- finding secrets


def _without(text: str, places: list[Place]) -> str:
    """``text`` with HIDDEN at each of ``places``, which are in order."""
    pieces, end = [], 0
    for start, stop in places:
        pieces += [text[end:start], HIDDEN.decode()]
        end = stop
    return "".join([*pieces, text[end:]]) if places else text


def _of_client(line: str, challenged: bool) -> list[Place]:
    """The secrets in a line from a client."""
    word = line.strip()
    if challenged or _is_response(word):
        return [] if word == "*" else [(0, len(line))]
    start = _response_place(line)
    if start >= 0 and (word.split(None, 1)[0].upper() == "AUTH" or _is_response(line[start:].strip())):
        return [(start, len(line))]
    return _in_text(line)


def _response_place(line: str) -> int:
    """The index of the initial response in ``AUTH MECHANISM RESPONSE``, also without AUTH; -1 if there is none."""
    words = line.split(None, 2)
    verb = words[0].upper() if words else ""
    before = 2 if verb == "AUTH" else 1 if _is_mechanism(verb) else len(words)
    if len(words) <= before:
        return -1
    return len(line) - len(line.split(None, before)[before])


def _is_mechanism(word: str) -> bool:
    if word in VERBS:  # a session without a login does without the module of the mechanisms
        return False
    from smtpscope.protocol.sasl import is_mechanism

    return is_mechanism(word)


def _in_text(text: str) -> list[Place]:
    """The secrets in text from a server, and credentials in any text."""
    words = (match for match in _WORD.finditer(text) if not (match[0][1:].islower() and match[0].isalpha()))
    # Lower-case letters after the first one are no credentials: decoded, they have no NUL, no ``=`` but as the first
    # byte, and no row of hexadecimal digits.
    return [match.span() for match in words if _is_secret(text, match.start(), match[0])]


def _is_secret(text: str, start: int, word: str) -> bool:
    """Whether ``word``, at index ``start`` of ``text``, holds credentials, or follows AUTH and a mechanism."""
    if _is_credentials(word):
        return True
    before = text[max(start - 40, 0) : start].upper().replace("=", " ").split()
    return text[start - 1 : start] == " " and before[-2:-1] == ["AUTH"] and _is_response(word)


def _is_response(word: str) -> bool:
    """Whether ``word`` is base64 that is not a command."""
    if len(word) < 2 or word.rstrip("=").strip(_ALPHABET) or word.isdigit():
        return False
    if word.isalpha() and (word[1:].islower() or word.isupper()):  # written as a word: in one case, or capitalized
        return False
    if _is_credentials(word):
        return True
    octets = _decoded(word) if len(word) % 4 == 0 else None
    return octets is not None and (word.endswith("=") or len(word) >= 12 or _is_text(octets))


def _is_credentials(word: str) -> bool:
    """Whether ``word`` is base64 of a message of a SASL mechanism with a password, or a proof of it."""
    # Nearly no word of a reply has one of these signs of credentials, so that few words are decoded.
    suspect = len(word) >= _LONG or word.startswith(_BEGINNINGS) or _holds_nul(word)
    octets = _decoded(word) if suspect else None
    if octets is None:
        return False
    parts = octets.split(b"\0")
    if len(parts) == 3 or (len(parts) == 2 and len(word) >= 12):  # RFC 4616; some clients omit the NUL of the authzid
        return all(map(_is_text, parts[-2:])) and _is_text(parts[0] or b"-")
    return _carries_token(octets) or _carries_proof(octets)


# In base64, how messages without NUL begin: "user=" and "n," (tokens), "c=" (SCRAM), "NTLMSSP".
_BEGINNINGS = ("dXNlcj", *("biw", "bix", "biy", "biz"), *("Yz0", "Yz1", "Yz2", "Yz3"), "TlRMTVNTUA")

# A shorter word cannot hold 32 hexadecimal digits (CRAM-MD5), or "username=" and "response=" (DIGEST-MD5).
_LONG = 24


def _holds_nul(word: str) -> bool:
    """Whether ``word``, decoded, has a byte 0. Four characters of 6 bits are three bytes."""
    for start in range(0, len(word), 4):
        first, second, third, fourth = map(_ALPHABET.find, word[start : start + 4].ljust(4))
        if (first == 0 <= second < 16) or (second % 16 == 0 <= third < 4) or (third % 4 == fourth == 0):
            return True
    return False


def _carries_token(octets: bytes) -> bool:
    """Whether it is a message of XOAUTH2, or of OAUTHBEARER (RFC 7628 section 3.1)."""
    return octets.startswith((b"user=", b"n,")) and b"\x01auth=" in octets


def _carries_proof(octets: bytes) -> bool:
    """Whether it is a message of CRAM-MD5 (RFC 2195), DIGEST-MD5 (RFC 2831), or NTLM, or SCRAM's client-final-message
    (RFC 5802 section 7)."""
    user, _blank, digest = octets.rpartition(b" ")
    if user and len(digest) == 32 and not digest.strip(b"0123456789abcdef"):
        return _is_text(user)
    if octets.startswith(b"c=") and b",r=" in octets and b",p=" in octets:
        return True
    return octets.startswith(b"NTLMSSP\0\x03") or (b"username=" in octets and b"response=" in octets)


def _decoded(word: str) -> bytes | None:
    """The bytes of a word of base64, with or without padding; None if it is not valid base64."""
    from binascii import Error, a2b_base64

    try:
        return a2b_base64(word + "=" * (-len(word) % 4), strict_mode=True)
    except Error:
        return None


def _is_text(octets: bytes) -> bool:
    """Whether ``octets`` are printable UTF-8."""
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        return False
    return bool(text) and text.isprintable()
