"""Notes and defects in words."""

from __future__ import annotations

from smtpscope.protocol.reply import Defect
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOTES = {
    "using": "using {extension}: {why}",
    "not-using": "not using {extension}: {why}",
    "size-exceeded": "the message has {size} octets, the server takes at most {limit} (SIZE): it will be refused",
    "lint": "message, line {line}: {text}",
    "partial": "{refused} refused, {accepted} accepted: the message goes to those that were accepted",
    "stop": "ending after {after}, as asked",
    "dsn-unavailable": "DSN was asked for ({asked}), but the server does not announce it: nothing is requested",
    "helo-fallback": "EHLO was refused: trying HELO, without extensions",
    "mx-copy": "another MX took the message: {host} is asked about the recipients only",
    "flood": "{octets} octets without an end of the reply: giving up on this server",
}

_DEFECTS = {
    Defect.BARE_LF: "a line ends with a bare LF instead of CRLF",
    Defect.BARE_CR: "a CR stands in the middle of a line",
    Defect.NO_CODE: "a line has no three-digit code: this is no SMTP reply",
    Defect.CODE_RANGE: "the code is none that SMTP knows",
    Defect.SEPARATOR: "behind the code stands neither a blank nor a hyphen",
    Defect.MIXED_CODES: "the lines of one reply have different codes",
    Defect.CLASS_MISMATCH: "the code and the enhanced code contradict each other",
    Defect.LONG_LINE: "a line is longer than 512 octets",
    Defect.TOO_LONG: "the reply is too long: not all of it was kept",
    Defect.EIGHT_BIT: "the reply has 8-bit octets",
    Defect.CONTROL: "the reply has control characters, shown here as escapes",
    Defect.TRUNCATED: "the connection ended in the middle of the reply",
}


def note_text(topic: str, details: Mapping[str, str]) -> str:
    """The sentence for a note; an unknown topic shows its details as they are."""
    pattern = _NOTES.get(topic)
    if pattern is None:
        return f"{topic}: " + ", ".join(f"{name} {value}" for name, value in details.items())
    return pattern.format_map(details)


def defect_text(defect: Defect) -> str:
    """What is wrong with a reply, in words."""
    return _DEFECTS[defect]
