"""What a conversation asks of its driver, and what comes of it."""

from __future__ import annotations

from smtpscope.model.vocabulary import FailureKind
from smtpscope.values import TYPE_CHECKING, Value


class Write(Value):
    """Send all of ``data`` within ``limit`` seconds. Comes back as None, or Trouble."""

    data: bytes
    limit: float


class Read(Value):
    """Receive something within ``limit`` seconds. Comes back as octets (none: the peer closed), or Trouble."""

    limit: float


class Poll(Value):
    """Receive what is there, without waiting. Comes back as octets (none: the peer closed), None, or Trouble."""


class Close(Value):
    """Close the connection. Comes back as None."""


class Trouble(Value):
    """What the network said. ``kind`` is that of a Failed event; TIMEOUT when nothing came in time."""

    kind: FailureKind
    reason: str


if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import TypeAlias

    Request: TypeAlias = Write | Read | Poll | Close
    Outcome: TypeAlias = bytes | Trouble | None
    Asking: TypeAlias = Generator[Request, Outcome, Outcome]
