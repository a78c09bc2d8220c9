"""What is shown: events, remarks and hints as lines for a terminal. Pure."""

from __future__ import annotations

import re

from smtpscope.language import N_, _
from smtpscope.model.event import (
    Connected,
    Connecting,
    Disconnected,
    Failed,
    GaveUp,
    Injected,
    Interrupted,
    LoggedIn,
    Noted,
    Received,
    Resolved,
    Secured,
    Sent,
    Stopped,
    TimedOut,
    Unsecured,
    Unsolicited,
)
from smtpscope.render.notes import defect_text, event_text
from smtpscope.render.palette import PLAIN, Palette
from smtpscope.render.visible import visible, width
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smtpscope.model.event import Event
    from smtpscope.protocol.reply import Reply

# Lines of a message that are shown, lines of a reply, characters of a line.
MESSAGE_LINES, REPLY_LINES, LINE_LENGTH = 20, 200, 2000

# Colours, as the palette makes them.
_ESCAPES = "\x1b\\[[0-9;]*m"

_FAILURES = {
    "dns": N_("the name leads to no address: look at its spelling; `mx DOMAIN` finds the mail servers of a domain"),
    "null-mx": N_("this domain says that it takes no mail"),
    "refused": N_("the host answers, but nothing listens on this port: the service is down, or the port is wrong"),
    "timeout": N_("silence: a firewall on the way, or a wrong address; try another port of the same host"),
    "unreachable": N_("no way leads there from this machine: look at its network"),
    "denied": N_("this machine does not let the connection out: look at its own firewall"),
    "reset": N_("the other side broke the connection off: a restriction on this client, or a dying service"),
}


