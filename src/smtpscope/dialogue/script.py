"""Dialogue scripts: lines to send and replies to expect, as people write them down.

    C: EHLO contoso.com        send the line, with CRLF
    S: 250 2.1.0 Sender OK     the next reply is exactly this; 250- lines and the 250 line after them are one reply
    S~ ^250                    the next reply matches this regular expression (its lines joined by LF)
    S* 550                     skip replies until one begins with this text
    R: NOOP\\n                  send exactly these bytes; \\r \\n \\t \\0 \\e \\\\ \\xHH are escapes
    <file message.eml          send the bytes of a file as a message: dot-stuffed, with the final dot
    <auth PLAIN                log in with this mechanism, and the user and password in the options
    ~ 1.5                      wait 1.5 seconds
    X                          the server closes the connection; the time limit is the same as for a reply
    # a remark                 ignored, as an empty line is

``parse`` reads a script. ``play`` (dialogue/play.py) makes its dialogue, in which each expectation becomes an event.
"""

from __future__ import annotations

import re

from smtpscope.errors import UsageError, sentence
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smtpscope.errors import Sentence

# The marks at the start of a line.
SEND, EXACT, SEARCH, SKIP, OCTETS, FILE = "C:", "S:", "S~", "S*", "R:", "<file"
LOGIN, WAIT, CLOSE = "<auth", "~", "X"
MARKS: tuple[str, ...] = (SEND, EXACT, SEARCH, SKIP, OCTETS, FILE, LOGIN, WAIT, CLOSE)

# Longest pause, in seconds.
LONGEST_PAUSE = 3600.0

_ESCAPES = {"r": b"\r", "n": b"\n", "t": b"\t", "0": b"\0", "\\": b"\\", "e": b"\x1b"}


class ScriptStep(Value):
    """One act of a script: the line where it begins (from 1), its mark, and its text."""

    line: int
    mark: str
    text: str = ""

    def __str__(self) -> str:
        return f"{self.mark} {self.text}".rstrip()


class Script(Value):
    """A whole script. ``name`` is its name in error messages, usually its file."""

    name: str
    acts: tuple[ScriptStep, ...]

    @property
    def logs_in(self) -> bool:
        """Whether it has a login, and needs credentials."""
        return any(act.mark == LOGIN for act in self.acts)

    @property
    def files(self) -> tuple[str, ...]:
        """The files that it sends."""
        return tuple(dict.fromkeys(act.text for act in self.acts if act.mark == FILE))


def parse(text: str, name: str) -> Script:
    """Read a script. Raises UsageError with the script's name, and line and column of the first mistake."""
    acts: list[ScriptStep] = []
    for number, line in enumerate(text.split("\n"), 1):
        line = line.removesuffix("\r")
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        act = _parse_line(name, number, line)
        before = acts[-1] if acts else act
        # An exact reply whose last line has a hyphen after its code continues in the next S: line.
        if acts and act.mark == before.mark == EXACT and before.text.split("\n")[-1][3:4] == "-":
            acts[-1] = before.replace(text=f"{before.text}\n{act.text}")
        else:
            acts.append(act)
    if not acts:
        raise _mistake(name, 1, 1, sentence("the script is empty"))
    return Script(name, tuple(acts))


def _parse_line(name: str, number: int, line: str) -> ScriptStep:
    """The act in one line. Raises UsageError."""
    mark = next((mark for mark in MARKS if line == mark or line.startswith(mark + " ")), "")
    if not mark:
        wrong = sentence("a line must start with one of {marks}, or with # for a comment", marks=" ".join(MARKS))
        raise _mistake(name, number, 1, wrong)
    act = ScriptStep(number, mark, line[len(mark) + 1 :])
    mistake = _check(act)
    if mistake:
        raise _mistake(name, number, len(mark) + 1 + mistake[0], mistake[1])
    return act


def _check(act: ScriptStep) -> tuple[int, Sentence] | None:
    """The column of the mistake in the text of an act, and what is wrong; None if it is valid."""
    match act.mark:
        case "S:" if not re.match(r"[0-9]{3}([ -]|$)", act.text):
            return 1, sentence("a reply must start with three digits")
        case "S~":
            return _check_pattern(act.text)
        case "S*" | "<file" if not act.text.strip():
            return 1, sentence("{mark} must be followed by a text", mark=act.mark)
        case "R:":
            return _check_escapes(act.text)
        case "<auth":
            return _check_mechanism(act.text.strip())
        case "~" if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,3})?", act.text) or float(act.text) > LONGEST_PAUSE:
            return 1, sentence("a pause must be a number of seconds, at most {limit:g}", limit=LONGEST_PAUSE)
        case "X" if act.text.strip():
            return 1, sentence("X must not be followed by anything")
    return None


def _check_mechanism(name: str) -> tuple[int, Sentence] | None:
    from smtpscope.protocol.sasl import MECHANISMS, find_mechanism

    if find_mechanism(name):
        return None
    known = " ".join(mechanism.name for mechanism in MECHANISMS)
    return 1, sentence("<auth must be followed by a mechanism: {known}", known=known)


def _check_pattern(text: str) -> tuple[int, Sentence] | None:
    try:
        re.compile(text)
    except re.error as error:
        return (error.pos or 0) + 1, sentence("not a valid regular expression: {reason}", reason=error.msg)
    return None


def _check_escapes(text: str) -> tuple[int, Sentence] | None:
    try:
        unescape(text)
    except ValueError as error:
        return int(error.args[1]) + 1, error.args[0]
    return None


def unescape(text: str) -> bytes:
    r"""The bytes of ``text`` (UTF-8), with the escapes ``\r \n \t \0 \e \\ \xHH`` replaced.

    Raises ValueError(Sentence, index) for any other escape.
    """
    octets, place = b"", 0
    for match in re.finditer(r"\\(x[0-9A-Fa-f]{2}|.?)", text):
        code = match[1]
        if code not in _ESCAPES and len(code) != 3:
            known = sentence(r"{text} is not an escape; use \r \n \t \0 \e \\ \xHH", text=match[0])
            raise ValueError(known, match.start())
        octets += text[place : match.start()].encode("utf-8", "surrogateescape")
        octets += _ESCAPES.get(code) or bytes.fromhex(code[1:])
        place = match.end()
    return octets + text[place:].encode("utf-8", "surrogateescape")


def escape(octets: bytes) -> str:
    """``octets`` as text for ``unescape``: everything that is not printable UTF-8 becomes an escape."""
    names = {value.decode(): f"\\{name}" for name, value in _ESCAPES.items() if name != "e"}
    pieces: list[str] = []
    for character in octets.decode("utf-8", "surrogateescape"):
        if character in names:
            pieces.append(names[character])
        elif character.isprintable():
            pieces.append(character)
        else:
            pieces += (f"\\x{octet:02x}" for octet in character.encode("utf-8", "surrogateescape"))
    return "".join(pieces)


def _mistake(name: str, line: int, column: int, wrong: Sentence) -> UsageError:
    where = {"name": name, "line": line, "column": column}
    return UsageError("script", "{name}, line {line}, column {column}: {wrong}", **where, wrong=wrong)


def format_acts(acts: tuple[ScriptStep, ...]) -> Iterator[str]:
    """The lines of a script, without line endings. ``parse`` reads them back."""
    for act in acts:
        for text in act.text.split("\n"):
            yield f"{act.mark} {text}".rstrip(" ") if act.mark != SEND else f"{act.mark} {text}"
