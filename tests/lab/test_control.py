"""The HTTP interface: what a test in any language asks a running lab."""

from __future__ import annotations

import asyncio
import http.client
import json
import smtplib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from smtpscope.errors import LocalError
from smtpscope.lab.http.routes import ROUTES
from smtpscope.lab.http.server import ControlServer
from smtpscope.lab.scenario.builtin import names
from smtpscope.lab.server import Lab
from smtpscope.model.transcript import read_lines


class Remote:
    """An HTTP client of the lab."""

    def __init__(self, lab: Lab, port: int) -> None:
        self.lab, self.port = lab, port

    def ask(self, method: str, path: str, body: bytes = b"", **fields: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {name.replace("_", "-"): value for name, value in fields.items()}
        connection.request(method, path, body or None, headers)
        response = connection.getresponse()
        octets = response.read()
        connection.close()
        return response.status, octets

    def json(self, method: str, path: str, body: bytes = b"") -> Any:
        status, octets = self.ask(method, path, body)
        assert status == 200, octets
        return json.loads(octets)

    def send(self, to: str = "kate@fabrikam.com") -> None:
        with smtplib.SMTP("127.0.0.1", self.lab.port, timeout=20) as client:
            client.sendmail("chris@contoso.com", [to], "Subject: x\r\n\r\ny\r\n")


@contextmanager
def running() -> Iterator[Remote]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    lab = Lab()
    control = ControlServer(lab)
    try:
        asyncio.run_coroutine_threadsafe(lab.start("127.0.0.1", 0), loop).result()
        asyncio.run_coroutine_threadsafe(control.start(0), loop).result()
        yield Remote(lab, control.port)
    finally:
        loop.call_soon_threadsafe(control.stop)
        asyncio.run_coroutine_threadsafe(lab.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture(name="remote")
def remote_lab() -> Iterator[Remote]:
    with running() as remote:
        yield remote


def test_the_description_has_every_route(remote: Remote) -> None:
    about = remote.json("GET", "/openapi.json")
    assert about["openapi"].startswith("3.")
    described = {(method.upper(), path) for path, methods in about["paths"].items() for method in methods}
    assert described == {(route.method, route.path) for route in ROUTES}
    wait = about["paths"]["/messages"]["get"]
    assert [item["name"] for item in wait["parameters"]] == ["count", "seconds"]
    assert about["paths"]["/messages/{id}"]["get"]["parameters"][0]["in"] == "path"
    assert all("default" in method["responses"] for methods in about["paths"].values() for method in methods.values())


def test_scenarios_are_listed_and_played(remote: Remote) -> None:
    assert [item["name"] for item in remote.json("GET", "/scenarios")] == list(names())
    assert remote.json("GET", "/scenario")["name"] == "ok"
    assert remote.json("PUT", "/scenario", b'{"name": "user-unknown"}')["name"] == "user-unknown"
    assert remote.json("GET", f"/scenario?port={remote.lab.port}")["name"] == "user-unknown"
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        remote.send()


def test_a_scenario_file_is_played(remote: Remote) -> None:
    toml = b'teaches = "mine"\n[[rule]]\nwhen = { stage = "mail" }\nthen = { reply = "451 4.3.0 no" }\n'
    assert remote.ask("PUT", "/scenario", toml, Content_Type="application/toml")[0] == 200
    with pytest.raises(smtplib.SMTPSenderRefused):
        remote.send()
    status, said = remote.ask("PUT", "/scenario", b"[[rule]]\nwhen = 1", Content_Type="application/toml")
    assert status == 400
    assert json.loads(said)["error"].startswith("the request, line 2: rule.when: ")


def test_messages_are_waited_for_read_and_forgotten(remote: Remote) -> None:
    threading.Timer(0.1, remote.send).start()
    [message] = remote.json("GET", "/messages?count=1&seconds=20")
    assert message["sender"] == "chris@contoso.com"
    assert remote.json("GET", f"/messages/{message['id']}") == message
    status, octets = remote.ask("GET", f"/messages/{message['id']}/octets")
    assert (status, octets) == (200, b"Subject: x\r\n\r\ny\r\n")
    assert remote.json("DELETE", "/messages") == {"forgotten": 1, "schema": 2}
    assert remote.json("GET", "/messages") == []
    assert remote.ask("GET", "/messages?count=1&seconds=0.1")[0] == 408


def test_notifications_and_transcripts(remote: Remote) -> None:
    remote.send("failed@fabrikam.com")
    [notice] = remote.json("GET", "/notifications")
    assert notice["about"] == remote.json("GET", "/messages")[0]["id"]
    [session] = remote.json("GET", "/sessions")
    status, lines = remote.ask("GET", f"/sessions/{session}")
    assert status == 200
    assert read_lines(lines.decode().splitlines()) is not None


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nothing", b"", 404),
        ("POST", "/messages", b"", 405),
        ("GET", "/messages/none", b"", 404),
        ("GET", "/messages/../x", b"", 404),
        ("GET", "/sessions/none", b"", 404),
        ("GET", "/messages?count=x", b"", 400),
        ("GET", "/scenario?port=1", b"", 404),
        ("PUT", "/scenario", b"no json", 400),
        ("PUT", "/scenario", b"[]", 400),
        ("PUT", "/scenario", b'{"name": "none"}', 404),
    ],
)
def test_mistakes_are_told(remote: Remote, method: str, path: str, body: bytes, status: int) -> None:
    answered, said = remote.ask(method, path, body)
    assert answered == status
    assert json.loads(said)["error"]
    assert json.loads(said)["schema"] == 2


