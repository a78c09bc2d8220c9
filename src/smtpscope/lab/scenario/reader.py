"""Scenario files: TOML in, a Scenario out. A mistake names the file, the line and the key, and nothing starts."""

from __future__ import annotations

import re
from pathlib import Path

from smtpscope import toml
from smtpscope.errors import UsageError, sentence
from smtpscope.lab.scenario.model import CERTIFICATES, COUNTED_BY, ENDS, OUTCOMES, STAGES, Action, Rule, Scenario, When
from smtpscope.toml import Document, TomlError
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeAlias

    # What a key becomes: the field of the value, how it is read (ValueError says what is wrong), what it means.
    Fields: TypeAlias = Mapping[str, tuple[str, Callable[[Any], Any], str]]


def read_scenario(path: Path, name: str = "", field: str = "scenario") -> Scenario:
    """The scenario in the file ``path``, called ``name`` or like the file. Raises UsageError about ``field``."""
    try:
        return _scenario(toml.read_document(str(path)), name or path.stem)
    except TomlError as error:
        raise _usage_error(field, error) from error


def parse_scenario(text: str, name: str, file: str, field: str = "scenario") -> Scenario:
    """The scenario that the TOML ``text`` describes; ``file`` is what a mistake is said of.

    Raises UsageError about ``field``.
    """
    try:
        return _scenario(toml.parse_document(text, file), name)
    except TomlError as error:
        raise _usage_error(field, error) from error


def _usage_error(field: str, error: TomlError) -> UsageError:
    return UsageError(field, error.sentence.text, **dict(error.sentence.values))


def _scenario(source: Document, name: str) -> Scenario:
    top = dict(source.content)
    rules = top.pop("rule", [])
    values = _read(source, (), top, SCENARIO_KEYS)
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        raise source.mistake(("rule",), sentence("write rules as [[rule]], each with when and then"))
    return Scenario(name=name, rules=tuple(_rule(source, rule, number) for number, rule in enumerate(rules)), **values)


def _rule(source: Document, table: dict[str, Any], number: int) -> Rule:
    place: tuple[str | int, ...] = ("rule", number)
    when = {"stages": (), **_part(source, place, table, "when", WHEN_KEYS)}
    then = _part(source, place, table, "then", THEN_KEYS)
    if not when["stages"]:
        raise source.mistake((*place, "when"), sentence("requires a stage"))
    rest = {key: value for key, value in table.items() if key not in ("when", "then")}
    return Rule(When(**when), Action(**then), **_read(source, place, rest, RULE_KEYS))


def _part(
    source: Document, place: tuple[str | int, ...], table: dict[str, Any], key: str, fields: Fields
) -> dict[str, Any]:
    """The values of ``when`` or ``then``, which every rule has."""
    part = table.get(key)
    if not isinstance(part, dict):
        why = sentence("every rule requires one, written {key} = {{ ... }}", key=key)
        raise source.mistake((*place, key), why)
    return _read(source, (*place, key), part, fields)


def _read(source: Document, place: tuple[str | int, ...], table: dict[str, Any], fields: Fields) -> dict[str, Any]:
    """The values of a table, by field."""
    values: dict[str, Any] = {}
    for key, value in table.items():
        try:
            field, read, _meaning = fields[toml.known_key(key, fields)]
            made = read(value)
        except ValueError as error:
            raise source.mistake((*place, key), error.args[0]) from error
        values.update(made if isinstance(made, dict) else {field: made})
    return values


def _seconds(value: Any) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value <= 86400:
        raise ValueError(sentence("must be a number of seconds, 0 to 86400"))
    return float(value)


def _share(value: Any) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value <= 1:
        raise ValueError(sentence("must be a probability, 0 to 1"))
    return float(value)


def _octets(value: Any) -> bytes:
    """Octets are written as text whose characters are the octets: \\u00ff is 0xff."""
    try:
        return toml.text(value).encode("latin-1")
    except UnicodeEncodeError as error:
        raise ValueError(sentence("must have characters up to \\u00ff only, one for each byte")) from error


def _ends(value: Any) -> tuple[bytes, ...]:
    ends = tuple(_octets(item) for item in toml.texts(value))
    if not all(b"." in end[1:] for end in ends):
        raise ValueError(sentence("each end of data must be a line ending, a dot, and more, such as '\\n.\\n'"))
    return ends


def _pattern(value: Any) -> str:
    try:
        re.compile(toml.text(value))
    except re.error as error:
        raise ValueError(sentence("not a valid regular expression: {reason}", reason=str(error))) from error
    return str(value)


def _stages(value: Any) -> tuple[str, ...]:
    stages = (value,) if isinstance(value, str) else toml.texts(value)
    return tuple(map(toml.one_of(STAGES), stages))


def _login(value: Any) -> str:
    """true: anyone who logged in; false: nobody did; a text: whose name matches."""
    return ("." if value else "") if isinstance(value, bool) else _pattern(value)


def _users(value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict) or not all(isinstance(password, str) for password in value.values()):
        raise ValueError(sentence("must be a table of names and passwords, such as { kate = 'secret' }"))
    return tuple(value.items())


