"""JSON Lines: every event as it happens, then one result, or the error that ended the run."""

from __future__ import annotations

from smtpscope.model.event import SCHEMA
from smtpscope.model.transcript import write_line
from smtpscope.render.front import LIBRARY, in_its_language
from smtpscope.safetext import dump
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smtpscope.diagnosis.interpret import Explained
    from smtpscope.model.event import Event
    from smtpscope.render.front import Front


def event_line(event: Event) -> str:
    """One event, without line end."""
    return write_line(event)


@in_its_language
def explanation_line(explained: Explained, front: Front = LIBRARY) -> str:
    """What a refused reply means, behind its event, without line end."""
    from smtpscope.render.explanation import place, record

    exchange = explained.exchange
    where = {key: value for key, value in place(exchange).items() if key != "line"}
    found = {
        "event": "explanation",
        "at": explained.at,
        "phase": exchange.stage,
        **record(exchange, explained.explanation, front),
        **where,
    }
    return dump(found)


def error_line(code: int, option: str, message: str) -> str:
    """What ended a run before its end: a mistake in ``option`` (exit code 2), or this machine (3). Without line end."""
    return dump({"event": "error", "schema": SCHEMA, "exit_code": code, "option": option, "message": message})


def record_line(record: Mapping[str, object]) -> str:
    """A record that stands alone, such as that of ``explain --json``, with the version of the schema."""
    return dump({**record, "schema": SCHEMA})


def result_line(result: Mapping[str, object]) -> str:
    """The final record, with the version of the schema."""
    return dump({"event": "result", "schema": SCHEMA, **result})
