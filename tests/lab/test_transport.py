"""The connection of one client, without a network."""

from __future__ import annotations

import asyncio
import socket
import ssl

import pytest

from smtpscope.lab.net.transport import PAUSE, PIECE, Transport
from smtpscope.lab.options import Limits, Security
from smtpscope.lab.runner import lab_running
from smtpscope.lab.scenario.model import Action, Rule, Scenario, When


class AsyncioTransport(asyncio.Transport):
    """Remembers whether it was told to read."""

    reading = True

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def get_extra_info(self, name: str, default: object = None) -> object:
        return ("127.0.0.1", 25)

    def abort(self) -> None: ...
    def close(self) -> None: ...


def test_a_client_that_said_too_much_is_heard_again_once_it_is_taken() -> None:
    async def converse(transport: Transport) -> None: ...

    async def talk() -> tuple[bool, int, bool]:
        system, transport = AsyncioTransport(), Transport(converse, set(), memoryview(bytearray(PIECE)))
        transport.connection_made(system)
        for _piece in range(PAUSE // PIECE + 1):
            transport.get_buffer(PIECE)
            transport.buffer_updated(PIECE)
        paused = not system.reading
        taken = len(transport.take())
        transport.connection_lost(None)
        return paused, taken, system.reading

    assert asyncio.run(talk()) == (True, PAUSE + PIECE, True)


@pytest.mark.parametrize("end", ["quit", "half-close", "idle"])
def test_a_session_ends_tls_with_close_notify(end: str) -> None:
    limits = Limits(idle=0.3 if end == "idle" else 20.0)
    rule = Rule(When(("noop",)), Action(250, ("ok",), end="half-close"))
    with (
        lab_running(Scenario("tls", rules=(rule,)), limits=limits, security=Security(implicit=True)) as lab,
        socket.create_connection(("127.0.0.1", lab.port), 20) as connection,
    ):
        context = ssl.create_default_context(cafile=lab.ca_file)
        # Without close_notify, read raises here in place of returning no bytes.
        with context.wrap_socket(connection, server_hostname="localhost", suppress_ragged_eofs=False) as secure:
            heard = secure.recv(4096)
            secure.sendall({"quit": b"QUIT\r\n", "half-close": b"NOOP\r\n", "idle": b""}[end] or b"EH")
            while octets := secure.recv(4096):
                heard += octets
    assert heard.startswith(b"220 ")
    assert heard.splitlines()[-1][:3] == {"quit": b"221", "half-close": b"250", "idle": b"421"}[end]
