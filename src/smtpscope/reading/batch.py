"""Replies in a batch: one JSON object on each line, with code, enhanced, text, and stage."""

from __future__ import annotations

from smtpscope.errors import Sentence, sentence
from smtpscope.model.conversation import Exchange
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import read_code
from smtpscope.reading.words import read_enhanced, stage_of
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from smtpscope.protocol.reply import EnhancedCode

_STAGES = frozenset(phase.value for phase in Phase)
_KEYS = ("code", "enhanced", "text", "stage")

# Levels of objects and lists that are accepted. The other keys are written again, and json.dumps has a limit, too.
DEEPEST = 100


class Row(Value):
    """A line of the batch: the reply, or an error; and the other keys, which are written to the output as is."""

    exchange: Exchange | None
    others: Mapping[str, Any]
    error: Sentence | None = None


def read_row(line: str, number: int) -> Row:
    """Read line ``number``. Never raises: for a line that is not valid, the Row has an error."""
    import json

    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        wrong = sentence("line {number} is not valid JSON: {reason}", number=number, reason=error)
        return Row(None, {"line": number}, wrong)
    if line.count("[") + line.count("{") > DEEPEST and _is_deep(value):
        wrong = sentence("line {number}: the JSON is nested deeper than {limit} levels", number=number, limit=DEEPEST)
        return Row(None, {"line": number}, wrong)
    if not isinstance(value, dict):
        return Row(None, {"line": number}, sentence("line {number} is not a JSON object", number=number))
    others = {key: entry for key, entry in value.items() if key not in _KEYS}
    try:
        return Row(_exchange(value, number), others)
    except ValueError as error:
        wrong = sentence("line {number}: {reason}", number=number, reason=error.args[0])
        return Row(None, {"line": number, **others}, wrong)


def _is_deep(value: object) -> bool:
    """Whether ``value`` is nested deeper than DEEPEST levels."""
    level: list[Any] = [value]
    for _level in range(DEEPEST):
        nested = [item.values() if isinstance(item, dict) else item for item in level if isinstance(item, dict | list)]
        level = [inner for items in nested for inner in items]
        if not level:
            return False
    return True


def _exchange(value: Mapping[str, Any], number: int) -> Exchange:
    """The reply in a line. Raises ValueError(Sentence) for a key that is not valid.

    ``text`` is read like pasted text; ``code`` and ``enhanced`` take precedence over what it contains.
    """
    text, server = _text(value, "text"), _text(value, "server")
    code, enhanced = _code(value.get("code")), _enhanced(_text(value, "enhanced"))
    if not (text.strip() or code or enhanced):
        raise ValueError(sentence("requires code, enhanced, or text"))
    from smtpscope.knowledge.normal import read_text

    reply = read_text(text)
    reply = reply.replace(code=code or reply.code, enhanced=enhanced or reply.enhanced)
    return Exchange(reply, _stage(_text(value, "stage")), server=server, line=number)


def _text(value: Mapping[str, Any], key: str) -> str:
    text = value.get(key)
    if text is None:
        return ""
    if not isinstance(text, str):
        raise ValueError(sentence("{key} must be a text", key=key))
    return text


def _code(value: object) -> int:
    """``550`` or ``"550"``; 0 if none is given."""
    if value is None or value == "":
        return 0
    try:
        code = read_code(value.strip() if isinstance(value, str) else value)
    except ValueError:
        code = 0
    if code < 100:
        given = value if isinstance(value, str | int | float) else type(value).__name__
        raise ValueError(sentence("code {value!r} is not three digits", value=given))
    return code


def _enhanced(text: str) -> EnhancedCode | None:
    code = read_enhanced(text)
    if code is None and text.strip():
        raise ValueError(sentence("enhanced {text!r} is not an enhanced status code such as 5.1.1", text=text))
    return code


def _stage(text: str) -> str:
    """A Phase value; also the words of other programs for it, such as ``RCPT TO``."""
    stage = text.strip().lower()
    found = stage if stage in _STAGES or not stage else stage_of(stage)
    if stage and not found:
        raise ValueError(
            sentence("stage {text!r} is not valid; choose from {stages}", text=text, stages=", ".join(sorted(_STAGES)))
        )
    return found
