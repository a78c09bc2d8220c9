"""The connection of one client, without a network."""

from __future__ import annotations

import asyncio

from smtpscope.lab.net.transport import PAUSE, PIECE, Transport


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