def _rate(value: Any) -> dict[str, Any]:
    match = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", toml.text(value))
    if not match or not int(match[2]):
        raise ValueError(sentence("must be NUMBER/SECONDS, such as '10/60' for more than 10 in 60 s"))
    return {"rate": int(match[1]), "per": float(match[2])}


def _reply(value: Any) -> dict[str, Any]:
    lines = [value] if isinstance(value, str) else list(toml.texts(value)) if isinstance(value, list) else []
    match = re.fullmatch(r"([2345][0-9][0-9])(?: (.*))?", lines[0], re.DOTALL) if lines else None
    if not match or any(sign in line for line in lines for sign in "\r\n"):
        raise ValueError(sentence("must be a code and a text, such as '550 5.1.1 User unknown', or a list of lines"))
    return {"code": int(match[1]), "lines": (match[2] or "", *lines[1:])}


SCENARIO_KEYS: Fields = {
    "teaches": ("teaches", toml.text, "what one learns from it, in English"),
    "teaches_zh": ("teaches_zh", toml.text, "the same in Chinese"),
    "without": ("without", toml.texts, "capabilities not announced"),
    "announce": ("announce", toml.texts, "capability lines announced as well, or instead of those of the same keyword"),
    "size": ("size", toml.number, "the largest message, in octets"),
    "seed": ("seed", toml.number, "a number that makes probabilities repeat themselves"),
    "listening": ("listening", toml.flag, "false: the port refuses connections, as if no service ran"),
    "ends": ("ends", _ends, "octets that end the message too, besides CRLF . CRLF"),
    "discards": ("discards", toml.flag, "true: what was sent ahead of an answer is thrown away"),
    "bare-lf": ("bare_lf", toml.flag, "true: replies end with LF alone"),
    "starttls": ("starttls", toml.flag, "true: STARTTLS is announced"),
    "users": ("users", _users, "names and passwords of those who may log in, as a table"),
    "auth-in-clear": ("auth_in_clear", toml.flag, "true: AUTH is offered without TLS too"),
}

WHEN_KEYS: Fields = {
    "stage": ("stages", _stages, "where: one stage or a list of them"),
    "peer": ("peer", _pattern, "pattern in the client's address"),
    "helo": ("helo", _pattern, "pattern in the EHLO name"),
    "sender": ("sender", _pattern, "pattern in the envelope sender"),
    "recipient": ("recipient", _pattern, "pattern in the recipient; behind RCPT, in any that was accepted"),
    "header": ("header", _pattern, "pattern in the header of the message (each line by itself)"),
    "text": ("text", _pattern, "pattern in the first 64 KiB of the message"),
    "recipients": ("recipients", toml.number, "at least so many recipients were accepted for this message"),
    "messages": ("messages", toml.number, "at least so many messages were taken in this session"),
    "octets": ("octets", toml.number, "the message has at least so many octets"),
    "rate": ("rate", _rate, "'NUMBER/SECONDS': more than so many in so many seconds"),
    "tls": ("tls", toml.flag, "true or false: whether the connection is encrypted"),
    "login": ("login", _login, "true or false: whether somebody logged in; or a pattern in the name"),
}

THEN_KEYS: Fields = {
    "reply": (
        "lines",
        _reply,
        "the answer: code and text, more lines in a list; {host}, {peer}, {date}, {protocol}, {argument} are filled in",
    ),
    "raw": ("raw", _octets, "octets sent as they are instead of a reply; \\u00ff is 0xff"),
    "repeat": ("repeat", toml.number, "how often raw is sent; 0: until the client goes"),
    "silent": ("silent", toml.flag, "true: no answer, to this and everything that follows"),
    "delay": ("delay", _seconds, "seconds to wait before the answer"),
    "trickle": ("trickle", _seconds, "seconds between one octet of the answer and the next"),
    "end": (
        "end",
        toml.one_of(ENDS),
        "drop, reset (RST) or half-close the connection, behind the reply if there is one",
    ),
    "without": ("without", toml.texts, "capabilities left out of this answer to EHLO"),
    "announce": ("announce", toml.texts, "capability lines added to this answer to EHLO"),
    "outcome": ("outcome", toml.one_of(OUTCOMES), "at delivery: delivered, relayed, expanded, delayed, failed or lost"),
    "remote": ("remote", toml.text, "at delivery: the name of the server that said the reply"),
    "certificate": ("certificate", toml.one_of(CERTIFICATES), "the kind of certificate shown in the handshake"),
}

RULE_KEYS: Fields = {
    "times": ("times", toml.number, "how often it applies; 0: always"),
    "after": ("after", toml.number, "how often it lets pass before"),
    "within": ("within", _seconds, "applies only for so many seconds since the first time"),
    "probability": ("probability", _share, "how likely it applies, 0 to 1"),
    "by": (
        "by",
        toml.one_of(COUNTED_BY),
        "what times, after, within and rate are counted for: session, peer, sender, recipient, triplet or server",
    ),
}
