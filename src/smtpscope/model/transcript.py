"""Transcripts: events to JSON Lines, and back. The first line is a header with the version of the schema.

The JSON Schema of a line is model/schema/events.schema.json. model/codec.py turns single events into records and back.
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
    """One event as one line of JSON, without line ending."""
    return dump(to_json(event))


def read_lines(lines: Iterable[str]) -> tuple[Event, ...]:
    """The events of a transcript, of this schema or an older one.

    Raises ValueError, with the number of the line, if the text is not a valid transcript.
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
    """The events in any text, each with the number of its line, from 1. Lines without an event are left out."""
    records = []
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith("{"):
            try:
                records.append((number, _load(line)))
            except ValueError:
                continue
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


def _is_event(record: Mapping[str, Any]) -> bool:
    return isinstance(record.get("event"), str) and record["event"] in KINDS


def _reader_for(records: Sequence[Mapping[str, Any]]) -> Reader:
    """The function that makes events of a record: with an older schema, one record may be none or several events.

    Records without a header are of schema 1 if a Sent or Received has no verb.
    """
    header = next((record for record in records if record.get("event") == "transcript"), {})
    messages = [record for record in records if record.get("event") in ("sent", "received")]
    if header.get("schema") == 1 or (not header and any("verb" not in record for record in messages)):
        from smtpscope.model.schema1 import Upgrade

        return Upgrade(records).take
    return lambda record: (from_json(record),)
