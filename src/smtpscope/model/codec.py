"""Events to JSON objects (as mappings), and back. The type of each field of a record is checked on reading."""

from __future__ import annotations

from smtpscope.model import trouble, vocabulary
from smtpscope.model.claim import Claim, Goal
from smtpscope.model.event import Event, GaveUp, Noted
from smtpscope.model.vocabulary import DETAILS
from smtpscope.protocol.certificate import Certificate
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import Defect, Reply, parse_reply
from smtpscope.values import TYPE_CHECKING, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeVar

    T = TypeVar("T")

KINDS: dict[str, type[Event]] = {kind.__name__.lower(): kind for kind in Event.__subclasses__()}
"""The name of each event in JSON, and its class."""


# ------------------------------------------------------------------------------------------------------------ writing


def to_json(event: Event) -> dict[str, Any]:
    """The event as a mapping for JSON. Bytes that are not valid UTF-8 become ``{"base64": ...}``."""
    fields = {field: _pack(getattr(event, field)) for field in type(event).fields()}
    return {"event": type(event).__name__.lower(), **fields}


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


# ------------------------------------------------------------------------------------------------------------ reading


def from_json(record: Mapping[str, Any]) -> Event:
    """The event in ``record``, as ``to_json`` writes it. Raises ValueError if the record is not a valid event."""
    name = record.get("event")
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise ValueError(f"there is no event {_shown(name)}")
    return check_details(read_fields(kind, record))


def check_details(event: Event) -> Event:
    """``event``, unchanged. Raises ValueError if a detail is missing that its topic or reason always has."""
    if isinstance(event, Noted | GaveUp):
        named = event.topic if isinstance(event, Noted) else event.why
        missing = [name for name in DETAILS.get(named, ()) if name not in dict(event.details)]
        if missing:
            raise ValueError(f"details of {named} lack {missing[0]}")
    return event


def read_fields(kind: type[T], record: Mapping[str, Any]) -> T:
    """A value of class ``kind`` with the fields in ``record``. Raises ValueError for a field of another type."""
    values = {}
    for field, declared in declared_types(kind).items():
        if field not in record:
            continue
        try:
            values[field] = READERS[declared](record[field])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{field} is no {declared}: {_shown(record[field])}") from error
    try:
        return kind(**values)
    except TypeError as error:
        raise ValueError(str(error)) from error


def _shown(value: Any) -> str:
    """``value`` in a message of an error, at most 80 characters."""
    return repr(value)[:80] if isinstance(value, str | int | float | None) else type(value).__name__


def declared_types(kind: type[Any]) -> dict[str, str]:
    """The fields of a value class, each with its type as written in the source."""
    own = {name: str(declared) for name, declared in kind.__annotations__.items()}
    return {**({"at": "float"} if issubclass(kind, Event) else {}), **own}


# Largest time, duration, or count in a transcript. JSON has no limit, but datetime ends with the year 9999.
_MOST = 253402300799


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _MOST:
        raise ValueError("no number")
    return value


def read_whole(value: Any) -> int:
    """``value``, an integer. Raises ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _MOST:
        raise ValueError("no whole number")
    return value


def read_words(value: Any) -> str:
    """``value``, a text, in which only bytes that are not UTF-8 are surrogates (PEP 383). Raises ValueError."""
    if not isinstance(value, str):
        raise ValueError("no text")
    value.encode("utf-8", "surrogateescape")
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("neither true nor false")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("no list")
    return value


def _pair(value: Any) -> tuple[str, str]:
    first, second = _list(value)
    return read_words(first), read_words(second)


def _octets(value: Any) -> bytes:
    if isinstance(value, dict):
        from base64 import b64decode

        return b64decode(read_words(value["base64"]))
    return read_words(value).encode()


def _reply(value: Any) -> Reply:
    """A reply, parsed again from its raw bytes; code, defects, and dropped are kept as the first reader set them."""
    raw, code = _octets(value["raw"]), read_whole(value["code"])
    if not 0 <= code <= 999:
        raise ValueError("no three digits")
    defects = tuple(Defect(name) for name in _list(value["defects"]))
    return parse_reply(raw).replace(code=code, raw=raw, defects=defects, dropped=read_whole(value["dropped"]))


VOCABULARIES: dict[str, type[Vocabulary]] = {
    name: kind
    for name, kind in {**vars(vocabulary), **vars(trouble)}.items()
    if isinstance(kind, type) and issubclass(kind, Vocabulary) and kind is not Vocabulary
}
"""Every closed vocabulary of the events, by the name of its type."""

# Declared type of a field -> the function that reads it, which raises if the value has another type.
READERS: dict[str, Callable[[Any], Any]] = {
    "float": _number,
    "int": read_whole,
    "str": read_words,
    "bool": _truth,
    "bytes": _octets,
    "Phase": Phase,
    "Reply": _reply,
    "tuple[str, ...]": lambda value: tuple(map(read_words, _list(value))),
    "tuple[tuple[str, str], ...]": lambda value: tuple(map(_pair, _list(value))),
    "tuple[Claim, ...]": lambda value: tuple(
        Claim(Goal(item["claim"]), read_words(item["subject"])) for item in _list(value)
    ),
    "tuple[Certificate, ...]": lambda value: tuple(read_fields(Certificate, item) for item in _list(value)),
    **VOCABULARIES,
}
