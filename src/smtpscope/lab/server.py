"""The lab server: listeners, each with its scenario, and a connection for every client."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import socket
import tempfile
import threading
import time
from collections import deque

from smtpscope.errors import LocalError
from smtpscope.lab.announcement import AnnouncementId, announce
from smtpscope.lab.dsn_sender import DsnSender
from smtpscope.lab.net.connection import Connection
from smtpscope.lab.net.tls import Authority
from smtpscope.lab.net.transport import PIECE, Transport
from smtpscope.lab.options import Limits, Security, Service
from smtpscope.lab.scenario.builtin import find_scenario
from smtpscope.lab.scenario.model import OK, Scenario
from smtpscope.lab.scenario.rules import Memory
from smtpscope.lab.smtp.auth import offer_auth
from smtpscope.lab.smtp.personality import EXCHANGE, Personality
from smtpscope.lab.smtp.session import Site
from smtpscope.lab.smtp.starttls import offer_starttls
from smtpscope.lab.smtp.xclient import offer_xclient
from smtpscope.lab.store.archive import read_transcript
from smtpscope.lab.store.maildir import Mailbox, MailboxFullError, NoMailbox
from smtpscope.lab.subscription import LIMIT, Subscriptions
from smtpscope.protocol.address import ip_version
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from smtpscope.lab.announcement import Announcement
    from smtpscope.lab.delivery import Outcome
    from smtpscope.lab.dsn_sender import SmartHost
    from smtpscope.lab.mail import Mail, Spool
    from smtpscope.lab.net.connection import OpenSession
    from smtpscope.lab.subscription import Subscription
    from smtpscope.model.event import Event

# Messages and sessions held in memory; the mailbox has all of them.
REMEMBERED = 10000


class Lab:
    """A lab server. ``messages`` has the last received messages, ``taken`` is the number of all of them.

    ``sessions`` has the ids of the last sessions, open and ended. ``notices`` has the last DSNs; each one is also
    relayed to ``smart_host``, if given: it is awaited with recipient and message. ``discards``: messages are counted
    and discarded, and there are no transcripts and no DSNs.

    ``say`` is called with what the user must know while the lab runs (such as a full disk), ``watch`` with each
    received message and each rejection.
    """

    def __init__(
        self,
        scenario: Scenario = OK,
        personality: Personality = EXCHANGE,
        maildir: str = "",
        limits: Limits = Limits(),  # noqa: B008 - a frozen value
        durable: bool = False,
        transcripts: bool = True,
        say: Callable[[Announcement], None] = lambda told: None,
        security: Security = Security(),  # noqa: B008 - a frozen value
        smart_host: SmartHost | None = None,
        discards: bool = False,
        service: Service = Service(),  # noqa: B008 - a frozen value
    ) -> None:
        self.maildir = "" if discards else maildir or tempfile.mkdtemp(prefix="smtpscope-lab-")
        self._temporary = not (maildir or discards)
        self.messages: deque[Mail] = deque(maxlen=REMEMBERED)
        self.sessions: deque[str] = deque(maxlen=REMEMBERED)
        self._cut: deque[str] = deque(maxlen=100)  # sessions whose transcript could not be written
        self.taken = 0
        self.port = 0
        self.limits, self.say = limits, say
        self.transcripts = transcripts and not discards
        self.watch: Callable[[Announcement], None] = _nothing
        self.mailbox = NoMailbox() if discards else Mailbox(self.maildir, limits.messages, durable)
        self.personality = personality
        self.dsn_sender: DsnSender | None = None
        if isinstance(self.mailbox, Mailbox):
            self.dsn_sender = DsnSender(self.mailbox, personality.host, smart_host, lambda told: self.say(told))
        self.tasks: set[asyncio.Task[None]] = set()
        self.connections: dict[str, Connection] = {}  # by the id of the session; only those that are open
        self.subscriptions = Subscriptions()
        self._shared = memoryview(bytearray(PIECE))  # the lab's own: another one may run in another thread
        self._listeners: dict[int, tuple[asyncio.Server | None, socket.socket]] = {}
        self._sites: dict[int, Site] = {}
        self._scenario = scenario
        self._security, self._service = security, service
        self._authority: Authority | None = None
        self._making = threading.Lock()

    @property
    def watched(self) -> bool:
        """Whether messages and rejections are announced."""
        return self.watch is not _nothing

    @property
    def notices(self) -> deque[Mail]:
        """The last DSNs."""
        return self.dsn_sender.notices if self.dsn_sender else deque()

    @property
    def authority(self) -> Authority:
        """The CA of the lab's certificates; created when it is first needed. Raises LocalError."""
        with self._making:  # the thread of the lab and that of its user can both need it
            if self._authority is None:
                names = ("localhost", "127.0.0.1", "::1", self.personality.host)
                self._authority = Authority(os.path.join(self.maildir, "tls"), names, time.time())
            return self._authority

    @property
    def encrypts(self) -> bool:
        """Whether any port supports TLS."""
        sites = self._sites.values()
        return any(site.security.starttls or site.security.implicit or site.scenario.starttls for site in sites)

    @property
    def ca_file(self) -> str:
        """The CA file that a client must trust."""
        return self.authority.ca_file

    @property
    def scenario(self) -> Scenario:
        """The scenario of new connections to the first port."""
        return self._scenario

    def play(self, scenario: Scenario, port: int = 0) -> None:
        """Use ``scenario`` for new connections to ``port`` (0: the first), with new counters."""
        site = self._sites[port or self.port]
        self._sites[port or self.port] = site.replace(scenario=scenario, memory=_memory(scenario))
        if port in (0, self.port):
            self._scenario = scenario

    @property
    def ports(self) -> tuple[int, ...]:
        """The ports of the lab, the first one first."""
        return tuple(self._sites)

    def site(self, port: int) -> Site:
        """What the sessions at ``port`` share."""
        return self._sites[port]

    async def start(self, host: str, port: int, implicit: bool = False) -> None:
        """Listen on the first port. Raises LocalError if the address or port is not available."""
        self.port = await self.listen(host, port, self._scenario, implicit)

    async def listen(self, host: str, port: int, scenario: Scenario, implicit: bool = False, protocol: str = "") -> int:
        """Listen on another port (0: any free port) with ``scenario``. Returns the port. Raises LocalError.

        ``implicit``: implicit TLS. ``protocol``: smtp or lmtp; empty: that of the lab.
        """
        sock = _bind(host, port)
        port = sock.getsockname()[1]
        server = None
        if scenario.listening:
            loop = asyncio.get_running_loop()
            server = await loop.create_server(self._accept, sock=sock, backlog=1024)
        self._listeners[port] = (server, sock)
        service = self._service.replace(protocol=protocol or self._service.protocol)
        self._sites[port] = self._site(scenario, implicit, service)
        return port

    async def stop(self) -> None:
        """Stop listening, and end every session."""
        for _server, sock in self._listeners.values():
            asyncio.get_running_loop().remove_reader(sock)
        await _settle()  # Server.close() does not close a client that is being accepted
        for server, sock in self._listeners.values():
            if server:
                server.close()
            sock.close()
        if self.dsn_sender:
            await self.dsn_sender.stop()
        while self.tasks:
            tasks = tuple(self.tasks)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            await _settle()
        self.subscriptions.end()

    def tidy(self) -> None:
        """After the lab has stopped: remove a temporary directory that is empty."""
        if self._temporary and not self.taken and not self.sessions:
            shutil.rmtree(self.maildir, ignore_errors=True)

    async def store(self, mail: Mail, spool: Spool, outcomes: tuple[Outcome, ...] = ()) -> bool:
        """Store a message before the reply to it. Returns False, and announces why, if it cannot be stored.

        DSNs are sent for the ``outcomes`` that the sender requested.
        """
        try:
            if self.mailbox.durable:
                kept = await asyncio.to_thread(self.mailbox.store, mail, spool)
            else:
                kept = self.mailbox.store(mail, spool)
        except MailboxFullError:
            spool.discard()
            full = {"octets": mail.octets, "count": self.limits.messages, "folder": self.maildir}
            self.say(announce(AnnouncementId.MAILBOX_FULL, **full))
            return False
        except OSError as error:
            spool.discard()
            lost = {"octets": mail.octets, "reason": error.strerror, "folder": self.maildir}
            self.say(announce(AnnouncementId.MESSAGE_LOST, **lost))
            return False
        self.messages.append(kept)
        self.watch(_taken(kept))
        self.taken += 1
        if self.dsn_sender:
            self.dsn_sender.take(kept, outcomes)
        return True

    def subscribe(self, limit: int = LIMIT) -> Subscription:
        """Follow all sessions live from now on, from any thread or task (lab/subscription.py); close it at the end.

        ``limit`` is the number of events held until they are read. A lab that keeps no transcripts has the events of
        sessions that begin after this.
        """
        return self.subscriptions.subscribe(limit)

    def open_sessions(self) -> tuple[OpenSession, ...]:
        """The sessions that have not ended, oldest first. Any thread can ask."""
        return tuple(connection.open_session() for connection in self.connections.copy().values())

    def events(self, session: str) -> tuple[Event, ...]:
        """The events of a session so far, open or ended; empty where no transcript is kept. Any thread can ask."""
        connection = self.connections.get(session)
        if not connection or not connection.recorder:
            return read_transcript(self.maildir, session)
        written, events = connection.recorder.unwritten()
        return (*read_transcript(self.maildir, session, written), *events)

    def forget(self) -> None:
        """Forget messages, DSNs, and the sessions that have ended; the files stay."""
        self.messages.clear()
        self.notices.clear()
        for session in tuple(self.sessions):
            if session not in self.connections:
                self.sessions.remove(session)

    def record(self, session: str, events: list[Event]) -> None:
        """Add to the transcript of a session."""
        try:
            self.mailbox.append_session(session, events)
        except OSError as error:
            if session not in self._cut:  # announced once per session
                self._cut.append(session)
                cut = {"session": session, "reason": error.strerror, "folder": self.maildir}
                self.say(announce(AnnouncementId.TRANSCRIPT_CUT, **cut))

    def _accept(self) -> Transport:
        return Transport(lambda transport: Connection(self, transport).run(), self.tasks, self._shared)

    def _site(self, scenario: Scenario, implicit: bool, service: Service) -> Site:
        return Site(
            personality=self.personality,
            memory=_memory(scenario),
            new_id=_new_id,
            new_spool=lambda: self.mailbox.spool(_new_id()),
            now=time.time,
            scenario=scenario,
            limits=self.limits,
            library=find_scenario,
            security=self._security.replace(implicit=implicit),
            service=service,
            offers=(offer_starttls, offer_auth, offer_xclient),
        )


