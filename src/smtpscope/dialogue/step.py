"""The steps that a dialogue yields, and the answers that it is sent."""

from __future__ import annotations

from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import Reply
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from typing import TypeAlias

    from smtpscope.dialogue.plan import Tls
    from smtpscope.events import Secured


class Step(Value):
    """Base of all steps."""


class Listen(Step):
    """Read one reply. ``command`` is the line that it answers, empty for the banner."""

    phase: Phase
    command: str = ""


class Send(Step):
    """Send one command line (without CRLF) and read its reply.

    ``mask``: what is shown in its place, for secrets; ``secrets``: what is masked in everything that is heard later.
    """

    line: bytes
    phase: Phase
    mask: bytes = b""
    secrets: tuple[bytes, ...] = ()


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
    """Send octets as they are and read nothing. ``body``: they are content; ``mask``, ``secrets``: as in Send."""

    data: bytes
    phase: Phase
    body: bool = False
    mask: bytes = b""
    secrets: tuple[bytes, ...] = ()


class Pause(Step):
    """Say nothing for ``seconds``. What comes meanwhile is kept for the next Listen."""

    seconds: float


class StartTls(Step):
    """Do the TLS handshake. The answer is the event Secured, or Closed where it failed.

    What came in clear before it is reported and forgotten (RFC 3207 section 4.2).
    ``enforced``: a certificate that does not stand the test ends the connection.
    """

    tls: Tls
    enforced: bool


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
    Answer: TypeAlias = Reply | Secured | Silence | Closed
    Dialogue: TypeAlias = Generator[Step, Answer, None]
