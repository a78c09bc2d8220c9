r"""Which octets of a session are a secret, and what is shown in their place. Decided here and nowhere else.

Of what a client sends, outside of a message, this is a secret (``mask``):

- a response: the line that answers 334 (RFC 4954 section 4), whatever it looks like. A lone ``*`` is none.
- an initial response: all that stands behind the mechanism, in AUTH or where somebody has left AUTH out.
- a lone word of base64 that is no command: a response that came though nothing was asked, as when a list of lines is
  typed and AUTH was refused. It is padded with ``=``, or its octets are text, or it has 12 characters or more; a word
  of letters that is written as words are (STARTTLS, quit, Hello) is none.
- credentials, anywhere.

In what a server says, and in a text that somebody pasted, only what cannot be anything else (``hide_in_text``):

- credentials: a word of base64 whose octets are a message of a SASL mechanism that carries a password or its proof:
  ``[authzid] NUL user NUL password`` and ``user NUL password`` (PLAIN), ``user=...^Aauth=...`` (XOAUTH2, OAUTHBEARER),
  a user and 32 hexadecimal digits (CRAM-MD5), a client-final message (SCRAM), a response of DIGEST-MD5, NTLM type 3.
- a word of base64 behind AUTH and a mechanism.

Challenges, queue ids, message ids and signatures are none of this: they are shown.
"""

from __future__ import annotations

import re

from smtpscope.protocol.command import VERBS
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.protocol.reply import Reply

    Place = tuple[int, int]  # where a secret begins and ends

HIDDEN = b"***"
"""Stands in the place of a secret, wherever a line is shown or kept."""

# Shorter words are not looked for in what a server says: they would hide parts of others.
_SHORTEST = 4

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
# A word of base64 that can hold credentials: with less, no user and password are in it.
_WORD = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{6,}+={0,2}(?![A-Za-z0-9+/=])")


def mask(line: bytes, challenged: bool = False) -> bytes:
    """``line`` (a command without its line end) with its secret hidden; the line itself where it carries none.

    ``challenged``: the server has answered 334, so that the whole line is a response.
    """
    text = line.decode("latin-1")
    return _without(text, _of_client(text, challenged)).encode("latin-1")