def _memory(scenario: Scenario) -> Memory:
    return Memory(time.monotonic, scenario.seed)


def _nothing(told: Announcement) -> None:
    """The default of ``watch``."""


def _taken(mail: Mail) -> Announcement:
    named = ", ".join(recipient.address for recipient in mail.recipients)
    return announce(AnnouncementId.RECEIVED, id=mail.id, sender=mail.sender, recipients=named, octets=mail.octets)


async def _settle() -> None:
    """Wait some turns of the loop: asyncio needs a few to pass on an accepted client, or to close a transport."""
    for _turn in range(5):
        await asyncio.sleep(0)


def _new_id() -> str:
    return secrets.token_hex(8)


def _bind(host: str, port: int) -> socket.socket:
    """A socket that is bound and not yet listening."""
    family = socket.AF_INET6 if ip_version(host) == 6 else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise _cannot_listen(error, host, port) from error
    return sock


def _cannot_listen(error: OSError, host: str, port: int) -> LocalError:
    import errno

    where = {"host": host, "port": port}
    if error.errno == errno.EADDRINUSE:
        return LocalError(
            "cannot listen on {host}, port {port}: another program uses it (ss -ltnp 'sport = :{port}' shows which); "
            "stop that program or use another port, 0 for any free port",
            "port",
            **where,
        )
    if error.errno == errno.EACCES:
        return LocalError(
            "cannot listen on {host}, port {port}: ports below 1024 are for root; use a higher port", "port", **where
        )
    if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        return LocalError("cannot listen on {host}: this machine has no such address", "host", host=host)
    reason = os.strerror(error.errno or 0)
    return LocalError("cannot listen on {host}, port {port}: {reason}", "port", **where, reason=reason)
