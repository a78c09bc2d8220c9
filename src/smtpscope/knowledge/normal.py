"""Brings what servers write into one shape, so that a rule's words need to be written once only."""

from __future__ import annotations

import re

from smtpscope.protocol.reply import EnhancedCode, Reply
from smtpscope.safetext import octets
from smtpscope.values import Value

# Characters of a reply that are looked at: the longest known replies have a thousand (RFC 5321 section 4.5.3.1.5 gives
# a line 512 octets).
LOOKED_AT = 4096

# RFC 3463 section 2; an IPv4 address or a version number is no enhanced code.
_ENHANCED = re.compile(r"(?<![\w.])([245])\.([0-7])\.([0-9]{1,3})(?!\.?[0-9])")
_LEADING = re.compile(r"\s*([2-5][0-9]{2})(?![0-9.])[-: ,]?")
# A code in the middle of a log line or of a bounce: before an enhanced code, or behind a word that announces it.
_INNER = (
    re.compile(r"\b([245][0-5][0-9])[- :,]{1,3}#?[245]\.[0-7]\.[0-9]{1,3}\b"),
    re.compile(
        r"(?:said|returned|with|response|was|reply|error|error_code|smtp|status)\W{1,4}([245][0-5][0-9])\b", re.I
    ),
    re.compile(r"(?:^|[:;>'\"(\s])([45][0-5][0-9])(?=[- ][^0-9\s])"),
)
_REPEATED = re.compile(r"\b[245][0-9]{2}[- ]#?[245]\.[0-9]{1,3}\.[0-9]{1,3}[ ;:-]")
# Each pattern begins where nothing before it belongs to it: a long run is tried once, and not from each of its letters.
_LINE_CODE = re.compile(r"^[^\S\n]*+[2-5][0-9]{2}(?:[- ]|$)", re.M)
_ADDRESS = re.compile(r"(?:<|(?<![^\s<>\"'@,;:()]))[^\s<>\"'@,;:()]++@[\w.\[\]-]++>?|<[^\s<>]*>")
_HOST = re.compile(r"\[?(?<![\w-])-*+\b[\w-]++(?:\.[\w-]++)++\]?|\[[0-9a-f:]+\]")
_QUOTED = re.compile(r"'[^' ]*'|\"[^\" ]*\"|\([^() ]*\)")
_HYPHENATED = re.compile(r"([a-z])- ([a-z])")
_ACCENTED = re.compile("([a-z])[\u0300-\u036f]+")
_MARKS = re.compile(r"[^\w']+")
_BLANKS = re.compile(r"\s+")
_TYPOGRAPHY = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\xa0": " "})


class PreparedReply(Value):
    """A reply made ready for the rules.

    text      the words in up to three forms, a line each: as written; without names and addresses; the same
              without punctuation
    code      three digits, or "" where the reply has none
    enhanced  ``5.1.1``, or ""
    stage     the command that was answered, or ""
    server    the name of the server, lower case, or ""
    """

    text: str
    code: str = ""
    enhanced: str = ""
    stage: str = ""
    server: str = ""


def read_text(text: str) -> Reply:
    """The reply in a piece of text: pasted, from a log, from a bounce. Its codes are found where they stand."""
    looked_at = text[:LOOKED_AT]
    lines = [line for line in text.splitlines() if line.strip()] or [""]
    leading = _LEADING.match(lines[0])
    code = leading[1] if leading else _inner_code(looked_at)
    bare = tuple(_LINE_CODE.sub("", line).strip() for line in lines) if leading else tuple(lines)
    return Reply(int(code or 0), bare, _enhanced(looked_at, code), octets(text))


def prepare(reply: Reply, stage: str = "", server: str = "") -> PreparedReply:
    """``reply`` in the form that rules are matched against."""
    text = _decoded(reply.text[:LOOKED_AT])
    found = reply if reply.code else read_text(text)
    code = f"{found.code:03d}" if found.code else ""
    enhanced = reply.enhanced or found.enhanced or _enhanced(text, code)
    return PreparedReply(haystack(text), code, str(enhanced or ""), stage, server.lower().rstrip("."))


def haystack(text: str) -> str:
    """The forms of a text, each between blanks, so that a blank at a token's end means the end of a word."""
    full = normalise(_REPEATED.sub(" ", _LINE_CODE.sub("", text)))
    clean = _BLANKS.sub(" ", _QUOTED.sub("", _HOST.sub("", _ADDRESS.sub("", full))))
    forms = dict.fromkeys((full, clean, _MARKS.sub(" ", clean)))
    found = "\n".join(f" {form.strip()} " for form in forms)
    return found if len(found) < _LONG else _LongText(found)


# Above this length, in characters, an index pays.
_LONG = 2000


class _LongText(str):
    """A text in which thousands of words are looked for: one whose beginning is nowhere in it is not searched."""

    def __init__(self, text: str) -> None:
        self._beginnings = {text[place : place + 3] for place in range(len(text) - 2)}

    def __contains__(self, word: str) -> bool:  # type: ignore[override]
        return (len(word) < 3 or word[:3] in self._beginnings) and super().__contains__(word)


def normalise(text: str) -> str:
    """Lower case, one blank between words, straight quotes; no accents, HTML entities, words cut by a line end."""
    if "&" in text:
        from html import unescape

        text = unescape(text)
    text = text.translate(_TYPOGRAPHY).lower()
    if not text.isascii():
        text = _plain(text)
    return _HYPHENATED.sub(r"\1\2", _BLANKS.sub(" ", text))


def _plain(text: str) -> str:
    """Latin letters without accents, full-width signs as ASCII; other scripts stay as they are."""
    from unicodedata import normalize

    return normalize("NFC", _ACCENTED.sub(r"\1", normalize("NFKD", text)))


def _decoded(text: str) -> str:
    """Octets that are no UTF-8 read as GB 18030, in which old Chinese servers write; else replaced."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        sent = octets(text)
        try:
            return sent.decode("gb18030")
        except UnicodeDecodeError:
            return sent.decode("utf-8", "replace")
    return text


def _inner_code(text: str) -> str:
    found = (pattern.search(text) for pattern in _INNER)
    return next((match[1] for match in found if match), "")


def _enhanced(text: str, code: str) -> EnhancedCode | None:
    """The first enhanced code in ``text``; one of the code's own class is preferred (RFC 3463 section 2)."""
    found = [EnhancedCode(int(match[1]), int(match[2]), int(match[3])) for match in _ENHANCED.finditer(text)]
    fitting = [enhanced for enhanced in found if str(enhanced.klass) == code[:1]]
    return next(iter(fitting or found), None)
