"""One connection of a client: perform the outputs of its session, in order and in time."""

from __future__ import annotations

import asyncio
import time

from smtpscope.lab.announcement import AnnouncementId, announce
from smtpscope.lab.net.proxy import client_data, receive_header
from smtpscope.lab.scenario.model import GOOD
from smtpscope.lab.smtp.output import Output
from smtpscope.lab.smtp.protocol import ServerProtocol
from smtpscope.lab.store.recorder import FLOOD, Recorder, command_of
from smtpscope.model.event import Noted, Received, Unsecured, Unsolicited
from smtpscope.model.trouble import HandshakeFailure
from smtpscope.model.vocabulary import Party, Topic
from smtpscope.protocol.endpoint import format_endpoint
from smtpscope.protocol.phase import Phase
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from asyncio import Task
    from collections import deque
    from collections.abc import Callable, Iterable
    from typing import Protocol

    from smtpscope.lab.announcement import Announcement
    from smtpscope.lab.delivery import Outcome
    from smtpscope.lab.mail import Mail, Spool
    from smtpscope.lab.net.tls import Authority
    from smtpscope.lab.net.transport import Transport
    from smtpscope.lab.options import Limits
    from smtpscope.lab.smtp.session import Site
    from smtpscope.lab.subscription import Subscriptions
    from smtpscope.model.event import Event
    from smtpscope.protocol.fault import Fault

    class ServerContext(Protocol):
        """What a connection needs of its lab (lab/server.py)."""

        limits: Limits
        transcripts: bool
        sessions: deque[str]
        connections: dict[str, Connection]
        subscriptions: Subscriptions
        tasks: set[Task[None]]
        say: Callable[[Announcement], None]
        watch: Callable[[Announcement], None]

        @property
        def watched(self) -> bool: ...
        @property
        def authority(self) -> Authority: ...
        def site(self, port: int) -> Site: ...
        def record(self, session: str, events: list[Event]) -> None: ...
        async def store(self, mail: Mail, spool: Spool, outcomes: tuple[Outcome, ...] = ()) -> bool: ...


# Bytes written at once of a reply that is repeated.
BLOCK = 65536

# Bytes recorded of a PROXY header, or of what was received instead of it.
HEADER_KEPT = 4200


class OpenSession(Value):
    """A session that has not ended: its id, the client's address, the port of the lab, and the start (epoch)."""

    id: str
    peer: str
    port: int
    since: float


