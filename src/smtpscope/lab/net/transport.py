"""The connection of one client, for asyncio, with a receive buffer that all connections of a lab share.

asyncio.Protocol allocates 256 KiB for each piece that it receives, however small. BufferedProtocol is given
a buffer, and thousands of connections can share one, as long as one thread reads for all of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Coroutine

    from smtpscope.tunnel import Tunnel

PIECE = 65536

# Bytes received and not yet read, above which reading from the client pauses.
PAUSE = 262144


class Transport(asyncio.BufferedProtocol):
    """A connection that was accepted. ``converse`` runs as a task for it; then the connection is closed.

    ``shared``: the receive buffer, of PIECE bytes, shared with other connections of the same event loop.
    """

    def __init__(
        self,
        converse: Callable[[Transport], Coroutine[None, None, None]],
        tasks: set[asyncio.Task[None]],
        shared: memoryview,
    ) -> None:
        self.peer = self.local = ("", 0)
        self._converse, self._tasks, self._shared = converse, tasks, shared
        self._inbox = bytearray()
        self._ended = False
        self._broken = False
        self._tunnel: Tunnel | None = None
        self._reader: asyncio.Future[None] | None = None
        self.patience = 300.0
        self._gone = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.peer = (transport.get_extra_info("peername") or ("", 0))[:2]  # none: the client has disconnected already
        self.local = transport.get_extra_info("sockname")[:2]
        task = asyncio.get_running_loop().create_task(self._run())
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._transport.abort()  # a task that was canceled before it began has not done it

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._shared

    def buffer_updated(self, nbytes: int) -> None:
        self._inbox += self._shared[:nbytes]
        if len(self._inbox) > PAUSE:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        self._ended = True
        self._wake()
        return True  # a client that has closed its side may still read

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended = self._broken = True
        self._gone.set()
        self._writable.set()
        self._wake()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def _wake(self) -> None:
        if self._reader and not self._reader.done():
            self._reader.set_result(None)

    async def _run(self) -> None:
        try:
            await self._converse(self)
        except asyncio.CancelledError:
            self._transport.abort()
        finally:
            if self._tunnel and not self._broken:
                self._transport.write(self._tunnel.close())
            self._transport.close()
            await self._end()

    async def _end(self) -> None:
        """Wait until the connection is closed, for ``patience`` seconds: the client may not read the last replies."""
        try:
            async with asyncio.timeout(self.patience):
                await self._gone.wait()
        except (TimeoutError, asyncio.CancelledError):
            self._transport.abort()
            await self._gone.wait()

    # What a session calls

    @property
    def ended(self) -> bool:
        """Whether the client has closed its side."""
        return self._ended

    async def read(self, limit: float) -> bytes:
        """What arrived; no bytes at the end. Raises TimeoutError when nothing arrives within ``limit`` seconds."""
        if not self._tunnel:
            return await self._receive(limit)
        text = self._open(self._tunnel, b"")  # text may have arrived together with the end of the handshake
        async with asyncio.timeout(limit):
            while not text and not self._tunnel.closed:
                octets = await self._receive(limit)
                if not octets:
                    break
                text = self._open(self._tunnel, octets)
        return text

    async def _receive(self, limit: float) -> bytes:
        if not self._inbox and not self._ended:
            self._reader = asyncio.get_running_loop().create_future()
            async with asyncio.timeout(limit):
                await self._reader
        return self.take()

    def take(self) -> bytes:
        """What arrived and was not read yet, without waiting."""
        octets = bytes(self._inbox)
        self._inbox.clear()
        if len(octets) > PAUSE and not self._ended:
            self._transport.resume_reading()
        return octets

    def put_back(self, octets: bytes) -> None:
        """Let the next read return ``octets`` again."""
        self._inbox[:0] = octets

    async def write(self, data: bytes) -> bool:
        """Send ``data`` and wait until the client accepts more. Returns whether the connection is still open.

        It is closed when the client has read nothing for ``patience`` seconds.
        """
        if not self._broken:
            self._transport.write(self._seal(self._tunnel, data) if self._tunnel else data)
            try:
                async with asyncio.timeout(self.patience):
                    await self._writable.wait()
            except TimeoutError:
                self._transport.abort()
                return False
        return not self._broken

    def half_close(self) -> None:
        """Close the lab's side."""
        if self._tunnel:
            self._transport.write(self._tunnel.close())
        if self._transport.can_write_eof():
            with contextlib.suppress(OSError):  # the client has disconnected in the meantime
                self._transport.write_eof()

    def reset(self) -> None:
        """Reset the connection: RST instead of FIN."""
        sock = self._transport.get_extra_info("socket")
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    async def start_tls(self, context: ssl.SSLContext, limit: float = 60.0) -> ssl.SSLObject:
        """Do the server's side of a TLS handshake. Raises OSError (ssl.SSLError is one) when it fails.

        asyncio's own TLS would close without the alert that tells the client why a handshake failed.
        """
        from smtpscope.tunnel import Tunnel

        tunnel = Tunnel(context, server_side=True)
        octets = b""
        async with asyncio.timeout(limit):
            while True:
                passed = tunnel.shake(octets)
                self._transport.write(passed.octets)
                if passed.error:
                    raise passed.error
                if tunnel.established:
                    break
                octets = await self._receive(limit)
                if not octets:
                    raise ConnectionResetError
        self._tunnel = tunnel
        return tunnel.session

    def _seal(self, tunnel: Tunnel, data: bytes) -> bytes:
        passed = tunnel.seal(data)
        self._broken = self._broken or passed.error is not None  # the connection is of no more use then
        return passed.octets

    def _open(self, tunnel: Tunnel, octets: bytes) -> bytes:
        """The text in ``octets``. After anything that is not TLS, the tunnel is closed."""
        passed = tunnel.open(octets)
        self._transport.write(passed.octets)
        return passed.text
