"""``--dsn-at``: lab, maildir:PATH, imap://USER@HOST/FOLDER, imaps://..., listen:ADDRESS:PORT."""

from __future__ import annotations

from contextlib import ExitStack

from smtpscope.cli.security import read_password
from smtpscope.errors import UsageError
from smtpscope.language import _
from smtpscope.protocol.address import is_loopback
from smtpscope.protocol.endpoint import EndpointError, parse_endpoint
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smtpscope.cli.options.test import TestOptions
    from smtpscope.lab.server import Lab
    from smtpscope.net.inbox import Inbox


def open_inbox(options: TestOptions) -> Inbox | None:
    """The inbox where DSNs arrive; None for the lab of --lab. It is opened by its ``begin``.

    Raises UsageError, LocalError.
    """
    place = options.dsn_at or "lab"
    if place == "lab":
        return None
    kind, _colon, rest = place.partition(":")
    if kind == "maildir" and rest:
        from smtpscope.net.inbox import MaildirInbox

        return MaildirInbox(rest)
    if kind in ("imap", "imaps"):
        return _imap(place, options)
    if kind == "listen":
        return _listener(rest)
    text = _("{place!r} is none of lab, maildir:PATH, imap://USER@HOST/FOLDER, imaps://..., listen:ADDRESS:PORT")
    raise UsageError("--dsn-at", text.format(place=place))


def _imap(place: str, options: TestOptions) -> Inbox:
    """The inbox of an imap:// or imaps:// URL. Raises UsageError, LocalError."""
    from urllib.parse import unquote, urlsplit

    from smtpscope.net.inbox import ImapAccount, ImapInbox

    try:
        url = urlsplit(place)
        port = url.port or (993 if url.scheme == "imaps" else 143)
    except ValueError as error:
        raise UsageError("--dsn-at", _("{place!r}: {error}").format(place=place, error=error)) from error
    if not url.hostname or not url.username:
        raise UsageError("--dsn-at", _("write imap://USER@HOST/FOLDER; the folder is INBOX where it is left out"))
    if url.password:
        raise UsageError("--dsn-at", _("the password does not belong there; use --dsn-password-file or -env"))
    user = unquote(url.username)
    account = ImapAccount(
        url.hostname,
        port,
        user,
        read_password("--dsn-password", options.dsn_password_env, options.dsn_password_file, user),
        unquote(url.path.strip("/")) or "INBOX",
        url.scheme == "imaps",
        is_loopback(url.hostname) and not options.tls_ca,
        options.tls_ca or "",
    )
    return ImapInbox(account)


def _listener(text: str) -> Inbox:
    """A mail server on ADDRESS:PORT. Raises UsageError."""
    try:
        endpoint = parse_endpoint(text, lowest=0)
    except EndpointError as error:
        from smtpscope.render.endpoint import endpoint_fault

        raise UsageError("--dsn-at", endpoint_fault(error, lowest=0)) from None
    if endpoint.port is None:
        raise UsageError("--dsn-at", _("write listen:ADDRESS:PORT, such as listen:127.0.0.1:2526"))
    return Listener(endpoint.host, endpoint.port)


class LabInbox:
    """The messages and DSNs of a lab that runs in this process."""

    def __init__(self, lab: Lab | None) -> None:
        assert lab is not None  # checked with the options
        self._lab = lab
        self._seen: set[str] = set()

    def begin(self) -> None:
        """Ignore the messages that the lab has already."""
        self._seen = {mail.id for mail in (*self._lab.messages, *self._lab.notices)}

    def fetch(self) -> Iterator[bytes]:
        """The messages received since the last call."""
        new = [mail for mail in (*self._lab.messages, *self._lab.notices) if mail.id not in self._seen]
        self._seen |= {mail.id for mail in new}
        yield from (mail.content for mail in new)

    def close(self) -> None:
        """Nothing: the lab belongs to the caller."""


class Listener:
    """A mail server on this machine that runs during the test, for the server under test to send its DSNs to."""

    def __init__(self, address: str, port: int) -> None:
        self._address, self._port = address, port
        self._stack = ExitStack()

    def begin(self) -> None:
        """Start to listen. Raises LocalError."""
        from smtpscope.lab.runner import lab_running

        self._inbox = LabInbox(self._stack.enter_context(lab_running(host=self._address, port=self._port)))
        self._inbox.begin()

    def fetch(self) -> Iterator[bytes]:
        """The messages received since the last call."""
        return self._inbox.fetch()

    def close(self) -> None:
        """Stop listening."""
        self._stack.close()
