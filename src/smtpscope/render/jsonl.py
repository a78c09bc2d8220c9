"""JSON Lines: each event as it happens, then one result, or the error that ended the run."""

from __future__ import annotations

from smtpscope.model.event import SCHEMA
from smtpscope.render.front import LIBRARY, in_its_language
from smtpscope.safetext import dump
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smtpscope.diagnosis.interpret import Explained
    from smtpscope.render.front import Front


@in_its_language
def explanation_line(explained: Explained, front: Front = LIBRARY) -> str:
    """The explanation of a rejected reply as a line, without its line ending. It follows the event of the reply."""
    from smtpscope.render.explanation import place, record

    exchange = explained.exchange
    return dump(
        {
            "event": "explanation",
            "at": explained.at,
            "phase": exchange.stage,
            **record(exchange, explained.explanation, front),
            **{key: value for key, value in place(exchange).items() if key != "line"},
        }
    )


def error_line(code: int, option: str, message: str) -> str:
    """The error that ended a run early, without line ending. ``code``: 2 for a mistake in ``option``, 3 for others."""
    return dump({"event": "error", "schema": SCHEMA, "exit_code": code, "option": option, "message": message})


def record_line(record: Mapping[str, object]) -> str:
    """A single record, such as one of ``explain --json``, with the version of the schema."""
    return dump({**record, "schema": SCHEMA})


def result_line(result: Mapping[str, object]) -> str:
    """The last record of a run, with the version of the schema."""
    return dump({"event": "result", "schema": SCHEMA, **result})
