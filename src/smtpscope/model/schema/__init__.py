"""The JSON Schema of what smtpscope writes, made of the classes of the events and their vocabularies.

Each is written to a file beside this one when the package is built. Programs that read
the JSON take the files: ``importlib.resources.files("smtpscope.model.schema")``.
"""

from __future__ import annotations

from smtpscope.model.claim import Goal
from smtpscope.model.codec import KINDS, VOCABULARIES, declared_types
from smtpscope.model.event import SCHEMA, Event
from smtpscope.model.finding import Action, Actor, Severity
from smtpscope.model.report import Status
from smtpscope.protocol.certificate import Certificate
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import Defect
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, TypeAlias

    from smtpscope.values import Vocabulary

    Schema: TypeAlias = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
WHOLE: Schema = {"type": "integer"}
TRUTH: Schema = {"type": "boolean"}
OBJECT: Schema = {"type": "object"}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _maybe(schema: Schema) -> Schema:
    """``schema``, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def _object(properties: Schema, optional: Iterable[str] = ()) -> Schema:
    """An object that has these keys. Under one number of the schema, keys may be added: others are allowed."""
    left_out = set(optional)
    return {"type": "object", "required": [key for key in properties if key not in left_out], "properties": properties}


def _enum(kind: type[Vocabulary]) -> Schema:
    return {"type": "string", "enum": [member.value for member in kind]}


# The schema of a field of each declared type; a vocabulary stands under its own name.
FIELDS: dict[str, Schema] = {
    "float": NUMBER,
    "int": WHOLE,
    "str": TEXT,
    "bool": TRUTH,
    "bytes": _ref("Octets"),
    "Phase": _ref("Phase"),
    "Reply": _ref("Reply"),
    "tuple[str, ...]": _list(TEXT),
    "tuple[tuple[str, str], ...]": _list({"type": "array", "prefixItems": [TEXT, TEXT], "minItems": 2, "maxItems": 2}),
    "tuple[Claim, ...]": _list(_ref("Claim")),
    "tuple[Certificate, ...]": _list(_ref("Certificate")),
    **{name: _ref(name) for name in VOCABULARIES},
}

_BASE64 = _object({"base64": {"type": "string", "contentEncoding": "base64"}})

DEFINITIONS: dict[str, Schema] = {
    "Octets": {"description": "UTF-8 text, or else base64", "anyOf": [TEXT, _BASE64]},
    "Phase": _enum(Phase),
    "Defect": _enum(Defect),
    "Goal": _enum(Goal),
    "Status": _enum(Status),
    "Action": _enum(Action),
    "Actor": _enum(Actor),
    "Severity": _enum(Severity),
    **{name: _enum(kind) for name, kind in sorted(VOCABULARIES.items())},
    "Reply": _object(
        {
            "code": {"type": "integer", "minimum": 0, "maximum": 999},
            "enhanced": _maybe({"type": "string", "pattern": r"^[245]\.\d{1,3}\.\d{1,3}$"}),
            "text": TEXT,
            "raw": _ref("Octets"),
            "defects": _list(_ref("Defect")),
            "dropped": WHOLE,
        }
    ),
    "Certificate": _object({name: FIELDS[declared] for name, declared in declared_types(Certificate).items()}),
    "Claim": _object({"claim": _ref("Goal"), "subject": TEXT}),
}


def _event(name: str, kind: type[Event]) -> Schema:
    """An event: every field of its class is there."""
    about = (kind.__doc__ or "").strip().partition("\n")[0]
    fields = {field: FIELDS[declared] for field, declared in declared_types(kind).items()}
    return {"description": about, **_object({"event": {"const": name}, **fields})}


# ------------------------------------------------------------------------------------------------ results, explanations

_SHOWN_REPLY = _object({"code": WHOLE, "enhanced": _maybe(TEXT), "text": TEXT, "defects": _list(_ref("Defect"))})

_CAUSE: Schema = {
    "cause": _maybe(TEXT),
    "family": _maybe(TEXT),
    "actor": _maybe(TEXT),
    "retry": _maybe(TEXT),
    "rule": _maybe(TEXT),
    "evidence": _maybe(_list(TEXT)),
}

_FACT = _object({"fact": TEXT, "text": TEXT, "details": OBJECT})
# A step of the catalogue is a sentence; one of the diagnosis says besides what changes in the plan, and what to type.
_TAKEN: Schema = {
    "action": _ref("Action"),
    "target": _maybe(TEXT),
    "settings": {"type": "object", "additionalProperties": TEXT},
    "command": _maybe(TEXT),
}
_STEP = _object({"actor": _ref("Actor"), "step": TEXT, **_TAKEN}, _TAKEN)
_NEXT = _object({"actor": _ref("Actor"), "step": TEXT, **_TAKEN})

_DIAGNOSIS = _object(
    {
        "summary": TEXT,
        "causes": _list(
            _object(
                {
                    "id": TEXT,
                    "rank": WHOLE,
                    "weight": WHOLE,
                    "meaning": TEXT,
                    "actor": TEXT,
                    "retry": TEXT,
                    "steps": _list(_STEP),
                    "for": _list(_FACT),
                    "against": _list(_FACT),
                    "next": _NEXT,
                }
            )
        ),
        "findings": _list(_FACT),
        "not_asked": _list(_object({"probe": TEXT, "why": _ref("NotAsked")})),
        "decides": _maybe(_NEXT),
    }
)

SERVER: Schema = {
    "host": TEXT,
    "status": _ref("Status"),
    "phase": _ref("Phase"),
    "why": _maybe(TEXT),
    "reply": _maybe(_SHOWN_REPLY),
    "claims": _list(
        _object({"claim": _ref("Goal"), "subject": _maybe(TEXT), "proven": TRUTH, "event": _maybe(WHOLE)}),
    ),
    "queued": TRUTH,
    "accepted": _maybe(_SHOWN_REPLY),
    "tls": _maybe(
        _object({"version": TEXT, "cipher": TEXT, "bits": WHOLE, "name": TEXT, "verified": TRUTH, "problem": TEXT})
    ),
    **_CAUSE,
    "findings": _list(
        _object(
            {
                "finding": TEXT,
                "severity": _ref("Severity"),
                "actor": _ref("Actor"),
                "text": TEXT,
                "details": OBJECT,
                "steps": _list(_NEXT),
            }
        )
    ),
    "diagnosis": _maybe(_DIAGNOSIS),
    "recipients": _list(_object({"recipient": TEXT, "accepted": TRUTH, "reply": _maybe(_SHOWN_REPLY)})),
}

RESULT: Schema = {
    "description": "what came of a run, or of a session that was pasted",
    **_object(
        {
            "event": {"const": "result"},
            "schema": {"const": SCHEMA},
            "exit": WHOLE,
            "status": _ref("Status"),
            "servers": _list(_object(SERVER)),
        }
    ),
}

EXPLAINED: Schema = {
    "code": _maybe(WHOLE),
    "enhanced": _maybe(TEXT),
    "stage": _maybe(TEXT),
    "text": TEXT,
    **{name: _list(TEXT) if name == "evidence" else TEXT for name in _CAUSE},
    "meaning": TEXT,
    "causes": _list(TEXT),
    "steps": _list(_STEP),
    "references": _list(TEXT),
    "alternatives": _list(TEXT),
}

_PLACE: Schema = {
    "line": WHOLE,
    "command": _maybe(TEXT),
    "server": _maybe(TEXT),
    "recipient": _maybe(TEXT),
    "failure": _maybe(TEXT),
}

EXPLANATION: Schema = {
    "description": "what a rejection means, behind its event",
    **_object(
        {
            "event": {"const": "explanation"},
            "at": NUMBER,
            "phase": TEXT,
            **EXPLAINED,
            **{key: schema for key, schema in _PLACE.items() if key != "line"},
        }
    ),
}

ERROR: Schema = {
    "description": "what ended a run before its result",
    **_object(
        {
            "event": {"const": "error"},
            "schema": {"const": SCHEMA},
            "exit_code": WHOLE,
            "option": TEXT,
            "message": TEXT,
        }
    ),
}

HEADER: Schema = {
    "description": "the first line of a transcript",
    **_object({"event": {"const": "transcript"}, "schema": {"const": SCHEMA}}),
}


def event_schema() -> Schema:
    """One line of ``test --json`` or of a transcript."""
    events = {name: _event(name, kind) for name, kind in KINDS.items()}
    others = {"transcript": HEADER, "explanation": EXPLANATION, "result": RESULT, "error": ERROR}
    return _whole("events", "a line of the JSON output of a test, or of a transcript", {**others, **events})


def explain_schema() -> Schema:
    """One line of ``explain --json``: a reply, a row of a batch, a result, or what could not be read."""
    versioned = {"schema": {"const": SCHEMA}}
    kinds = {
        "reply": _object({**EXPLAINED, **_PLACE, **versioned}, _PLACE),
        "unread": _object({"error": TEXT, "line": WHOLE, "cut": TRUTH, **versioned}, ("line", "cut")),
        "result": RESULT,
        "error": ERROR,
    }
    return _whole("explain", "a line of the JSON output of an explanation", kinds)


def _whole(name: str, title: str, kinds: dict[str, Schema]) -> Schema:
    """A schema that one of ``kinds`` fits, with those definitions that it refers to."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:smtpscope:{name}:{SCHEMA}",
        "title": title,
        "anyOf": [_ref(kind) for kind in kinds],
        "$defs": {**kinds, **_referred(kinds)},
    }


def _referred(schema: object) -> dict[str, Schema]:
    """The definitions that ``schema`` refers to, and those that they refer to."""
    found: dict[str, Schema] = {}
    waiting = list(_names(schema))
    while waiting:
        name = waiting.pop()
        if name in DEFINITIONS and name not in found:
            found[name] = DEFINITIONS[name]
            waiting += _names(DEFINITIONS[name])
    return dict(sorted(found.items()))


def _names(schema: object) -> Iterable[str]:
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"].rpartition("/")[2]
        for inner in schema.values():
            yield from _names(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _names(inner)


SCHEMAS = {"events.schema.json": event_schema, "explain.schema.json": explain_schema}
"""The files beside this one, and what makes each."""


def schema_text(name: str) -> str:
    """The schema ``name`` as it stands in its file."""
    import json

    return json.dumps(SCHEMAS[name](), indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Write every file."""
    import os

    for name in SCHEMAS:
        with open(os.path.join(os.path.dirname(__file__), name), "w", encoding="utf-8", newline="\n") as file:
            file.write(schema_text(name))
