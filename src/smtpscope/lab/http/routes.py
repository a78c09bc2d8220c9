"""The routes of the HTTP control interface, each with its description; the OpenAPI document is made from them."""

from __future__ import annotations

import asyncio
import json
import re
import time
from urllib.parse import parse_qs

from smtpscope.errors import UsageError
from smtpscope.lab.net.connection import OpenSession
from smtpscope.lab.scenario.builtin import find_scenario, library
from smtpscope.lab.scenario.reader import parse_scenario
from smtpscope.lab.store.maildir import envelope
from smtpscope.model.event import SCHEMA
from smtpscope.safetext import dump
from smtpscope.values import TYPE_CHECKING, Value
from smtpscope.version import __version__

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import TypeAlias

    from smtpscope.lab.mail import Mail
    from smtpscope.lab.scenario.model import Scenario
    from smtpscope.lab.server import Lab

    Handler: TypeAlias = Callable[["Lab", "Request", dict[str, str]], Awaitable["Response"]]

JSON = "application/json"
LINES = "application/x-ndjson"
MESSAGE = "message/rfc822"
TOML = "application/toml"

# Seconds that a client may wait for messages in one request.
LONGEST_WAIT = 300.0


class Request(Value):
    """A request; ``kind`` is its Content-Type."""

    method: str
    path: str
    query: str = ""
    body: bytes = b""
    kind: str = ""

    def parameter(self, name: str, default: str = "") -> str:
        """The first value of a parameter of the query."""
        return parse_qs(self.query).get(name, [default])[0]

    def number(self, name: str, default: float) -> float:
        """The same as a number, 0 or greater. Raises UsageError."""
        text = self.parameter(name, str(default))
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", text):
            raise UsageError("", f"{name} must be a number, 0 or greater")
        return float(text)


class Response(Value):
    """A response."""

    body: bytes
    status: int = 200
    kind: str = JSON


class Route(Value):
    """One route. ``path`` can have {names}; ``parameters`` are those of the query, each with its meaning."""

    method: str
    path: str
    summary: str
    handle: Handler
    gives: str = JSON
    takes: str = ""
    parameters: tuple[tuple[str, str], ...] = ()

    def matches(self, path: str) -> dict[str, str] | None:
        """The values of the {names} in ``path``; None if it is another path."""
        match = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[\\w-]+)", self.path), path)
        return match.groupdict() if match else None


def _json(value: object, status: int = 200) -> Response:
    return Response(dump(_versioned(value)).encode() + b"\n", status)


def _versioned(value: object) -> object:
    """``value`` with the version of the schema in each of its objects; a list of ids has it in the header only."""
    if isinstance(value, dict):
        return {**value, "schema": SCHEMA}
    return [_versioned(item) for item in value] if isinstance(value, list) else value


def _about(scenario: Scenario) -> dict[str, str]:
    return {"name": scenario.name, "teaches": scenario.teaches, "teaches_zh": scenario.teaches_zh}


async def _list_scenarios(lab: Lab, request: Request, names: dict[str, str]) -> Response:
    return _json([_about(scenario) for scenario in library()])


async def _show_scenario(lab: Lab, request: Request, names: dict[str, str]) -> Response:
    return _json(_about(lab.site(_port(lab, request)).scenario))


async def _play_scenario(lab: Lab, request: Request, names: dict[str, str]) -> Response:
    scenario = _scenario_in(request)
    lab.play(scenario, _port(lab, request))
    return _json(_about(scenario))


def _port(lab: Lab, request: Request) -> int:
    port = int(request.number("port", lab.port))
    if port not in lab.ports:
        raise LookupError(f"the lab does not listen on port {port}")
    return port


def _scenario_in(request: Request) -> Scenario:
    if request.kind.startswith(TOML):
        return parse_scenario(request.body.decode("utf-8", "replace"), "given", "the request")
    try:
        name = json.loads(request.body)["name"]
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError("", 'send {"name": "greylist"}, or a scenario file as application/toml') from error
    found = find_scenario(str(name))
    if not found:
        raise LookupError(f"unknown scenario {name!r}")
    return found


async def _list_messages(lab: Lab, request: Request, names: dict[str, str]) -> Response:
    """The messages, when there are ``count`` of them, or after ``seconds``."""
    count, end = request.number("count", 0), time.monotonic() + min(request.number("seconds", 10), LONGEST_WAIT)
    while len(lab.messages) < count and time.monotonic() < end:
        await asyncio.sleep(0.02)
    status = 200 if len(lab.messages) >= count else 408
    return _json([envelope(mail) for mail in lab.messages], status)