class Connection:
    """One client at one lab."""

    def __init__(self, lab: ServerContext, transport: Transport) -> None:
        self.lab, self.transport = lab, transport
        transport.patience = lab.limits.idle
        site = lab.site(transport.local[1])
        told = lab.transcripts or lab.watched or lab.subscriptions
        limit = lab.limits.transcript
        self.recorder = Recorder(site.now, self._record, limit, lab.subscriptions) if told else None
        self.session = ServerProtocol(site, transport.peer[0], self.recorder)
        self.since = site.now()
        self._pending = bytearray()
        self._silent = self._closed = False
        self._stored = True
        self._has_progress = True
        self._begun = self._due = time.monotonic()

    async def run(self) -> None:
        """Serve the client, from the banner to the end of the connection."""
        self._begin()
        try:
            if await self._read_proxy_header() and await self._encrypt_implicitly():
                await self._serve()
        finally:
            self.session.transaction.discard()
            self._record_unread(self.session.take_rest())
            if self.recorder:
                self.recorder.ended(Party.US if self.transport.ended and not self._closed else Party.PEER)
            del self.lab.connections[self.session.id]

    def open_session(self) -> OpenSession:
        """The session, while it is open. Any thread can call it."""
        return OpenSession(self.session.id, self.session.peer, self.transport.local[1], self.since)

    def _begin(self) -> None:
        self.lab.connections[self.session.id] = self
        if self.lab.transcripts:
            self.lab.sessions.append(self.session.id)
        if self.recorder:
            self.recorder.session = self.session.id
            host, port = self.transport.local
            address, number = self.transport.peer
            self.recorder.connected(self.session.site.personality.host, host, port, format_endpoint(address, number))

    async def _read_proxy_header(self) -> bool:
        """Where a proxy is expected: read who the client is. Returns whether the session goes on."""
        if not self.session.site.service.proxied:
            return True
        header, octets = await receive_header(self.transport)
        if self.recorder and octets:
            tell = self.recorder.proxy_header if header.size else self.recorder.unread
            tell(octets[:HEADER_KEPT])
        if header.fault:
            self._reject_proxy_header(header.fault)
        if not header.size:
            return False
        self.session.set_client(client_data(header), f"PROXY v{header.version}")
        return True

    def _reject_proxy_header(self, fault: Fault) -> None:
        fields = dict(fault.details)
        self.lab.say(announce(AnnouncementId.NO_PROXY_HEADER, address=self.transport.peer[0], fault=fault.id, **fields))
        if self.recorder:
            why = (("why", str(fault.id)), *fault.details)
            self.recorder.add(Noted(self.session.site.now(), Phase.CONNECT, Topic.NO_PROXY_HEADER, why))

    def _record(self, events: list[Event]) -> None:
        if self.lab.transcripts:
            self.lab.record(self.session.id, events)

    async def _serve(self) -> None:
        limits = self.lab.limits
        if limits.connections and len(self.lab.tasks) > limits.connections:
            await self._perform([self.session.usual_reply("too-many-connections").replace(end="drop")])
            return
        outputs: Iterable[Output] = self.session.begin()
        while await self._perform(outputs):
            try:
                octets = await self.transport.read(self._time_limit())
            except TimeoutError:
                self._closed = True
                if not self._silent:
                    await self._perform([self.session.idle()])
                return
            if not octets:
                return
            outputs = () if self._silent else self.session.receive(octets)
            if self._silent:
                self._record_unread(octets)

    def _time_limit(self) -> float:
        """Seconds to wait for more: a command must be complete in time, even if it is received byte by byte."""
        limits, now = self.lab.limits, time.monotonic()
        if self._has_progress or self.session.in_text:
            self._has_progress, self._due = False, now + limits.idle
        left = self._begun + limits.session - now if limits.session else limits.idle
        return max(min(left, self._due - now), 0.0)

    async def _perform(self, outputs: Iterable[Output]) -> bool:
        """Returns whether the session goes on. Replies without a delay between them are sent in one write."""
        for output in outputs:
            self._has_progress = True
            if output.delay or output.trickle or output.repeat != 1:
                await self._flush()
                await self._send_slowly(output)
            else:
                data = await self._store(output)
                self._pending += data
                self._record_reply(data, output)
            if output.encrypt and not (
                await self._flush() and await self._encrypt(self.session.take_rest() + self.transport.take())
            ):
                return False
            if output.end:
                await self._flush()
                return self._end(output.end)
        return await self._flush()

    async def _encrypt_implicitly(self) -> bool:
        """Where TLS is implicit: the handshake, with the certificate that a rule for ``starttls`` names."""
        if not self.session.site.security.implicit:
            return True
        action = self.session.action("starttls")
        self.session.certificate = action.certificate if action else ""
        return await self._encrypt(b"")

    async def _encrypt(self, early: bytes) -> bool:
        """The TLS handshake, which discards ``early`` bytes (RFC 3207 section 5). Returns whether it succeeded."""
        now = self.session.site.now
        if early and self.recorder:
            self.recorder.injected(early)
        try:
            tls = await self.transport.start_tls(self.lab.authority.context(self.session.certificate or GOOD))
        except OSError as error:
            if self.recorder:
                self.recorder.add(Unsecured(now(), Phase.TLS, "", *_handshake_failure(error)))
            return False
        self.session.start_over(tls.version() or "")
        if self.recorder:
            cipher, _version, bits = tls.cipher() or ("", "", 0)
            self.recorder.secured(self.session.tls, cipher, bits)
        return True

    def _record_reply(self, data: bytes, output: Output) -> None:
        """Record a reply, and announce it if it is a rejection and somebody watches."""
        if not self.recorder or not data:
            return
        self.recorder.replied(data, output.encrypt)
        if output.login:
            self.recorder.logged_in(output.mechanism, output.login)
        if self.lab.watched and data[:1] in (b"4", b"5"):
            event = self.recorder.latest()  # with secrets masked
            if isinstance(event, Received | Unsolicited):
                said = event.reply.raw.decode("utf-8", "surrogateescape").strip()
                about = command_of(event)
                self.lab.watch(announce(AnnouncementId.REJECTED, peer=self.session.peer, command=about, reply=said))

    def _record_unread(self, octets: bytes) -> None:
        """The client sent bytes that the lab does not read, because it has closed the session or fallen silent."""
        if self.recorder:
            self.recorder.unread(octets)

    async def _flush(self) -> bool:
        """Send the pending replies. Returns whether the connection is still open."""
        if not self._pending:
            return True
        data = bytes(self._pending)
        self._pending.clear()
        return await self.transport.write(data)

    async def _store(self, output: Output) -> bytes:
        """Store the message of ``output``, if there is one. Returns the reply to send."""
        if output.mail:
            assert output.spool is not None
            self._stored = await self.lab.store(output.mail, output.spool, output.outcomes)
        return output.refusal if output.refusal and not self._stored else output.data

    async def _send_slowly(self, output: Output) -> None:
        await asyncio.sleep(output.delay)
        data = await self._store(output)
        if output.trickle:
            self._record_reply(data[: await self._trickle(data, output.trickle)], output)
        else:
            await self._repeat(data, output)

    async def _trickle(self, data: bytes, pause: float) -> int:
        """Send ``data`` byte by byte. Returns the number of bytes sent before the client disconnected."""
        for place in range(len(data)):
            if not await self.transport.write(data[place : place + 1]):
                return place
            await asyncio.sleep(pause)
        return len(data)

    async def _repeat(self, data: bytes, output: Output) -> None:
        """Send ``data`` in blocks, ``output.repeat`` times; 0: until the client disconnects."""
        group = max(BLOCK // len(data), 1) if data else 1
        times = left = output.repeat
        told = 0
        while left > 0 or not times:
            block = data * (min(group, left) if times else group)
            if not await self.transport.write(block):
                return
            if not told:
                self._record_reply(block, output)
            elif told < FLOOD and self.recorder:
                self.recorder.replied(block, output.encrypt)
            told += len(block)
            left -= group
            await asyncio.sleep(0)  # let other clients run

    def _end(self, end: str) -> bool:
        """End the connection as ``end`` says. Returns whether the session goes on."""
        if end in ("half-close", "silence"):
            if end == "half-close":
                self.transport.half_close()
            self._silent = True
            self._record_unread(self.session.take_rest())
            return True
        self._closed = True
        if end == "reset":
            self.transport.reset()
        return False


def _handshake_failure(error: OSError) -> tuple[HandshakeFailure, str]:
    """The kind of a handshake failure, and OpenSSL's reason."""
    if isinstance(error, TimeoutError):
        return HandshakeFailure.TIMEOUT, ""
    if isinstance(error, ConnectionResetError):
        return HandshakeFailure.CLOSED, ""
    return HandshakeFailure.HANDSHAKE, (getattr(error, "reason", "") or str(error)).replace("_", " ").lower()