def mask_octets(octets: bytes, challenged: bool = False, before: bytes = b"") -> bytes:
    """Octets of a client, of any number of lines, each masked; line ends stay.

    ``challenged`` is about the first line, of which ``before`` was sent already.
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
    """What ``mask`` hides of ``line``, so that it can be hidden where a server repeats it, in capitals or not."""
    text = line.decode("latin-1")
    found = [text[start:end].strip().encode("latin-1") for start, end in _of_client(text, challenged)]
    forms = dict.fromkeys(form for secret in found for form in (secret, secret.upper()))
    return tuple(form for form in forms if len(form) >= _SHORTEST)


def is_masked(line: bytes) -> bool:
    """Whether ``line`` is what ``mask`` leaves of a line with a secret. It must not be sent again."""
    text = line.decode("latin-1")
    start = _response_place(text)
    return text[max(start, 0) :].strip().encode("latin-1") == HIDDEN


def hide(octets: bytes, secrets: tuple[bytes, ...] = ()) -> bytes:
    """Octets of a server with each of ``secrets``, and all credentials, hidden."""
    for secret in sorted(secrets, key=len, reverse=True):  # the whole before its parts
        octets = octets.replace(secret, HIDDEN)
    return hide_in_text(octets.decode("latin-1")).encode("latin-1")


def hide_in_text(text: str) -> str:
    """What a server says, or somebody pasted, with all credentials in it hidden."""
    return _without(text, _in_text(text))


def hide_in_reply(reply: Reply, secrets: tuple[bytes, ...] = ()) -> Reply:
    """``reply`` with each of ``secrets``, and all credentials, hidden: servers repeat what they do not understand."""
    raw = hide(reply.raw, secrets)
    if raw == reply.raw and raw:  # as nearly always: the lines say nothing that is not in it
        return reply
    known = [secret.decode("utf-8", "surrogateescape") for secret in sorted(secrets, key=len, reverse=True)]
    lines = []
    for line in reply.lines:
        for secret in known:
            line = line.replace(secret, HIDDEN.decode())
        lines.append(hide_in_text(line))
    return reply if tuple(lines) == reply.lines and raw == reply.raw else reply.replace(raw=raw, lines=tuple(lines))


# --------------------------------------------------------------------------------------------------- where they stand


def _without(text: str, places: list[Place]) -> str:
    pieces, end = [], 0
    for start, stop in places:
        pieces += [text[end:start], HIDDEN.decode()]
        end = stop
    return "".join([*pieces, text[end:]]) if places else text


def _of_client(line: str, challenged: bool) -> list[Place]:
    word = line.strip()
    if challenged or _is_response(word):
        return [] if word == "*" else [(0, len(line))]
    start = _response_place(line)
    if start >= 0 and (word.split(None, 1)[0].upper() == "AUTH" or _is_response(line[start:].strip())):
        return [(start, len(line))]
    return _in_text(line)


def _response_place(line: str) -> int:
    """Where the initial response begins in ``AUTH MECHANISM RESPONSE``, or without the AUTH; -1 where there is none."""
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
    words = (match for match in _WORD.finditer(text) if not _is_small(match[0]))
    return [match.span() for match in words if _is_secret(text, match.start(), match[0])]


def _is_small(word: str) -> bool:
    """Small letters behind the first one: as base64, they hold no credentials.

    There is no NUL in them, no ``=`` but as the first octet, and no row of hexadecimal digits.
    """
    return word[1:].islower() and word.isalpha()


def _is_secret(text: str, start: int, word: str) -> bool:
    """Whether ``word``, which begins at ``start`` of ``text``, holds credentials, or stands behind AUTH MECHANISM."""
    if _is_credentials(word):
        return True
    before = text[max(start - 40, 0) : start].upper().replace("=", " ").split()
    return text[start - 1 : start] == " " and before[-2:-1] == ["AUTH"] and _is_response(word)


def _is_response(word: str) -> bool:
    """Whether ``word`` is base64 that nobody types as a command."""
    if len(word) < 2 or word.rstrip("=").strip(_ALPHABET) or _is_ordinary(word):
        return False
    if _is_credentials(word):
        return True
    octets = _decoded(word) if len(word) % 4 == 0 else None
    return octets is not None and (word.endswith("=") or len(word) >= 12 or _is_text(octets))


def _is_ordinary(word: str) -> bool:
    """A number, or letters written as words are: in one case, or with a capital at the beginning."""
    return word.isdigit() or (word.isalpha() and (word[1:].islower() or word.isupper()))


def _is_credentials(word: str) -> bool:
    """Whether ``word`` is base64 of a message in which a mechanism of SASL carries a password, or proves it."""
    octets = _decoded(word) if _may_be_credentials(word) else None
    if octets is None:
        return False
    parts = octets.split(b"\0")
    if len(parts) == 3 or (len(parts) == 2 and len(word) >= 12):  # RFC 4616; many leave the authzid's NUL out
        return all(map(_is_text, parts[-2:])) and _is_text(parts[0] or b"-")
    return _carries_token(octets) or _carries_proof(octets)


# As base64, the beginnings of the messages that hold no NUL: "user=" and "n," (tokens), "c=" (SCRAM), "NTLMSSP".
_BEGINNINGS = ("dXNlcj", *("biw", "bix", "biy", "biz"), *("Yz0", "Yz1", "Yz2", "Yz3"), "TlRMTVNTUA")

# No shorter word holds 32 hexadecimal digits (CRAM-MD5), or "username=" and "response=" (DIGEST-MD5).
_LONG = 24


def _may_be_credentials(word: str) -> bool:
    """Whether ``word`` may be credentials, told without decoding it: nearly no word of a reply is."""
    return len(word) >= _LONG or word.startswith(_BEGINNINGS) or _holds_nul(word)


def _holds_nul(word: str) -> bool:
    """Whether an octet of what ``word`` is base64 of is 0. Four letters of 6 bits are three octets."""
    for start in range(0, len(word), 4):
        first, second, third, fourth = map(_ALPHABET.find, word[start : start + 4].ljust(4))
        if (first == 0 <= second < 16) or (second % 16 == 0 <= third < 4) or (third % 4 == fourth == 0):
            return True
    return False


def _carries_token(octets: bytes) -> bool:
    """XOAUTH2, and OAUTHBEARER (RFC 7628 section 3.1)."""
    return octets.startswith((b"user=", b"n,")) and b"\x01auth=" in octets


def _carries_proof(octets: bytes) -> bool:
    """CRAM-MD5 (RFC 2195), SCRAM's client-final-message (RFC 5802 section 7), DIGEST-MD5 (RFC 2831), NTLM."""
    user, _blank, digest = octets.rpartition(b" ")
    if user and len(digest) == 32 and not digest.strip(b"0123456789abcdef"):
        return _is_text(user)
    if octets.startswith(b"c=") and b",r=" in octets and b",p=" in octets:
        return True
    return octets.startswith(b"NTLMSSP\0\x03") or (b"username=" in octets and b"response=" in octets)


def _decoded(word: str) -> bytes | None:
    """The octets of a word of base64; some leave out the padding. None for what is none."""
    from binascii import Error, a2b_base64

    try:
        return a2b_base64(word + "=" * (-len(word) % 4), strict_mode=True)
    except Error:
        return None


def _is_text(octets: bytes) -> bool:
    """Whether ``octets`` are UTF-8 that can be typed."""
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        return False
    return bool(text) and text.isprintable()
