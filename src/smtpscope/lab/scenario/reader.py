"""Scenario files: TOML in, a Scenario out. A mistake names the file, the line and the key, and nothing starts."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from smtpscope.errors import Sentence, UsageError, sentence
from smtpscope.lab.scenario.model import CERTIFICATES, COUNTED_BY, ENDS, OUTCOMES, STAGES, Action, Rule, Scenario, When
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, NoReturn, TypeAlias

    # What a key becomes: the field of the value, how it is read (ValueError says what is wrong), what it means.
    Fields: TypeAlias = Mapping[str, tuple[str, Callable[[Any], Any], str]]

# Octets of a scenario file that are read.
SIZE_LIMIT = 1 << 20


def read_scenario(path: Path, name: str = "", field: str = "scenario") -> Scenario:
    """The scenario in the file ``path``, called ``name`` or like the file. Raises UsageError about ``field``."""
    try:
        with path.open("rb") as file:
            text = file.read(SIZE_LIMIT).decode("utf-8")  # /dev/zero has no end
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else sentence("it is not UTF-8")
        raise UsageError(field, "cannot read {path!r}: {reason}", path=str(path), reason=reason) from error
    return parse_scenario(text, name or path.stem, str(path), field)


def parse_scenario(text: str, name: str, file: str, field: str = "scenario") -> Scenario:
    """The scenario that the TOML ``text`` describes; ``file`` is what a mistake is said of.

    Raises UsageError about ``field``.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(field, "{file}: {reason}", file=file, reason=str(error)) from error
    source = _Source(file, text, field)
    rules = table.pop("rule", [])
    values = source.read(table, SCENARIO_KEYS, -1)
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        source.fail("rule", sentence("write rules as [[rule]], each with when and then"), -1)
    return Scenario(name=name, rules=tuple(source.rule(rule, number) for number, rule in enumerate(rules)), **values)


class _Source:
    """The text of a file, to tell where a mistake is."""

    def __init__(self, file: str, text: str, field: str) -> None:
        self.file, self.field = file, field
        self.lines = text.splitlines()

    def rule(self, table: dict[str, Any], number: int) -> Rule:
        when = When(**self.part(table, "when", WHEN_KEYS, number))
        then = Action(**self.part(table, "then", THEN_KEYS, number))
        if not when.stages:
            self.fail("when", sentence("requires a stage"), number)
        return Rule(when, then, **self.read(table, RULE_KEYS, number))

    def part(self, table: dict[str, Any], key: str, fields: Fields, number: int) -> dict[str, Any]:
        """The values of ``when`` or ``then``, which every rule has."""
        part = table.pop(key, None)
        if not isinstance(part, dict):
            self.fail(key, sentence("every rule requires one, written {key} = {{ ... }}", key=key), number)
        return self.read(part, fields, number)

    def read(self, table: dict[str, Any], fields: Fields, number: int) -> dict[str, Any]:
        """The values of a table, by field."""
        values: dict[str, Any] = {"stages": ()} if fields is WHEN_KEYS else {}
        for key, value in table.items():
            if key not in fields:
                self.fail(key, sentence("unknown key; choose from {choices}", choices=", ".join(fields)), number)
            field, read, _meaning = fields[key]
            try:
                made = read(value)
            except ValueError as error:
                self.fail(key, error.args[0], number)
            values.update(made if isinstance(made, dict) else {field: made})
        return values

    def fail(self, key: str, message: Sentence, number: int) -> NoReturn:
        where = {"file": self.file, "line": self._line_of(key, number), "key": key}
        raise UsageError(self.field, "{file}, line {line}: {key}: {message}", **where, message=message)

    def _line_of(self, key: str, number: int) -> int:
        """Where ``key`` stands in rule ``number`` (-1: before the rules), counted from 1."""
        heads = [place for place, line in enumerate(self.lines) if re.match(r"\s*\[\[\s*rule\s*\]\]", line)]
        start = heads[number] if 0 <= number < len(heads) else 0
        for place in range(start, len(self.lines)):
            if re.search(rf'(?<![\w-])"?{re.escape(key)}"?\s*=|^\s*\[+\s*{re.escape(key)}\b', self.lines[place]):
                return place + 1
        return start + 1


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(sentence("must be a text in quotes"))
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(sentence("must be a list of texts, such as ['DSN']"))
    return tuple(value)


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(sentence("must be a whole number, 0 or greater"))
    return value


def _seconds(value: Any) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value <= 86400:
        raise ValueError(sentence("must be a number of seconds, 0 to 86400"))
    return float(value)


