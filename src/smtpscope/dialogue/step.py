"""The steps that a dialogue yields to its driver, and the answers that the driver sends to it."""

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
    """Read one reply, which answers the oldest command without a reply."""


class Send(Step):
    """Send one command line (without CRLF), and read its reply.

    ``mask``: shown in place of the line, if it has a secret. ``secrets``: masked in everything received later.
    ``recipient``: the address in RCPT, if it is known.
    """

    line: bytes
    mask: bytes = b""
    secrets: tuple[bytes, ...] = ()
    recipient: str | None = None


class Burst(Step):
    """Send several command lines in one write (RFC 2920), and read the first reply. Listen reads each of the others."""

    sends: tuple[Send, ...]


class Payload(Step):
    """Send the blocks of ``body``, then read one reply: the message after DATA, or a chunk after ``command``.

    ``command``: the BDAT line, without CRLF. The body is sent as is; the dialogue has done the dot-stuffing and added
    the final dot. Early replies are read between the blocks.
    """

    body: Iterable[bytes]
    command: bytes = b""


class Raw(Step):
    """Send bytes as is, and read nothing. The server may reply to each line in them.

    ``mask``, ``secrets``: as in Send, if the bytes are one line.
    """

    data: bytes
    mask: bytes = b""
    secrets: tuple[bytes, ...] = ()


class Preface(Step):
    """Send the header of the PROXY protocol, and read nothing: a server replies only if it does not accept it."""

    data: bytes


class Pause(Step):
    """Send nothing for ``seconds``. Bytes received meanwhile are kept for the next Listen."""

    seconds: float


class StartTls(Step):
    """Do the TLS handshake. The answer is the event Secured, or Closed if it failed.

    Unencrypted bytes that were received before it are reported and not used (RFC 3207 section 5).
    ``enforced``: a certificate that fails verification ends the connection.
    ``when_agreed``: only if the server has just accepted STARTTLS; else nothing is done, and the answer is Silence.
    """

    tls: Tls
    enforced: bool
    when_agreed: bool = False


class Tell(Step):
    """Report ``event`` in the session. The driver sets its time. Nothing is sent."""

    event: Event


class Drain(Step):
    """Read all further replies, until the peer closes the connection or ``seconds`` are over."""

    seconds: float


class HangUp(Step):
    """Close the connection."""


class Silence(Value):
    """No complete reply was received within ``limit`` seconds."""

    limit: float


class Closed(Value):
    """The connection was closed by the peer, or was lost."""


if TYPE_CHECKING:
    Answer: TypeAlias = Reply | Secured | Silence | Closed
    Dialogue: TypeAlias = Generator[Step, Answer, None]


def note(phase: Phase, topic: Topic, **details: str) -> Tell:
    """The step that adds a note about ``topic``."""
    return Tell(Noted(0.0, phase, topic, tuple(details.items())))
