"""Notifications on their way: composed, kept in the mailbox, and handed to a smart host where there is one."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import deque
from pathlib import Path

from smtpscope.errors import SmtpscopeError
from smtpscope.lab.announcement import AnnouncementId, announce
from smtpscope.lab.delivery import notices
from smtpscope.lab.dsn import Notice, compose_notice, returns_full
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from smtpscope.lab.announcement import Announcement
    from smtpscope.lab.delivery import Outcome
    from smtpscope.lab.mail import Mail
    from smtpscope.lab.store.maildir import Mailbox

    # Relays a message to another server: (recipient, message) -> what came of it, in words.
    SmartHost = Callable[[str, bytes], Awaitable[str]]

# Notifications remembered in memory; the mailbox has them all.
REMEMBERED = 10000


class DsnSender:
    """Tells senders what became of their messages, as they asked to be told (RFC 3461).

    ``host`` is who reports; ``notices`` are the last notifications; ``say`` is told what the user must know.
    """

    def __init__(
        self, mailbox: Mailbox, host: str, smart_host: SmartHost | None, say: Callable[[Announcement], None]
    ) -> None:
        self.notices: deque[Mail] = deque(maxlen=REMEMBERED)
        self._mailbox, self._host, self._smart_host, self._say = mailbox, host, smart_host, say
        self._waiting: set[asyncio.Task[None]] = set()

    def take(self, mail: Mail, outcomes: tuple[Outcome, ...]) -> None:
        """Notify of ``outcomes``, now or when each is known."""
        for group in notices(mail, outcomes):
            after = max(outcome.after for outcome in group)
            if after or self._smart_host:
                task = asyncio.get_running_loop().create_task(self._wait_and_notify(after, mail, group))
                self._waiting.add(task)
                task.add_done_callback(self._waiting.discard)
            else:
                self._notify(mail, group)

    async def stop(self) -> None:
        """What is not known yet will not be told."""
        tasks = list(self._waiting)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _wait_and_notify(self, seconds: float, mail: Mail, group: tuple[Outcome, ...]) -> None:
        await asyncio.sleep(seconds)
        octets = self._notify(mail, group)
        if octets and self._smart_host:
            try:
                said = await self._smart_host(mail.sender, octets)
            except SmtpscopeError as error:
                said = str(error)
            self._say(announce(AnnouncementId.DSN_RELAYED, sender=mail.sender, said=said))

    def _notify(self, mail: Mail, group: tuple[Outcome, ...]) -> bytes:
        """Compose and keep a notification; no octets when the disk does not take it."""
        try:
            path = Path(mail.path)
            returned = path.read_bytes() if returns_full(mail, group) else _beginning(path)
            name = secrets.token_hex(8)
            octets = compose_notice(Notice(name, f"={name}=", self._host, time.time(), mail, group, returned))
            self.notices.append(self._mailbox.store_notice(mail, name, self._host, octets))
        except OSError as error:
            self._say(announce(AnnouncementId.DSN_LOST, id=mail.id, reason=error.strerror))
            return b""
        return octets


def _beginning(path: Path) -> bytes:
    """The beginning of a message, with all of a header of usual size."""
    with path.open("rb") as file:
        return file.read(65536)
