"""Transcripts: events as JSON Lines and back. The first line is a header with the version of the schema.

The JSON Schema of a line is in model/schema/events.schema.json; model/codec.py makes events of records and back.
"""

from __future__ import annotations

from smtpscope.model.codec import KINDS, from_json, read_whole, read_words, to_json
from smtpscope.model.event import SCHEMA, Event
from smtpscope.safetext import dump
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any, TypeAlias

    Reader: TypeAlias = Callable[[Mapping[str, Any]], Iterable[Event]]


def header_line() -> str:
    """The first line of a transcript."""
    return dump({"event": "transcript", "schema": SCHEMA})


def write_line(event: Event) -> str:
    """One event as one line of JSON, without line end."""
    return dump(to_json(event))


def read_lines(lines: Iterable[str]) -> tuple[Event, ...]:
    """The events of a transcript, of this schema or an older one.

    Raises ValueError, naming the line, for what is no transcript.
    """
    records = []
    for number, line in enumerate(lines, 1):
        try:
            record = _load(line)
            read_words(record["event"])
            if record["event"] == "transcript" and not 1 <= read_whole(record["schema"]) <= SCHEMA:
                raise ValueError(f"schema {record['schema']} is not one of 1 to {SCHEMA}")
            records.append((number, record))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"line {number} is no event of a transcript: {error}") from error
    reader = _reader_for([record for _number, record in records])
    found: list[Event] = []
    for number, record in records:
        try:
            found += reader(record) if _is_event(record) else ()
        except ValueError as error:
            raise ValueError(f"line {number} is no event of a transcript: {error}") from error
    return tuple(found)


def read_events(lines: Iterable[str]) -> Iterator[tuple[int, Event]]:
    """The events among ``lines`` of any kind, each with its line, counted from 1; what is no event is left out."""
    records = [(number, record) for number, line in enumerate(lines, 1) if (record := _try_load(line)) is not None]
    reader = _reader_for([record for _number, record in records])
    for number, record in records:
        if not _is_event(record):
            continue
        try:
            found = reader(record)
        except ValueError:
            continue
        yield from ((number, event) for event in found)


def _load(line: str) -> dict[str, Any]:
    """The JSON object in ``line``. Raises ValueError."""
    import json

    try:
        record = json.loads(line)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(record, dict):
        raise ValueError("it is no JSON object")
    return record


def _try_load(line: str) -> dict[str, Any] | None:
    try:
        return _load(line) if line.lstrip().startswith("{") else None
    except ValueError:
        return None


def _is_event(record: Mapping[str, Any]) -> bool:
    return isinstance(record.get("event"), str) and record["event"] in KINDS


def _reader_for(records: Sequence[Mapping[str, Any]]) -> Reader:
    """What makes events of the records: of an older schema, one record may become none or several events."""
    header = next((record for record in records if record.get("event") == "transcript"), {})
    if header.get("schema") == 1 or (not header and any(map(_is_old, records))):
        from smtpscope.model.schema1 import Upgrade

        return Upgrade(records).take
    return lambda record: (from_json(record),)


def _is_old(record: Mapping[str, Any]) -> bool:
    """Whether a record without a header before it is of schema 1, in which no reply said what it answers."""
    return record.get("event") in ("sent", "received") and "verb" not in record
