"""The few exceptions. Each is the caller's mistake or this machine's; what a peer does is an event.

SmtpscopeError
├── UsageError          an option or argument that cannot be used; nothing was sent
└── LocalError          a file, folder or port of this machine that cannot be used
"""

from __future__ import annotations


class SmtpscopeError(Exception):
    """Base of all errors that smtpscope raises on purpose."""


class UsageError(SmtpscopeError):
    """A value that cannot be used. ``option`` names where it came from, such as ``--from``."""

    def __init__(self, option: str, message: str) -> None:
        super().__init__(f"{option}: {message}" if option else message)
        self.option = option
        self.message = message


class LocalError(SmtpscopeError):
    """This machine cannot do what was asked: a file, a directory, a port. ``option`` names where it came from."""

    def __init__(self, message: str, option: str = "") -> None:
        super().__init__(f"{option}: {message}" if option else message)
        self.option = option
        self.message = message
