"""The steps that a dialogue yields, and the answers that it is sent."""

from __future__ import annotations

from smtpscope.model.event import Noted
from smtpscope.protocol.reply import Reply
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from typing import TypeAlias

    from smtpscope.dialogue.plan import Tls
    from smtpscope.model.event import Event, Secured
    from smtpscope.model.vocabulary import Topic
    from smtpscope.protocol.phase import Phase


class Step(Value):
    """Base of all steps."""


class Listen(Step):
    """Read one reply, to the oldest command that has none."""


class Send(Step):
    """Send one command line (without CRLF) and read its reply.

    ``mask``: what is shown in its place, for secrets; ``secrets``: what is masked in everything that is heard later;
    ``recipient``: the address of RCPT, where it is known.
    """

    line: bytes
    mask: bytes = b""
    secrets: tuple[bytes, ...] = ()
    recipient: str | None = None


class Burst(Step):
    """Send several command lines in one write (RFC 2920) and read the first reply; Listen for each further one."""

    sends: tuple[Send, ...]


class Payload(Step):
    """Send the blocks of ``body``, then read one reply: the message behind DATA, or a chunk behind ``command``.

    ``command``: the BDAT line, without CRLF. The body is sent as it is: dot-stuffing and terminator are the dialogue's
    part. What the server replies while blocks are still to be sent is read in between.
    """

    body: Iterable[bytes]
    command: bytes = b""


class Raw(Step):
    """Send octets as they are and read nothing; each line ending in them may be answered.

    ``mask``, ``secrets``: as in Send, where the octets are one line.
    """

    data: bytes
    mask: bytes = b""
    secrets: tuple[bytes, ...] = ()


class Preface(Step):
    """Send the header of the PROXY protocol and read nothing: a server replies to it only when it does not take it."""

    data: bytes


class Pause(Step):
    """Say nothing for ``seconds``. What comes meanwhile is kept for the next Listen."""

    seconds: float


class StartTls(Step):
    """Do the TLS handshake. The answer is the event Secured, or Closed where it failed.

    What came unencrypted before it is reported and forgotten (RFC 3207 section 4.2).
    ``enforced``: a certificate that fails verification ends the connection.
    ``when_agreed``: only if the server has just accepted STARTTLS; else nothing is done, and the answer is Silence.
    """

    tls: Tls
    enforced: bool
    when_agreed: bool = False


class Tell(Step):
    """Tell the reader of the session of ``event``, which the driver gives its time; nothing is sent."""

    event: Event


class Drain(Step):
    """Read every reply that still comes, until the peer closes or ``seconds`` are over."""

    seconds: float


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


def note(phase: Phase, topic: Topic, **details: str) -> Tell:
    """The step that notes ``topic``."""
    return Tell(Noted(0.0, phase, topic, tuple(details.items())))
