"""A reply and all that is known of where it stood: what every reader yields."""

from __future__ import annotations

from smtpscope.protocol.reply import Reply, parse_reply
from smtpscope.protocol.secret import hide_in_reply, mask
from smtpscope.safetext import octets
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from smtpscope.events import Event
    from smtpscope.protocol.capability import Capabilities


class Heard(Value):
    """One reply, with its place in a conversation as far as it is known; secrets are hidden (protocol/secret.py).

    reply      as given; code 0 where a program reports in its own words, such as ``Connection refused``
    stage      a Phase value such as ``rcpt``; empty where it cannot be told
    command    the line that it answers, without CRLF
    server     the name (or address) of the server that said it
    recipient  the address concerned
    announced  what the server announced before; None where its EHLO answer was not seen
    line       where the reply begins in the text, counted from 1
    message    the octets of the message that it answers
    port       the port of the server; 0 where it is not known
    event      where nobody said anything and TLS failed: the event that tells how
    """

    reply: Reply
    stage: str = ""
    command: str = ""
    server: str = ""
    recipient: str = ""
    announced: Capabilities | None = None
    line: int = 1
    message: bytes = b""
    event: Event | None = None
    port: int = 0

    if not TYPE_CHECKING:  # where every reader's find is made, so that none of them can forget it

        def __init__(self, *args: object, **kwargs: object) -> None:
            super().__init__(*args, **kwargs)
            object.__setattr__(self, "reply", hide_in_reply(self.reply))
            if self.command:
                object.__setattr__(self, "command", hidden_command(self.command))

    @property
    def target(self) -> str:
        """The server as it is given to ``smtpscope test``; empty where it is not known."""
        host = f"[{self.server}]" if ":" in self.server and self.port else self.server
        return host if self.port in (0, 25) or not host else f"{host}:{self.port}"


class Reading(Value):
    """What was found in a text, and the form that it was read as; no form when nothing was found.

    ``cut``: how many lines were looked at, where the text is longer than what is looked at; 0: all of it was.
    """

    form: str = ""
    found: tuple[Heard, ...] = ()
    cut: int = 0


def text_reply(text: str) -> Reply:
    """``text`` as a reply: with its code where it has one, else as words alone (code 0, no defects)."""
    reply = parse_reply(octets(text))
    return reply if reply.code else reply.replace(lines=tuple(text.split("\n")), defects=())


def recipient_of(command: str) -> str:
    """``RCPT TO:<a@b> NOTIFY=...`` -> ``a@b``; empty for any other command."""
    if command[:8].upper() != "RCPT TO:":
        return ""
    from smtpscope.protocol.command import parse_path_argument

    return parse_path_argument(command[5:], "TO").path


def hidden_command(command: str) -> str:
    """A command line with its secret hidden."""
    line = octets(command)
    shown = mask(line)
    return command if shown == line else shown.decode("utf-8", "surrogateescape")
