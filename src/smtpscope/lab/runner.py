"""Run a lab: in a thread while a block runs, or in the foreground until a signal ends it."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import resource
import shutil
import signal
import threading
from collections.abc import Iterator

from smtpscope.dialogue.plan import SMTP
from smtpscope.lab.announcement import AnnouncementId, announce
from smtpscope.lab.http.server import ControlServer
from smtpscope.lab.options import Limits, Security, Service
from smtpscope.lab.scenario.builtin import choose_scenario
from smtpscope.lab.scenario.model import Scenario
from smtpscope.lab.server import Lab
from smtpscope.lab.smtp.personality import EXCHANGE, Personality
from smtpscope.protocol.address import is_loopback
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from smtpscope.lab.announcement import Announcement
    from smtpscope.lab.dsn_sender import SmartHost


@contextlib.contextmanager
def lab_running(
    scenario: str | Scenario = "ok",
    personality: Personality = EXCHANGE,
    maildir: str = "",
    host: str = "127.0.0.1",
    limits: Limits = Limits(),  # noqa: B008 - a frozen value
    security: Security = Security(),  # noqa: B008 - a frozen value
    smart_host: SmartHost | None = None,
    port: int = 0,
    service: Service = Service(),  # noqa: B008 - a frozen value
) -> Iterator[Lab]:
    """A lab in its own thread, on ``port`` (0: any free port) of ``host``, while the block runs.

    Messages and transcripts stay in ``maildir``; the default is a temporary directory that is removed when the program
    ends.
    Raises UsageError, LocalError.
    """
    chosen = choose_scenario(scenario) if isinstance(scenario, str) else scenario
    lab = Lab(chosen, personality, maildir, limits, security=security, smart_host=smart_host, service=service)
    if not maildir:
        atexit.register(shutil.rmtree, lab.maildir, ignore_errors=True)
    with _in_thread(lab, host, port, security.implicit):
        yield lab


@contextlib.contextmanager
def _in_thread(lab: Lab, host: str, port: int, implicit: bool) -> Iterator[None]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="smtpscope-lab", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(lab.start(host, port, implicit), loop).result()
        yield
    finally:
        asyncio.run_coroutine_threadsafe(lab.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class Listener(Value):
    """A port and its scenario; ``implicit``: implicit TLS; ``protocol``: smtp or lmtp."""

    port: int
    scenario: Scenario
    implicit: bool = False
    protocol: str = SMTP


class RunOptions(Value):
    """How to run in the foreground.

    control  the port of the HTTP interface; None for none
    command  the lab ends with this command; empty: it ends with a signal
    """

    host: str
    listeners: tuple[Listener, ...]
    control: int | None = None
    command: str = ""


def serve(lab: Lab, options: RunOptions, say: Callable[[Announcement], None]) -> int:
    """Run ``lab`` until SIGINT, SIGTERM, or SIGHUP, or while a command runs. ``say`` is called with announcements.

    Returns the exit code of the command; 0 without one. Raises UsageError, LocalError.
    """
    _allow_many_files()
    return asyncio.run(_serve(lab, options, say))


def _allow_many_files() -> None:
    """Raise the limit of open files as far as allowed: each connection is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _serve(lab: Lab, options: RunOptions, say: Callable[[Announcement], None]) -> int:
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number == signal.SIGINT or signal.getsignal(number) != signal.SIG_IGN:  # nohup ignores SIGHUP
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
    control = ControlServer(lab)
    try:
        await _listen(lab, options, say)
        if options.control is not None:
            await control.start(options.control)
            say(announce(AnnouncementId.CONTROL, port=control.port))
        kept = announce(AnnouncementId.KEEPING, folder=lab.maildir)
        say(kept if lab.maildir else announce(AnnouncementId.DISCARDING))
        if not is_loopback(options.host):
            say(announce(AnnouncementId.EXPOSED, host=options.host))
        code = 0
        if options.command:
            code = await _run(lab, options, control.port, ended)
        else:
            await ended.wait()
    finally:
        control.stop()
        await lab.stop()
        lab.tidy()
    say(announce(AnnouncementId.COUNT, count=lab.taken))
    return code


async def _listen(lab: Lab, options: RunOptions, say: Callable[[Announcement], None]) -> None:
    for listener in options.listeners:
        port = await lab.listen(options.host, listener.port, listener.scenario, listener.implicit, listener.protocol)
        lab.port = lab.port or port
        where = {"host": options.host, "port": port, "protocol": listener.protocol}
        say(announce(AnnouncementId.LISTENING, scenario=listener.scenario.name, **where))
    if lab.encrypts:
        say(announce(AnnouncementId.TRUST, file=lab.ca_file))


async def _run(lab: Lab, options: RunOptions, control: int, ended: asyncio.Event) -> int:
    """Run the command with the lab's address in its environment. A signal to this process ends it, too."""
    place = {"SMTP_HOST": options.host, "SMTP_PORT": str(lab.port), "SMTP_LAB_MAILDIR": lab.maildir}
    if control:
        place["SMTP_LAB_URL"] = f"http://127.0.0.1:{control}"
    if lab.encrypts:
        place["SMTP_LAB_CA"] = lab.ca_file
    process = await asyncio.create_subprocess_shell(options.command, env={**os.environ, **place})
    done, end = asyncio.ensure_future(process.wait()), asyncio.ensure_future(ended.wait())
    await asyncio.wait((done, end), return_when=asyncio.FIRST_COMPLETED)
    if not done.done():
        process.terminate()
    end.cancel()
    code = await done
    return code if code >= 0 else 128 - code  # as a shell reports a command that was ended by a signal