async def _list_notices(lab: Lab, request: Request, names: dict[str, str]) -> Response:
    return _json([envelope(mail) for mail in lab.notices])


async def _forget(lab: Lab, request: Request, names: dict[str, str]) -> Response:
    count = len(lab.messages)
    lab.forget()
    return _json({"forgotten": count})


async def _show_message(lab: Lab, request: Request, names: dict[str, str]) -> Response:
    return _json(envelope(_mail(lab, names["id"])))


async def _show_octets(lab: Lab, request: Request, names: dict[str, str]) -> Response:
    mail = _mail(lab, names["id"])
    return Response(await asyncio.to_thread(lambda: mail.content), kind=MESSAGE)


def _mail(lab: Lab, wanted: str) -> Mail:
    for mail in (*lab.messages, *lab.notices):
        if mail.id == wanted:
            return mail
    raise LookupError(f"message {wanted} not found")


async def _list_sessions(lab: Lab, request: Request, names: dict[str, str]) -> Response:
    return _json(list(lab.sessions))


async def _list_open_sessions(lab: Lab, request: Request, names: dict[str, str]) -> Response:
    opened = lab.open_sessions()
    return _json([{field: getattr(session, field) for field in OpenSession.fields()} for session in opened])


async def _show_session(lab: Lab, request: Request, names: dict[str, str]) -> Response:
    from smtpscope.model.transcript import header_line, write_line

    if names["id"] not in lab.sessions and names["id"] not in lab.connections:
        raise LookupError(f"session {names['id']} not found")
    lines = (header_line(), *(write_line(event) for event in lab.events(names["id"])))
    return Response("".join(line + "\n" for line in lines).encode(), kind=LINES)


async def _describe(lab: Lab, request: Request, names: dict[str, str]) -> Response:
    return Response(dump(openapi()).encode() + b"\n")  # without our schema: it has the version of OpenAPI


_AT_PORT = ("port", "the port of the lab (default: the first one)")

ROUTES: tuple[Route, ...] = (
    Route("GET", "/openapi.json", "this document", _describe),
    Route("GET", "/scenarios", "the included scenarios", _list_scenarios),
    Route("GET", "/scenario", "the scenario of new connections", _show_scenario, parameters=(_AT_PORT,)),
    Route(
        "PUT",
        "/scenario",
        "set the scenario of new connections",
        _play_scenario,
        takes=f"{JSON}, {TOML}",
        parameters=(_AT_PORT,),
    ),
    Route(
        "GET",
        "/messages",
        "the received messages",
        _list_messages,
        parameters=(
            ("count", "wait for this number of messages; 408 if there are fewer"),
            ("seconds", "wait up to this time (default: 10)"),
        ),
    ),
    Route("DELETE", "/messages", "forget messages, DSNs, and ended sessions; the files stay", _forget),
    Route("GET", "/messages/{id}", "the envelope of a message", _show_message),
    Route("GET", "/messages/{id}/octets", "the message as received", _show_octets, MESSAGE),
    Route("GET", "/notifications", "the delivery status notifications (DSNs)", _list_notices),
    Route("GET", "/sessions", "the ids of all sessions, open and ended", _list_sessions),
    Route(
        "GET", "/sessions/open", "the sessions that have not ended: id, peer, port, since (epoch)", _list_open_sessions
    ),
    Route(
        "GET",
        "/sessions/{id}",
        "the transcript of a session; of an open session, its events so far",
        _show_session,
        LINES,
    ),
)


# Every other response: 400, 403, 404, 405, and 413 have an error; 408 has the messages received so far.
_PROBLEM = {
    "description": 'an error as {"error": "..."}; with 408, the messages received so far',
    "content": {JSON: {}},
}


def openapi() -> dict[str, object]:
    """The description of all routes (OpenAPI 3.1)."""
    paths: dict[str, dict[str, object]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    info = {
        "title": "smtpscope lab",
        "version": __version__,
        "summary": "control a lab, and read messages and transcripts",
    }
    return {"openapi": "3.1.0", "info": info, "paths": paths}


def _operation(route: Route) -> dict[str, object]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", route.path)
    ]
    in_query = [
        {"name": name, "in": "query", "description": meaning, "schema": {"type": "number"}}
        for name, meaning in route.parameters
    ]
    operation: dict[str, object] = {
        "summary": route.summary,
        "parameters": in_path + in_query,
        "responses": {"200": {"description": route.summary, "content": {route.gives: {}}}, "default": _PROBLEM},
    }
    if route.takes:
        operation["requestBody"] = {"content": {kind: {} for kind in route.takes.split(", ")}}
    return operation