def test_every_object_names_the_version_of_the_schema(remote: Remote) -> None:
    remote.send("failed@fabrikam.com")
    for path in ("/scenarios", "/messages", "/notifications"):
        assert {item["schema"] for item in remote.json("GET", path)} == {2}
    assert remote.json("GET", "/scenario")["schema"] == 2


def test_a_web_page_cannot_steer_the_lab(remote: Remote) -> None:
    assert remote.ask("GET", "/messages", Host="evil.example.test")[0] == 403
    assert remote.ask("DELETE", "/messages", Origin="http://evil.example.test")[0] == 403


def test_what_is_no_http_is_not_answered(remote: Remote) -> None:
    for octets in (b"\r\n\r\n", b"\0" * 100 + b"\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 10000):
        with socket.create_connection(("127.0.0.1", remote.port), timeout=20) as client:
            client.sendall(octets)
            client.shutdown(socket.SHUT_WR)
            assert client.recv(1000) == b""


def test_a_body_that_is_too_large(remote: Remote) -> None:
    assert remote.ask("PUT", "/scenario", Content_Length="99999999")[0] == 413


def test_a_port_that_is_taken(remote: Remote) -> None:
    with pytest.raises(LocalError, match="control"):
        asyncio.run(ControlServer(remote.lab).start(remote.port))


def test_open_sessions_are_listed_and_read(remote: Remote) -> None:
    assert remote.json("GET", "/sessions/open") == []
    client = smtplib.SMTP("127.0.0.1", remote.lab.port, "contoso.com", timeout=20)
    client.ehlo()
    [session] = remote.json("GET", "/sessions/open")
    assert session == {
        "id": remote.lab.sessions[0],
        "peer": "127.0.0.1",
        "port": remote.lab.port,
        "since": session["since"],
        "schema": 2,
    }
    assert 0 <= time.time() - session["since"] < 20
    assert remote.json("GET", "/sessions") == [session["id"]]
    status, lines = remote.ask("GET", f"/sessions/{session['id']}")
    assert status == 200
    assert [type(event).__name__ for event in read_lines(lines.decode().splitlines())] == [
        "Connected",
        "Received",
        "Sent",
        "Received",
    ]
    client.quit()


def test_an_open_session_is_not_forgotten(remote: Remote) -> None:
    remote.send()
    client = smtplib.SMTP("127.0.0.1", remote.lab.port, "contoso.com", timeout=20)
    assert remote.json("DELETE", "/messages")["forgotten"] == 1
    [session] = remote.json("GET", "/sessions/open")
    assert remote.json("GET", "/sessions") == [session["id"]]
    client.quit()
