"""Transcripts: events as JSON Lines and back. The first line is a header with the version of the schema."""

from __future__ import annotations

from smtpscope.model import vocabulary
from smtpscope.model.claim import Claim, Goal
from smtpscope.model.event import SCHEMA, Event
from smtpscope.protocol.certificate import Certificate
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import Defect, Reply, parse_reply
from smtpscope.safetext import dump
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

_KINDS: dict[str, type[Event]] = {kind.__name__.lower(): kind for kind in Event.__subclasses__()}


def header_line() -> str:
    """The first line of a transcript."""
    return dump({"event": "transcript", "schema": SCHEMA})


def write_line(event: Event) -> str:
    """One event as one line of JSON, without line end."""
    return dump(to_json(event))


def read_lines(lines: Iterable[str]) -> tuple[Event, ...]:
    """The events of a transcript. Raises ValueError, naming the line, for what is no transcript of this schema."""
    import json

    found = []
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line)
            if record["event"] in _KINDS:
                found.append(from_json(record))
            elif record["event"] == "transcript" and record["schema"] > SCHEMA:
                raise ValueError(f"schema {record['schema']} is newer than {SCHEMA}")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"line {number} is no event of a transcript: {error}") from error
    return tuple(found)


def to_json(event: Event) -> dict[str, Any]:
    """The event as a mapping that JSON can hold. Octets that are no UTF-8 text become ``{"base64": ...}``."""
    fields = {field: _pack(getattr(event, field)) for field in type(event).fields()}
    return {"event": type(event).__name__.lower(), **fields}


def from_json(record: Mapping[str, Any]) -> Event:
    """The event that ``to_json`` made. Raises KeyError or ValueError for a record that is none."""
    kind = _KINDS[record["event"]]
    declared = {**Event.__annotations__, **kind.__annotations__}
    values = {field: _unpack(declared[field], record[field]) for field in kind.fields() if field in record}
    for field, value in values.items():
        _check(declared[field], field, value)
    try:
        return kind(**values)
    except TypeError as error:
        raise ValueError(str(error)) from error


# What JSON must hold for a field of each type; the others are made by _unpack.
_TYPES: dict[str, tuple[type, ...]] = {"float": (int, float), "int": (int,), "str": (str,), "bool": (bool,)}


def _check(declared: str, field: str, value: Any) -> None:
    """Raises ValueError for a value that the field cannot have: a transcript may have been edited."""
    if not isinstance(value, _TYPES.get(declared, (object,))) or (isinstance(value, bool) and declared != "bool"):
        raise ValueError(f"{field} is no {declared}: {value!r}")
    if declared.startswith("tuple[") and not isinstance(value, tuple):
        raise ValueError(f"{field} is no list: {value!r}")


def _pack(value: Any) -> Any:
    match value:
        case bytes():
            return _pack_octets(value)
        case Reply():
            return {
                "code": value.code,
                "enhanced": str(value.enhanced) if value.enhanced else None,
                "text": value.text.encode("utf-8", "backslashreplace").decode(),
                "raw": _pack_octets(value.raw),
                "defects": [defect.value for defect in value.defects],
                "dropped": value.dropped,
            }
        case Claim():
            return {"claim": value.goal.value, "subject": value.subject}
        case Certificate():
            return {field: _pack(getattr(value, field)) for field in Certificate.fields()}
        case tuple():
            return [_pack(item) for item in value]
        case str():
            return str(value)
    return value


def _pack_octets(octets: bytes) -> str | dict[str, str]:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        from base64 import b64encode

        return {"base64": b64encode(octets).decode()}


_VOCABULARIES = ("Lookup", "FailureKind", "Party", "Reason", "Topic", "DsnAction", "Signal", "Skip")


def _unpack(declared: str, value: Any) -> Any:
    """What ``value`` was before it was packed, by the type of its field."""
    match declared:
        case "bytes":
            return _unpack_octets(value)
        case "Phase":
            return Phase(value)
        case "Reply":
            return _unpack_reply(value)
        case "tuple[Certificate, ...]":
            return tuple(_unpack_certificate(item) for item in value)
        case "tuple[Claim, ...]":
            return tuple(Claim(Goal(item["claim"]), item["subject"]) for item in value)
        case name if name in _VOCABULARIES:
            return getattr(vocabulary, name)(value)
    return _freeze(value)


def _unpack_octets(value: Any) -> bytes:
    if isinstance(value, dict):
        from base64 import b64decode

        return b64decode(value["base64"])
    return str(value).encode()


def _unpack_reply(value: Mapping[str, Any]) -> Reply:
    """The octets are read again; what the reader alone could know (dropped, defects) is taken as written."""
    reply = parse_reply(_unpack_octets(value["raw"]))
    defects = tuple(Defect(name) for name in value["defects"])
    return reply.replace(
        code=value["code"], raw=_unpack_octets(value["raw"]), defects=defects, dropped=value["dropped"]
    )


def _unpack_certificate(value: Mapping[str, Any]) -> Certificate:
    return Certificate(**{field: _freeze(item) for field, item in value.items() if field in Certificate.fields()})


def _freeze(value: Any) -> Any:
    return tuple(_freeze(item) for item in value) if isinstance(value, list) else value
