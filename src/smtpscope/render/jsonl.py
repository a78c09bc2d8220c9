"""JSON Lines: every event as it happens, then one result."""

from __future__ import annotations

from smtpscope.events import SCHEMA
from smtpscope.transcript import write_line
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smtpscope.events import Event


def event_line(event: Event) -> str:
    """One event, without line end."""
    return write_line(event)


def result_line(result: Mapping[str, object]) -> str:
    """The final record, with the version of the schema."""
    import json

    record = {"event": "result", "schema": SCHEMA, **result}
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()
