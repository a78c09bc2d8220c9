"""Send DSNs: compose them, store them in the mailbox, and relay them to a smart host if there is one."""

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

    # Relays a message to another server: (recipient, message) -> the result as text.
    SmartHost = Callable[[str, bytes], Awaitable[str]]

# DSNs held in memory; the mailbox has all of them.
REMEMBERED = 10000


class DsnSender:
    """Sends the DSNs that senders requested (RFC 3461).

    ``host`` is the name of the reporting server, ``notices`` has the last DSNs, ``say`` takes what the user must know.
    """

    def __init__(
        self, mailbox: Mailbox, host: str, smart_host: SmartHost | None, say: Callable[[Announcement], None]
    ) -> None:
        self.notices: deque[Mail] = deque(maxlen=REMEMBERED)
        self._mailbox, self._host, self._smart_host, self._say = mailbox, host, smart_host, say
        self._waiting: set[asyncio.Task[None]] = set()

    def take(self, mail: Mail, outcomes: tuple[Outcome, ...]) -> None:
        """Report ``outcomes``, now or when they are known."""
        for group in notices(mail, outcomes):
            after = max(outcome.after for outcome in group)
            if after or self._smart_host:
                task = asyncio.get_running_loop().create_task(self._wait_and_notify(after, mail, group))
                self._waiting.add(task)
                task.add_done_callback(self._waiting.discard)
            else:
                self._notify(mail, group)

    async def stop(self) -> None:
        """Stop; outcomes that are not known yet are not reported."""
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
        """Compose and store a DSN. Returns it; empty if it cannot be stored."""
        try:
            with Path(mail.path).open("rb") as file:  # 64 KiB have all of a header of usual size
                returned = file.read() if returns_full(mail, group) else file.read(65536)
            name = secrets.token_hex(8)
            octets = compose_notice(Notice(name, f"={name}=", self._host, time.time(), mail, group, returned))
            self.notices.append(self._mailbox.store_notice(mail, name, self._host, octets))
        except OSError as error:
            self._say(announce(AnnouncementId.DSN_LOST, id=mail.id, reason=error.strerror))
            return b""
        return octets
