"""Events, remarks, and hints as lines for a terminal. No I/O."""

from __future__ import annotations

from smtpscope.language import N_, _, fill
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
from smtpscope.model.vocabulary import Topic
from smtpscope.render.notes import defect_text, event_text
from smtpscope.render.palette import PLAIN, Palette
from smtpscope.render.visible import visible, width
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from smtpscope.model.event import Event
    from smtpscope.model.explanation import Explanation
    from smtpscope.protocol.reply import Reply

# What is shown at most: lines of a message, lines of a reply, characters of a line.
MESSAGE_LINES, REPLY_LINES, LINE_LENGTH = 20, 200, 2000

# The columns without a terminal: lines are not wrapped.
_UNLIMITED = 1 << 20


class Screen:
    """Turns events into lines. ``unicode``: whether the terminal can show characters that are not ASCII.

    ``columns`` returns the width of the terminal, 0 without one. Hints and remarks are wrapped to that width. Commands
    and replies are shown as is.
    """

    def __init__(self, palette: Palette = PLAIN, unicode: bool = True) -> None:
        self.palette = palette
        self.unicode = unicode
        self.columns: Callable[[], int] = lambda: 0
        # Of the message being sent: the number of its exchange, lines shown, all lines, bytes.
        self._message, self._shown, self._lines, self._size = 0, 0, 0, 0
        self._explained: set[Explanation] = set()

    def greeting(self) -> list[str]:
        """The first lines for an interactive user."""
        from smtpscope.version import __version__

        hint = self.hint(_("open HOST [PORT] to connect, ? for help, quit to exit"))
        return [f"smtpscope {__version__}", *hint]

    def lines(self, event: Event, echo: bool = True, hints: bool = True) -> list[str]:
        """The lines for ``event``. ``echo``: whether to show what was sent; ``hints``: whether to show problems."""
        match event:
            case Sent():
                return list(self._sent(event)) if echo else []
            case Received(reply=reply):
                return list(self._reply(reply, hints))
            case Unsolicited(reply=reply):
                remark = self.remark(_("unsolicited reply from the server:")) if hints else []
                return [*remark, *self._reply(reply, hints)]
        return list(self._network(event))

    def _sent(self, event: Sent) -> Iterator[str]:
        """A command as is. Of a message, the first lines, and after the last block the number of lines left out."""
        lines = _split(event.data)
        if event.exchange != self._message:
            self._message, self._shown, self._lines, self._size = event.exchange, 0, 0, 0
        is_one_line = len(lines) == 1 and not (event.final and self._lines > self._shown)
        shown = lines if is_one_line else lines[: max(MESSAGE_LINES - self._shown, 0)]
        for line in shown:
            yield self.typed(line, event.body)
        self._shown += len(shown)
        self._lines += event.data.count(b"\n") if event.body else 1
        self._size += len(event.data)
        if event.final and self._lines > self._shown:
            text = N_("and {left} more lines, {size} bytes in all")
            yield from self.hint(fill(text, left=self._lines - self._shown, size=self._size))

    def typed(self, line: str, body: bool = False) -> str:
        """A sent line after the mark of the prompt. ``body``: it belongs to a message."""
        p = self.palette
        return f"{p.dim}{self.mark(body)}{p.reset}{p.sent}{visible(cut(line))}{p.reset}"

    def mark(self, body: bool) -> str:
        """The mark before a typed line: another one for a line of a message (``body``)."""
        if self.unicode:
            return "│ " if body else "› "
        return "| " if body else "> "

    def _reply(self, reply: Reply, hints: bool) -> Iterator[str]:
        """A reply, and with ``hints`` its defects."""
        p = self.palette
        style = {2: p.good, 3: p.good, 4: p.warn}.get(reply.kind, p.bad)
        lines = _split(reply.raw)
        for line in lines[:REPLY_LINES]:
            yield f"{style}{visible(cut(line))}{p.reset}"
        if len(lines) > REPLY_LINES:
            yield from self.hint(fill("and {left} more lines", left=len(lines) - REPLY_LINES))
        for defect in reply.defects if hints else ():
            yield from self.remark(defect_text(defect))

    def _network(self, event: Event) -> Iterator[str]:
        """The lines for an event that is not a command or a reply."""
        p = self.palette
        match event:
            case Resolved(name=name, kind=kind, found=found) if kind != "address":
                if not found:
                    yield fill("{name} has no MX: mail goes to the host of that name", name=visible(name))
                for entry in found:
                    yield fill("{name} mail is handled by {entry}", name=visible(name), entry=visible(entry))
            case Connecting(address=address, port=port):
                yield f"{p.dim}{fill('Trying {address}, port {port}...', address=address, port=port)}{p.reset}"
            case Connected(host=host, local=local):
                self._explained.clear()
                text = N_("Connected to {host} from {local}. Press Ctrl-] for the client prompt.")
                yield f"{p.dim}{fill(text, host=visible(host), local=local)}{p.reset}"
            case Failed(target=target, reason=reason):
                yield f"{p.bad}{visible(fill('{target}: {reason}', target=target, reason=reason))}{p.reset}"
            case TimedOut(limit=limit):
                yield f"{p.bad}{fill('No response within {limit:g} s.', limit=limit)}{p.reset}"
            case Disconnected():
                yield from self._disconnected(event)
            case Secured() | Unsecured() | Injected():
                from smtpscope.render.tls import tls_lines

                for text, style in tls_lines(event):
                    yield f"{getattr(p, style)}  {visible(text)}{p.reset}"
            case GaveUp() | Noted(topic=Topic.UNASKED):
                yield from self.remark(event_text(event))
            case Noted() | LoggedIn() | Stopped():
                yield from self.hint(event_text(event))
            case Interrupted():
                yield f"{p.warn}{_('Interrupted.')}{p.reset}"

    def _disconnected(self, event: Disconnected) -> Iterator[str]:
        p = self.palette
        if event.pending:
            pending = cut(event.pending.decode("utf-8", "surrogateescape"))
            yield from self.remark(fill("the connection ended in the middle of a reply: {half}", half=pending))
        text = _("Connection closed.") if event.by == "us" else _("Connection closed by the server.")
        yield f"{p.head}{text}{p.reset}"

    def hint(self, text: str) -> list[str]:
        """Dim lines: an explanation or a suggestion."""
        return self._styled(text, self.palette.dim, "  ")

    def remark(self, text: str) -> list[str]:
        """Highlighted lines: a problem."""
        return self._styled(text, self.palette.warn, "  ! ")

    def _styled(self, text: str, style: str, head: str) -> list[str]:
        return [f"{style}{line}{self.palette.reset}" for line in self.prose(visible(text), head, "    ")]

    def explanation(self, explanation: Explanation) -> list[str]:
        """An explanation as in ``smtpscope test``. An explanation that was shown before is only named."""
        if explanation in self._explained:
            return self.hint(f"{explanation.cause}: {_('see above')}")
        self._explained.add(explanation)
        from smtpscope.console.fields import CONSOLE
        from smtpscope.render.explanation import short_lines

        columns = (self.columns() or _UNLIMITED) - 1
        return short_lines(explanation, self.palette, "  ", columns, front=CONSOLE, ascii_only=not self.unicode)

    def prose(self, text: str, head: str = "", indent: str = "") -> list[str]:
        """``text`` after ``head``, wrapped to the width of the terminal.

        ``indent`` starts all lines but the first. Without it, they are indented as far as the text.
        """
        columns = self.columns()
        if not columns or width(head + text) < columns:
            return [head + text]
        from smtpscope.render.wrap import wrap

        return wrap(text, columns - 1, indent or " " * (width(head) or 2), head)

    def mistake(self, text: str) -> list[str]:
        """The lines of an error message."""
        return [f"{self.palette.bad}{visible(line)}{self.palette.reset}" for line in text.split("\n")]


def _split(octets: bytes) -> list[str]:
    """The lines of a command or a reply, without line endings."""
    text = octets.decode("utf-8", "surrogateescape").removesuffix("\n").removesuffix("\r")
    return [line.removesuffix("\r") for line in text.split("\n")]


def cut(line: str) -> str:
    """``line``, cut after ``LINE_LENGTH`` characters."""
    left = len(line) - LINE_LENGTH
    return line if left <= 0 else line[:LINE_LENGTH] + fill("... and {left} more characters", left=left)
