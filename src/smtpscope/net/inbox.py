"""Where DSNs arrive: a Maildir or an IMAP mailbox, checked again and again for new messages."""

from __future__ import annotations

import imaplib
import os
import re
import ssl

from smtpscope.errors import LocalError
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Protocol

    class Inbox(Protocol):
        """What the wait for DSNs needs of the place where they arrive."""

        def begin(self) -> None:
            """From now on, what arrives is new. Raises LocalError."""

        def fetch(self) -> Iterator[bytes]:
            """The messages that are new since the last call, one at a time. Raises LocalError."""

        def close(self) -> None:
            """Leave it. Never raises."""


# Bytes of a message that are read: a DSN has its status before the returned message.
LOOKED_AT = 1 << 20


class MaildirInbox:
    """A Maildir at ``path``."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._known: set[str] = set()

    def begin(self) -> None:
        if not any(os.path.isdir(os.path.join(self.path, name)) for name in ("new", "cur")):
            raise LocalError(
                "{path!r} is not a Maildir: it has neither new nor cur", "MaildirInbox.path", path=self.path
            )
        self._known = {name for name, _path in self._files()}

    def fetch(self) -> Iterator[bytes]:
        for name, path in self._files():
            if name not in self._known:
                self._known.add(name)
                yield from _read(path)

    def close(self) -> None:
        """Nothing is open."""

    def _files(self) -> Iterator[tuple[str, str]]:
        for folder in ("new", "cur"):
            try:
                entries = sorted(os.listdir(os.path.join(self.path, folder)))
            except OSError:
                entries = []
            for entry in entries:
                yield entry.partition(":")[0], os.path.join(self.path, folder, entry)


def _read(path: str) -> list[bytes]:
    """A message, unless a mail reader has just moved it away."""
    try:
        with open(path, "rb") as file:
            return [file.read(LOOKED_AT)]
    except OSError:
        return []


class ImapAccount(Value):
    """An IMAP mailbox. ``implicit``: implicit TLS; otherwise STARTTLS where it is advertised.

    ``in_clear`` allows the password without TLS; ``ca_file`` is what is trusted, empty for the system's authorities.
    """

    host: str
    port: int
    user: str
    password: str
    folder: str = "INBOX"
    implicit: bool = False
    in_clear: bool = False
    ca_file: str = ""

    def __repr__(self) -> str:
        return f"ImapAccount({self.user!r} at {self.host!r}, port {self.port})"


class ImapInbox:
    """An IMAP mailbox (RFC 9051), read only: nothing is marked as seen. ``limit``: seconds for each response."""

    def __init__(self, account: ImapAccount, limit: float = 30.0) -> None:
        self._account, self._limit = account, limit
        self._imap: imaplib.IMAP4 | None = None
        self._next = 1

    def begin(self) -> None:
        try:
            self._imap = self._connect()
            self._imap.login(self._account.user, self._account.password)
            self._ask(*self._imap.select(f'"{self._account.folder}"', readonly=True))
            status = self._ask(*self._imap.status(f'"{self._account.folder}"', "(UIDNEXT)"))
            match = re.search(rb"UIDNEXT (\d{1,10})", status[0])
            self._next = int(match[1]) if match else 1
        except (OSError, imaplib.IMAP4.error) as error:
            raise self._trouble(error) from error

    def fetch(self) -> Iterator[bytes]:
        assert self._imap is not None
        try:
            self._imap.noop()
            words = (self._ask(*self._imap.uid("SEARCH", f"UID {self._next}:*"))[0] or b"").split()
            numbers = [int(word) for word in words if word.isdigit() and len(word) <= 10]  # 32 bits (RFC 9051)
            for number in numbers:
                if number >= self._next:
                    yield from self._one(number)
        except (OSError, imaplib.IMAP4.error) as error:
            raise self._trouble(error) from error

    def close(self) -> None:
        if self._imap is not None:
            try:
                self._imap.logout()
            except (OSError, imaplib.IMAP4.error):
                self._imap.shutdown()

    def _connect(self) -> imaplib.IMAP4:
        account = self._account
        context = ssl.create_default_context(cafile=account.ca_file or None)
        if account.implicit:
            return imaplib.IMAP4_SSL(account.host, account.port, ssl_context=context, timeout=self._limit)
        imap = imaplib.IMAP4(account.host, account.port, timeout=self._limit)
        if "STARTTLS" in imap.capabilities and not account.in_clear:
            imap.starttls(context)
        elif not account.in_clear:
            imap.shutdown()
            raise LocalError("the IMAP server does not advertise STARTTLS; password not sent", "ImapAccount.implicit")
        return imap

    def _one(self, number: int) -> list[bytes]:
        assert self._imap is not None
        self._next = number + 1
        data = self._ask(*self._imap.uid("FETCH", str(number), f"(BODY.PEEK[]<0.{LOOKED_AT}>)"))
        return [item[1] for item in data if isinstance(item, tuple)]

    def _ask(self, status: str, data: list[Any]) -> list[Any]:
        if status != "OK":
            raise imaplib.IMAP4.error(b" ".join(item for item in data if item).decode("utf-8", "replace"))
        return data

    def _trouble(self, error: Exception) -> LocalError:
        said = error.args[0] if error.args else ""
        reason = said.decode("utf-8", "replace") if isinstance(said, bytes) else error
        where = {"host": self._account.host, "port": self._account.port}
        return LocalError("{host}, port {port}: {reason}", "ImapAccount.host", **where, reason=reason)
