"""Connections that only listen, against services on loopback."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest

from smtpscope.dialogue.plan import Target
from smtpscope.net.probing.answer import answer
from smtpscope.net.probing.port import _read_message
from smtpscope.probes.question import Question

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TARGET = Target()


class Service:
    """A listener whose connections are handled by ``act``; keeps what it heard."""

    def __init__(self, act: Callable[[socket.socket], bytes | None]) -> None:
        self.heard: list[bytes] = []
        self._act = act
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        try:
            channel, _ = self._listener.accept()
        except OSError:
            return
        with channel:
            channel.settimeout(10)
            heard = self._act(channel)
            if heard:
                self.heard.append(heard)

    def close(self) -> None:
        self._thread.join(timeout=10)
        self._listener.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Service]]:
    services: list[Service] = []

    def start(act: Callable[[socket.socket], bytes | None]) -> Service:
        services.append(Service(act))
        return services[-1]

    yield start
    for service in services:
        service.close()


def ask(kind: str, port: int, bound: float = 5.0, host: str = "127.0.0.1") -> tuple[str, dict[str, str]]:
    outcome, details = answer(Question("ports", kind, host, port), TARGET, bound)
    return outcome, dict(details)


def test_a_greeting_is_heard_and_quit_is_said(serve) -> None:
    def greet(channel: socket.socket) -> bytes:
        channel.sendall(b"220 mail1.fabrikam.com ESMTP\r\n")
        return channel.recv(100)

    service = serve(greet)
    outcome, details = ask("port", service.port)
    service.close()
    assert (outcome, details["said"], details["protocol"]) == ("greets", "220 mail1.fabrikam.com ESMTP", "SMTP")
    assert service.heard == [b"QUIT\r\n"]


@pytest.mark.parametrize("kind", ["port", "words", "tls", "rcpt"])
def test_the_server_is_visited_from_the_source_address(serve, kind: str) -> None:
    seen: list[str] = []

    def look(channel: socket.socket) -> None:
        seen.append(channel.getpeername()[0])

    service = serve(look)
    names = ("contoso.com", "chris@contoso.com", "kate@fabrikam.com") if kind == "rcpt" else ()
    question = Question("ports", kind, "127.0.0.1", service.port, names=names)
    answer(question, Target(source="127.0.0.2"), 5.0)
    service.close()
    assert seen == ["127.0.0.2"]


def test_another_service_is_told_nothing(serve) -> None:
    def greet(channel: socket.socket) -> bytes:
        channel.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
        return channel.recv(100)

    service = serve(greet)
    assert ask("port", service.port)[1]["protocol"] == "SSH"
    service.close()
    assert service.heard == []


def test_a_port_that_closes(serve) -> None:
    assert ask("port", serve(lambda channel: None).port)[0] == "closes"


def test_a_port_that_resets(serve) -> None:
    def cut(channel: socket.socket) -> None:
        channel.recv(
            10
        )  # only then is it certain that the client is past its connect, where a reset is another outcome
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    assert ask("words", serve(cut).port)[0] == "resets"


def test_a_port_that_says_nothing(serve) -> None:
    assert ask("port", serve(lambda channel: channel.recv(10)).port, 0.3) == ("accepts", {})


def test_a_port_where_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    outcome, details = ask("port", port)
    assert outcome == "refused"
    assert "icmp" not in details


@pytest.mark.parametrize(
    ("counts", "found"),
    [
        ([(10, 5), (12, 5)] * 3, "made-here"),
        ([(10, 5), (12, 6), (12, 6), (14, 6), (14, 6), (16, 8)], "made-here"),  # other traffic hid it twice
        ([(10, 5), (12, 6)] * 3, "from-outside"),
        ([(10, 5), (10, 6)], "from-outside"),
        ([None, None], "from-outside"),  # a system that does not count
    ],
)
def test_a_refusal_through_loopback_is_this_machines_own(
    counts: list[tuple[int, int] | None], found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``counts``: packets received by loopback and sent elsewhere, before and after each connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    monkeypatch.setattr("smtpscope.net.probing.port._packets", iter(counts).__next__)
    assert ask("inside", port)[0] == found


def test_a_line_of_text_wakes_a_web_server(serve) -> None:
    def answer_it(channel: socket.socket) -> bytes:
        heard = channel.recv(100)
        channel.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        return heard

    service = serve(answer_it)
    outcome, details = ask("words", service.port)
    service.close()
    assert (outcome, details["protocol"]) == ("greets", "HTTP")
    assert service.heard == [b"QUIT\r\n\r\n"]


def test_no_tls_on_a_port_in_clear(serve) -> None:
    def clear(channel: socket.socket) -> None:
        channel.recv(1000)
        channel.sendall(b"500 what?\r\n")

    assert ask("tls", serve(clear).port)[0] == "no-tls"


def test_no_tls_from_a_port_that_says_nothing(serve) -> None:
    def silent(channel: socket.socket) -> None:
        while channel.recv(1000):
            pass

    assert ask("tls", serve(silent).port, 0.5)[0] == "no-tls"


def test_the_route_is_found_without_a_packet() -> None:
    assert ask("route", 0) == ("found", {"source": "127.0.0.1"})


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ("7100000002030d0000000000000000000200000001020304", {"icmp": "4:3/13", "by": "1.2.3.4"}),
        ("7100000001030d0000000000000000000200000001020304", {}),
    ],
)
def test_icmp_messages(data: str, found: dict[str, str]) -> None:
    assert _read_message(bytes.fromhex(data)) == found