def _share(value: Any) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value <= 1:
        raise ValueError(sentence("must be a probability, 0 to 1"))
    return float(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(sentence("must be true or false"))
    return value


def _octets(value: Any) -> bytes:
    """Octets are written as text whose characters are the octets: \\u00ff is 0xff."""
    try:
        return _text(value).encode("latin-1")
    except UnicodeEncodeError as error:
        raise ValueError(sentence("must have characters up to \\u00ff only, one for each byte")) from error


def _ends(value: Any) -> tuple[bytes, ...]:
    ends = tuple(_octets(item) for item in _texts(value))
    if not all(b"." in end[1:] for end in ends):
        raise ValueError(sentence("each end of data must be a line ending, a dot, and more, such as '\\n.\\n'"))
    return ends


def _pattern(value: Any) -> str:
    try:
        re.compile(_text(value))
    except re.error as error:
        raise ValueError(sentence("not a valid regular expression: {reason}", reason=str(error))) from error
    return str(value)


def _stages(value: Any) -> tuple[str, ...]:
    stages = (value,) if isinstance(value, str) else _texts(value)
    for stage in stages:
        if stage not in STAGES:
            raise ValueError(
                sentence("{word!r} is not a valid stage; choose from {choices}", word=stage, choices=", ".join(STAGES))
            )
    return stages


def _login(value: Any) -> str:
    """true: anyone who logged in; false: nobody did; a text: whose name matches."""
    return ("." if value else "") if isinstance(value, bool) else _pattern(value)


def _users(value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict) or not all(isinstance(password, str) for password in value.values()):
        raise ValueError(sentence("must be a table of names and passwords, such as { kate = 'secret' }"))
    return tuple(value.items())


def _rate(value: Any) -> dict[str, Any]:
    match = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", _text(value))
    if not match or not int(match[2]):
        raise ValueError(sentence("must be NUMBER/SECONDS, such as '10/60' for more than 10 in 60 s"))
    return {"rate": int(match[1]), "per": float(match[2])}


def _reply(value: Any) -> dict[str, Any]:
    lines = [value] if isinstance(value, str) else list(_texts(value)) if isinstance(value, list) else []
    match = re.fullmatch(r"([2345][0-9][0-9])(?: (.*))?", lines[0], re.DOTALL) if lines else None
    if not match or any(sign in line for line in lines for sign in "\r\n"):
        raise ValueError(sentence("must be a code and a text, such as '550 5.1.1 User unknown', or a list of lines"))
    return {"code": int(match[1]), "lines": (match[2] or "", *lines[1:])}


def _one_of(choices: tuple[str, ...]) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in choices:
            raise ValueError(sentence("choose from {choices}", choices=", ".join(choices)))
        return str(value)

    return read


SCENARIO_KEYS: Fields = {
    "teaches": ("teaches", _text, "what one learns from it, in English"),
    "teaches_zh": ("teaches_zh", _text, "the same in Chinese"),
    "without": ("without", _texts, "capabilities not announced"),
    "announce": ("announce", _texts, "capability lines announced as well, or instead of those of the same keyword"),
    "size": ("size", _number, "the largest message, in octets"),
    "seed": ("seed", _number, "a number that makes probabilities repeat themselves"),
    "listening": ("listening", _flag, "false: the port refuses connections, as if no service ran"),
    "ends": ("ends", _ends, "octets that end the message too, besides CRLF . CRLF"),
    "discards": ("discards", _flag, "true: what was sent ahead of an answer is thrown away"),
    "bare-lf": ("bare_lf", _flag, "true: replies end with LF alone"),
    "starttls": ("starttls", _flag, "true: STARTTLS is announced"),
    "users": ("users", _users, "names and passwords of those who may log in, as a table"),
    "auth-in-clear": ("auth_in_clear", _flag, "true: AUTH is offered without TLS too"),
}

WHEN_KEYS: Fields = {
    "stage": ("stages", _stages, "where: one stage or a list of them"),
    "peer": ("peer", _pattern, "pattern in the client's address"),
    "helo": ("helo", _pattern, "pattern in the EHLO name"),
    "sender": ("sender", _pattern, "pattern in the envelope sender"),
    "recipient": ("recipient", _pattern, "pattern in the recipient; behind RCPT, in any that was accepted"),
    "header": ("header", _pattern, "pattern in the header of the message (each line by itself)"),
    "text": ("text", _pattern, "pattern in the first 64 KiB of the message"),
    "recipients": ("recipients", _number, "at least so many recipients were accepted for this message"),
    "messages": ("messages", _number, "at least so many messages were taken in this session"),
    "octets": ("octets", _number, "the message has at least so many octets"),
    "rate": ("rate", _rate, "'NUMBER/SECONDS': more than so many in so many seconds"),
    "tls": ("tls", _flag, "true or false: whether the connection is encrypted"),
    "login": ("login", _login, "true or false: whether somebody logged in; or a pattern in the name"),
}

THEN_KEYS: Fields = {
    "reply": (
        "lines",
        _reply,
        "the answer: code and text, more lines in a list; {host}, {peer}, {date}, {protocol}, {argument} are filled in",
    ),
    "raw": ("raw", _octets, "octets sent as they are instead of a reply; \\u00ff is 0xff"),
    "repeat": ("repeat", _number, "how often raw is sent; 0: until the client goes"),
    "silent": ("silent", _flag, "true: no answer, to this and everything that follows"),
    "delay": ("delay", _seconds, "seconds to wait before the answer"),
    "trickle": ("trickle", _seconds, "seconds between one octet of the answer and the next"),
    "end": ("end", _one_of(ENDS), "drop, reset (RST) or half-close the connection, behind the reply if there is one"),
    "without": ("without", _texts, "capabilities left out of this answer to EHLO"),
    "announce": ("announce", _texts, "capability lines added to this answer to EHLO"),
    "outcome": ("outcome", _one_of(OUTCOMES), "at delivery: delivered, relayed, expanded, delayed, failed or lost"),
    "remote": ("remote", _text, "at delivery: the name of the server that said the reply"),
    "certificate": ("certificate", _one_of(CERTIFICATES), "the kind of certificate shown in the handshake"),
}

RULE_KEYS: Fields = {
    "times": ("times", _number, "how often it applies; 0: always"),
    "after": ("after", _number, "how often it lets pass before"),
    "within": ("within", _seconds, "applies only for so many seconds since the first time"),
    "probability": ("probability", _share, "how likely it applies, 0 to 1"),
    "by": (
        "by",
        _one_of(COUNTED_BY),
        "what times, after, within and rate are counted for: session, peer, sender, recipient, triplet or server",
    ),
}
