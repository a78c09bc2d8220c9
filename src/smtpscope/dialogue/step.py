"""The steps that a dialogue yields, and the answers that it is sent."""

from __future__ import annotations

from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import Reply
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from typing import TypeAlias


class Step(Value):
    """Base of all steps."""


class Listen(Step):
    """Read one reply. ``command`` is the line that it answers, empty for the banner."""

    phase: Phase
    command: str = ""


class Send(Step):
    """Send one command line (without CRLF) and read its reply. ``mask``: what is shown in its place, for secrets."""

    line: bytes
    phase: Phase
    mask: bytes = b""


class Burst(Step):
    """Send several command lines in one write (RFC 2920) and read the first reply; Listen for each further one."""

    sends: tuple[Send, ...]


class Payload(Step):
    """Send ``lead`` (a BDAT line with its CRLF, or nothing) and the blocks of ``body``, then read one reply.

    The body is sent as it is: dot-stuffing and terminator are the dialogue's part.
    """

    body: Iterable[bytes]
    phase: Phase
    lead: bytes = b""
    command: str = "."


class Raw(Step):
    """Send octets as they are and read nothing. ``body``: they are content; ``mask``: what is shown in their place."""

    data: bytes
    phase: Phase
    body: bool = False
    mask: bytes = b""


class Pause(Step):
    """Say nothing for ``seconds``. What comes meanwhile is kept for the next Listen."""

    seconds: float


class Note(Step):
    """Say something to the reader of the conversation; nothing is sent."""

    phase: Phase
    topic: str
    details: tuple[tuple[str, str], ...] = ()


class HangUp(Step):
    """Close the connection."""


class Silence(Value):
    """No complete reply came within ``limit`` seconds."""

    limit: float


class Closed(Value):
    """The connection is closed, by the peer or because it broke."""


if TYPE_CHECKING:
    Answer: TypeAlias = Reply | Silence | Closed
    Dialogue: TypeAlias = Generator[Step, Answer, None]