class Screen:
    """Turns events into lines. ``echo``: whether what is sent is shown; ``hints``: whether anything is explained."""

    def __init__(self, palette: Palette = PLAIN, unicode: bool = True) -> None:
        self.palette = palette
        self.unicode = unicode

    def greeting(self) -> list[str]:
        """The first lines for a person."""
        from smtpscope import __version__

        hint = self.hint(_("open HOST [PORT] connects; ? lists the commands; quit leaves"))
        return [f"smtpscope {__version__}", hint]

    def lines(self, event: Event, echo: bool = True, hints: bool = True) -> list[str]:
        """The lines for ``event``."""
        match event:
            case Sent():
                return list(self._sent(event)) if echo else []
            case Received(reply=reply):
                return list(self._reply(reply, hints))
            case Unsolicited(reply=reply):
                said = [self.remark(_("the server says, unasked:"))] if hints else []
                return [*said, *self._reply(reply, hints)]
        return list(self._network(event, hints))

    def _sent(self, event: Sent) -> Iterator[str]:
        lines = _split(event.data)
        for line in lines[:MESSAGE_LINES]:
            yield self.typed(line, event.body)
        if len(lines) > MESSAGE_LINES:
            left = len(lines) - MESSAGE_LINES
            yield self.hint(_("and {left} more lines, {size} octets in all").format(left=left, size=len(event.data)))

    def typed(self, line: str, body: bool = False) -> str:
        """A line as it was sent, behind the mark of the prompt."""
        p = self.palette
        return f"{p.dim}{self.mark(body)}{p.reset}{p.sent}{visible(cut(line))}{p.reset}"

    def mark(self, body: bool) -> str:
        """What stands before a line that is typed; within a message it is another."""
        if self.unicode:
            return "│ " if body else "› "
        return "| " if body else "> "

    def _reply(self, reply: Reply, hints: bool) -> Iterator[str]:
        p = self.palette
        style = {2: p.good, 3: p.good, 4: p.warn}.get(reply.kind, p.bad)
        lines = _split(reply.raw)
        for line in lines[:REPLY_LINES]:
            yield f"{style}{visible(cut(line))}{p.reset}"
        if len(lines) > REPLY_LINES:
            yield self.hint(_("and {left} more lines").format(left=len(lines) - REPLY_LINES))
        for defect in reply.defects if hints else ():
            yield self.remark(defect_text(defect))

    def _network(self, event: Event, hints: bool) -> Iterator[str]:
        p = self.palette
        match event:
            case Resolved(name=name, kind=kind, found=found) if kind != "address":
                yield from self._mx(name, found)
            case Connecting(address=address, port=port):
                yield f"{p.dim}{_('Trying {address}, port {port}...').format(address=address, port=port)}{p.reset}"
            case Connected(host=host, local=local):
                said = _("Connected to {host}, from {local}. The escape key is Ctrl-].")
                yield f"{p.dim}{said.format(host=visible(host), local=local)}{p.reset}"
            case Failed(kind=kind, target=target, reason=reason):
                yield f"{p.bad}{visible(_('{target}: {reason}').format(target=target, reason=reason))}{p.reset}"
                if hints and kind in _FAILURES:
                    yield self.hint(_(_FAILURES[kind]))
            case TimedOut(limit=limit):
                yield f"{p.bad}{_('No answer within {limit:g} s.').format(limit=limit)}{p.reset}"
            case Disconnected():
                yield from self._disconnected(event)
            case Secured() | Unsecured() | Injected():
                from smtpscope.render.tls import tls_lines

                for text, style in tls_lines(event):
                    yield f"{getattr(p, style)}  {visible(text)}{p.reset}"
            case Noted() | GaveUp() | LoggedIn() | Stopped():
                yield self.hint(event_text(event))
            case Interrupted():
                yield f"{p.warn}{_('Interrupted.')}{p.reset}"

    def _disconnected(self, event: Disconnected) -> Iterator[str]:
        p = self.palette
        if event.pending:
            half = event.pending.decode("utf-8", "surrogateescape")
            yield self.remark(_("the connection ended in the middle of a reply: {half}").format(half=cut(half)))
        text = _("Connection closed.") if event.by == "us" else _("Connection closed by the server.")
        yield f"{p.head}{text}{p.reset}"

    def _mx(self, name: str, found: tuple[str, ...]) -> Iterator[str]:
        if not found:
            yield _("{name} has no MX: mail goes to the host of that name").format(name=visible(name))
        for entry in found:
            yield _("{name} mail is handled by {entry}").format(name=visible(name), entry=visible(entry))

    def hint(self, text: str) -> str:
        """A dim line beside the conversation."""
        return f"{self.palette.dim}  {visible(text)}{self.palette.reset}"

    def remark(self, text: str) -> str:
        """Something that is not as it should be."""
        return f"{self.palette.warn}  ! {visible(text)}{self.palette.reset}"

    def prose(self, text: str, columns: int, head: str = "") -> list[str]:
        """``text`` behind ``head``, in lines of fewer than ``columns``, where there are any."""
        if not columns or width(head + text) < columns:
            return [head + text]
        from smtpscope.render.wrap import wrap as fold

        return fold(text, columns - 1, " " * (width(head) or 2), head)

    def mistake(self, text: str) -> list[str]:
        """What cannot be done, and why."""
        return [f"{self.palette.bad}{visible(line)}{self.palette.reset}" for line in text.split("\n")]


def _split(octets: bytes) -> list[str]:
    text = octets.decode("utf-8", "surrogateescape").removesuffix("\n").removesuffix("\r")
    return [line.removesuffix("\r") for line in text.split("\n")]


def cut(line: str) -> str:
    """``line``, without what is too much for a screen."""
    left = len(line) - LINE_LENGTH
    return line if left <= 0 else line[:LINE_LENGTH] + _("... and {left} more characters").format(left=left)


def wrap(line: str, columns: int) -> list[str]:
    """A remark or hint (it begins with two blanks) broken between words; what was said on the wire stays as it is."""
    plain = re.sub(_ESCAPES, "", line)
    if not plain.startswith("  ") or width(plain) < columns:
        return [line]
    start, end = "".join(re.findall(rf"^{_ESCAPES}", line)), "".join(re.findall(rf"{_ESCAPES}$", line))
    pieces = [""]
    for word in re.findall(r"[⺀-￦]|[^\s⺀-￦]+\s*|\s+", plain[2:]):
        if pieces[-1] and width(pieces[-1] + word.rstrip()) > columns - 4:
            pieces.append("")
        pieces[-1] += word
    return [f"{start}{'  ' if place == 0 else '    '}{piece.rstrip()}{end}" for place, piece in enumerate(pieces)]
