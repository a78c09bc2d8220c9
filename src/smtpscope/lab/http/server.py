"""The HTTP control interface of a running lab: loopback only, described by /openapi.json."""

from __future__ import annotations

import asyncio
import os
from http import HTTPStatus

from smtpscope.errors import LocalError, UsageError
from smtpscope.lab.http.routes import ROUTES, Request, Response
from smtpscope.model.event import SCHEMA
from smtpscope.safetext import dump
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.lab.server import Lab

# Bytes of a request's head and of its body.
HEAD_LIMIT = 16384
BODY_LIMIT = 1048576
# Seconds until a request must be complete.
LIMIT = 30.0


class ControlServer:
    """Serves HTTP for ``lab`` on ``port``. Every request has its own connection."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self, port: int) -> None:
        """Listen on ``port`` of 127.0.0.1 (0: any free port). Raises LocalError."""
        try:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, limit=HEAD_LIMIT)
        except OSError as error:
            raise LocalError(
                "cannot listen on 127.0.0.1, port {port}: {reason}; use another port, 0 for any free port",
                "control",
                port=port,
                reason=os.strerror(error.errno or 0),
            ) from error
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Stop listening."""
        if self._server:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(LIMIT):
                request = await _read(reader, self.port)
            answer = request if isinstance(request, Response) else await self._answer(request)
            writer.write(_format(answer))
            await writer.drain()
        except (TimeoutError, ConnectionError, ValueError, EOFError):
            pass  # not HTTP, or the client has disconnected
        finally:
            writer.close()

    async def _answer(self, request: Request) -> Response:
        found = [(route, match) for route in ROUTES if (match := route.matches(request.path)) is not None]
        if not found:
            return _problem(404, f"unknown path {request.path}; GET /openapi.json lists all")
        for route, arguments in found:
            if route.method == request.method:
                try:
                    return await route.handle(self._lab, request, arguments)
                except UsageError as error:
                    return _problem(400, error.message)
                except LookupError as error:
                    return _problem(404, str(error.args[0]))
        return _problem(405, f"{request.path} supports only {', '.join(route.method for route, _match in found)}")


def _problem(status: int, text: str) -> Response:
    return Response(dump({"error": text, "schema": SCHEMA}).encode(), status)


async def _read(reader: asyncio.StreamReader, port: int) -> Request | Response:
    """The request, or the response that rejects it."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    method, target, _version = first.split(" ")
    fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    # A web page in the user's browser must not control the lab, not even through a DNS name that resolves to 127.0.0.1.
    if fields.get("host") not in (f"127.0.0.1:{port}", f"localhost:{port}") or "origin" in fields:
        return _problem(403, "only programs on this machine can use this interface")
    size = fields.get("content-length", "0")
    if not size.isdigit() or int(size) > BODY_LIMIT:
        return _problem(413, f"the body can have {BODY_LIMIT} bytes at most")
    body = await reader.readexactly(int(size))
    path, _, query = target.partition("?")
    return Request(method, path, query, body, fields.get("content-type", ""))


def _format(answer: Response) -> bytes:
    head = (
        f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}\r\nContent-Type: {answer.kind}\r\n"
        f"Content-Length: {len(answer.body)}\r\nConnection: close\r\nX-Content-Type-Options: nosniff\r\n"
        f"Smtpscope-Schema: {SCHEMA}\r\n\r\n"
    )
    return head.encode() + answer.body
