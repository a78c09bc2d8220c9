"""The lab on the network: an asyncio server around the session, on loopback unless told otherwise."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import secrets
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator

from smtpscope.dialogue.message import format_date
from smtpscope.errors import LocalError, UsageError
from smtpscope.lab.mailbox import Mailbox
from smtpscope.lab.personality import EXCHANGE, PERSONALITIES, Personality
from smtpscope.lab.scenario import BUILTIN, Scenario, find_scenario
from smtpscope.lab.session import Mail, Output, ServerSession
from smtpscope.language import _

# Seconds that a client may say nothing (RFC 5321 section 4.5.3.2.7).
IDLE = 300.0
PIECE = 65536


class Lab:
    """A running lab. ``messages`` are those taken since it began."""

    def __init__(self, scenario: Scenario, personality: Personality = EXCHANGE, maildir: str = "") -> None:
        self.maildir = maildir or tempfile.mkdtemp(prefix="smtpscope-lab-")
        self.messages: list[Mail] = []
        self.port = 0
        self._scenario, self._personality = scenario, personality
        self._mailbox = Mailbox(self.maildir)
        self._counts: dict[tuple[str, ...], int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> None:
        """Listen. Raises LocalError when the address or port cannot be had."""
        try:
            self._server = await asyncio.start_server(self._accept, host, port, limit=PIECE)
        except OSError as error:
            raise LocalError(
                _("cannot listen on {host}, port {port}: {reason}").format(
                    host=host, port=port, reason=os.strerror(error.errno or 0)
                )
            ) from error
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and end every conversation."""
        if self._server:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            await self._converse(reader, writer)
        writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("peername")[0]
        date = format_date(time.time(), 0)
        session = ServerSession(self._personality, self._scenario, peer, date, _new_id, self._counts)
        outputs = session.begin()
        while await self._carry_out(outputs, writer):
            try:
                octets = await asyncio.wait_for(reader.read(PIECE), IDLE)
            except TimeoutError:
                await self._carry_out([session.idle()], writer)
                return
            if not octets:
                return
            outputs = session.receive(octets)

    async def _carry_out(self, outputs: list[Output], writer: asyncio.StreamWriter) -> bool:
        """Returns whether the conversation goes on."""
        for output in outputs:
            if output.delay:
                await asyncio.sleep(output.delay)
            data = self._keep(output) if output.mail else output.data
            for _round in range(output.repeat):
                writer.write(data)
                await writer.drain()
            if output.close:
                return False
        return True

    def _keep(self, output: Output) -> bytes:
        """Store the mail before it is answered: what was answered with 250 is not lost."""
        assert output.mail is not None
        try:
            self._mailbox.store(output.mail)
        except OSError:
            return output.refusal
        self.messages.append(output.mail)
        return output.data


def _new_id() -> str:
    return secrets.token_hex(8)


@contextlib.contextmanager
def lab_running(
    scenario: str | Scenario = "ok", personality: Personality = EXCHANGE, maildir: str = "", host: str = "127.0.0.1"
) -> Iterator[Lab]:
    """A lab in a thread of its own, on a free port of ``host``, for as long as the block runs."""
    lab = Lab(_scenario(scenario), personality, maildir)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="smtpscope-lab", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(lab.start(host, 0), loop).result()
        yield lab
    finally:
        asyncio.run_coroutine_threadsafe(lab.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def serve(host: str, port: int, scenario: str, personality: str, maildir: str, say: Callable[[str], None]) -> None:
    """Run a lab until SIGINT or SIGTERM. ``say`` takes each line for the user. Raises LocalError."""
    lab = Lab(_scenario(scenario), PERSONALITIES[personality], maildir)
    asyncio.run(_serve(lab, host, port, scenario, say))


async def _serve(lab: Lab, host: str, port: int, scenario: str, say: Callable[[str], None]) -> None:
    await lab.start(host, port)
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    listening = _("listening on {host}, port {port}; scenario {scenario}; messages in {folder}; Ctrl-C ends it")
    say(listening.format(host=host, port=lab.port, scenario=scenario, folder=lab.maildir))
    if not _is_loopback(host):
        say(
            _("WARNING: {host} can be reached from other machines, and this server takes mail from anyone").format(
                host=host
            )
        )
    await ended.wait()
    await lab.stop()
    say(_("messages taken: {count}").format(count=len(lab.messages)))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _scenario(scenario: str | Scenario) -> Scenario:
    if isinstance(scenario, Scenario):
        return scenario
    found = find_scenario(scenario)
    if found is None:
        names = ", ".join(item.name for item in BUILTIN)
        raise UsageError(
            "--scenario", _("there is no {scenario!r}; choose from {names}").format(scenario=scenario, names=names)
        )
    return found
