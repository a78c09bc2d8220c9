"""The terminal view: each event as lines for people."""

from __future__ import annotations

from itertools import islice

from smtpscope.language import N_, _, fill
from smtpscope.model.event import (
    Connected,
    Connecting,
    Diagnosing,
    Disconnected,
    Done,
    Expected,
    Failed,
    GaveUp,
    Injected,
    Interrupted,
    LoggedIn,
    Noted,
    Notified,
    NotProbed,
    Planned,
    Probed,
    Probing,
    Received,
    Resolved,
    Secured,
    Sent,
    Skipped,
    Stopped,
    TimedOut,
    Unnotified,
    Unsecured,
    Unsolicited,
    Waiting,
)
from smtpscope.model.vocabulary import Lookup, Topic
from smtpscope.protocol.phase import Phase
from smtpscope.render.failure import failure_text
from smtpscope.render.front import LIBRARY, Front
from smtpscope.render.notes import defect_text, difference_lines, event_text
from smtpscope.render.palette import PLAIN, Palette
from smtpscope.render.phases import purpose
from smtpscope.render.visible import hexdump, visible
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smtpscope.model.event import Event
    from smtpscope.model.explanation import Explanation
    from smtpscope.protocol.reply import Reply

# Without -v: lines shown of the message and of one reply. Always: bytes shown of an incomplete reply.
BODY_LINES, REPLY_LINES, PENDING_BYTES = 40, 60, 400

# The column where the text of a line starts: after the time and the arrow.
_INDENT = " " * 12

# Notes that are no problem. They are shown dim.
_QUIET = (Topic.USING, Topic.NOT_USING, Topic.AUTH, Topic.AUTH_CHALLENGE)

# The events that start a phase.
_HEADED = (Connecting, Sent, Received, TimedOut, Secured, Unsecured)


_NO_REPLY = N_("no reply within {limit:g} s")

# How a connection ended, by this client and by the server: after a complete reply, and in the middle of one.
_CLOSED = (N_("connection closed by this client"), N_("connection closed by the server"))
_CUT = (
    N_("connection closed by this client in the middle of a reply: {pending}"),
    N_("connection closed by the server in the middle of a reply: {pending}"),
)


class TextView:
    """Turns each event into lines. Its state is the start time, the phases shown, and the message being sent.

    ``verbosity`` is quiet (only DSNs), normal, or verbose (the whole message). ``raw`` shows bytes in hexadecimal.
    ``columns`` is the width for explanations and, if ``wrapped`` (on a terminal), for notes. Commands and replies are
    never wrapped. ``front`` is the front end that shows the lines.
    """

    def __init__(
        self,
        palette: Palette = PLAIN,
        verbosity: str = "normal",
        raw: bool = False,
        ascii_only: bool = False,
        columns: int = 100,
        wrapped: bool = False,
        front: Front = LIBRARY,
    ) -> None:
        self.front = front
        self.palette, self.ascii_only = palette, ascii_only
        self.columns, self._wrapped = columns, wrapped
        self._explained: set[Explanation] = set()
        self._verbosity, self._raw = verbosity, raw
        self._out, self._in, self._dot = ("->", "<-", "*") if ascii_only else ("→", "←", "·")
        self._start: float | None = None
        self._seen: set[Phase] = set()
        # The number of the last command in its pipelining group, and whether a reply came after it.
        self._group, self._replied = 0, True
        # Of the message being sent, in one or more blocks: lines shown, lines left out, bytes.
        self._shown_lines, self._hidden_lines, self._body_size = 0, 0, 0

    def lines(self, event: Event) -> list[str]:
        """The lines to show for ``event``, with a heading if it starts a new phase."""
        if self._verbosity == "quiet" and not isinstance(event, Notified | Unnotified):
            return []
        if self._start is None:
            self._start = event.at
        with self.front.speaking():
            rest = [] if isinstance(event, Sent) and event.body else list(self._end_message(event.at))
            shown = list(self._event(event))
            return [*rest, *self._heading(event), *shown] if shown else rest

    def explanation(self, explanation: Explanation) -> list[str]:
        """The lines under a rejected reply. An explanation that was shown before is only named."""
        if self._verbosity == "quiet":
            return []
        from smtpscope.render.explanation import short_lines

        if explanation in self._explained:
            with self.front.speaking():
                text = _("see above")
            return [f"{self.palette.dim}{_INDENT}{explanation.cause}: {text}{self.palette.reset}"]
        self._explained.add(explanation)
        verbose = self._verbosity == "verbose"
        return short_lines(explanation, self.palette, _INDENT, self.columns, verbose, self.front, self.ascii_only)

    def _heading(self, event: Event) -> Iterator[str]:
        """An empty line and the name and purpose of a phase, if ``event`` is the first of it."""
        phase = getattr(event, "phase", None)
        if isinstance(event, Connecting):
            phase = Phase.CONNECT
        if phase is None or phase in self._seen or not isinstance(event, _HEADED):
            return
        self._seen.add(phase)
        yield ""
        p = self.palette
        yield f"{p.head}{phase.value.upper()}{p.reset}  {p.dim}{purpose(phase)}{p.reset}"

    def _event(self, event: Event) -> Iterator[str]:
        """The lines of ``event`` itself."""
        match event:
            case Sent(data=data, body=True):
                yield from self._message(event.at, data)
            case Sent(phase=Phase.PROXY, data=data):  # one line: version 2 of the PROXY header is binary
                shown = visible(data.decode("utf-8", "surrogateescape"))
                yield self._line(event.at, self._out, shown, self.palette.sent)
            case Sent(data=data):
                if not data.upper().startswith(b"BDAT"):  # each BDAT continues the same message
                    self._shown_lines = 0
                self._group, self._replied = (1 if self._replied else self._group + 1), False
                yield from self._wire_lines(event.at, self._out, data, self.palette.sent)
            case Received(reply=reply) | Unsolicited(reply=reply):
                yield from self._reply(event, reply)
            case Expected(met=met):
                for text in () if met else difference_lines(event):
                    yield self._line(event.at, "!", text, self.palette.bad)
            case Noted() | Skipped() | Stopped() | GaveUp() | LoggedIn() | Notified() | Unnotified():
                yield from self._note(event)
            case Planned():
                return
            case Secured() | Unsecured() | Injected():
                from smtpscope.render.tls import tls_lines

                for text, style in tls_lines(event):
                    yield self._line(event.at, self._dot, text, getattr(self.palette, style))
            case Done():
                self._seen.clear()
            case Diagnosing() | Probing() | Probed() | NotProbed():
                yield from self._probe(event)
            case _:
                yield self._line(event.at, self._dot, *self._network(event))

    def _probe(self, event: Event) -> Iterator[str]:
        """The lines of the probes, which have a heading of their own."""
        from smtpscope.render import diagnosis

        p = self.palette
        match event:
            case Diagnosing():
                yield ""
                yield f"{p.head}{_('DIAGNOSIS')}{p.reset}  {p.dim}{diagnosis.begin_text(event, self.front)}{p.reset}"
            case Probing():
                yield self._line(event.at, "?", diagnosis.probing_text(event), p.head)
            case Probed():
                yield self._line(event.at, self._dot, diagnosis.probed_text(event), "")
            case NotProbed() if self._verbosity == "verbose":
                yield self._line(event.at, self._dot, diagnosis.not_probed_text(event, self.front), p.dim)

    def _network(self, event: Event) -> tuple[str, str]:
        """A sentence about the connection, and its color."""
        p = self.palette
        match event:
            case Resolved(name=name, kind=kind, found=found):
                text = N_("MX of {name}: {found}") if kind is Lookup.MX else N_("addresses of {name}: {found}")
                return fill(text, name=name, found=", ".join(found) or _("none")), p.dim
            case Connecting(host=host, address=address, port=port):
                shown = address if address == host else f"{host} ({address})"
                return fill("connecting to {shown}, port {port}", shown=shown, port=port), p.dim
            case Connected(local=local):
                return fill("connected; local address {local}", local=local), p.dim
            case TimedOut(limit=limit, pending=pending):
                text = N_("no reply within {limit:g} s; received only {pending}") if pending else _NO_REPLY
                return fill(text, limit=limit, pending=_decode(pending)), p.bad
            case Failed():
                return failure_text(event), p.bad
            case Disconnected(by=by, pending=pending):
                by_client, by_server = _CUT if pending else _CLOSED
                return fill(by_client if by == "us" else by_server, pending=_decode(pending)), p.dim
            case Waiting(waited=waited, limit=limit):
                text = N_("nothing received for {waited:g} s; still waiting (up to {limit:g} s)")
                return fill(text, waited=waited, limit=limit), p.warn
            case Interrupted():
                return _("interrupted"), p.warn
        return type(event).__name__, p.dim

    def _reply(self, event: Received | Unsolicited, reply: Reply) -> Iterator[str]:
        """A reply and its defects; with -v, also the extensions that an EHLO reply advertises."""
        p = self.palette
        style = {2: p.good, 3: p.good, 4: p.warn}.get(reply.kind, p.bad)
        self._replied = True
        if isinstance(event, Unsolicited):
            yield self._line(event.at, self._dot, _("unsolicited reply from the server:"), p.warn)
        elif self._group > 1 and event.phase in (Phase.MAIL, Phase.RCPT):  # pipelining
            yield self._line(event.at, self._dot, _("to {command}:").format(command=event.command), p.dim)
        yield from self._wire_lines(event.at, self._in, reply.raw, style)
        if self._verbosity == "verbose" and event.phase is Phase.EHLO and reply.kind == 2:
            from smtpscope.render.capability import capability_lines

            for line in capability_lines(reply):
                yield self._line(event.at, self._dot, line, p.dim)
        for defect in reply.defects:
            yield self._line(event.at, "!", defect_text(defect), p.warn)

    def _message(self, at: float, block: bytes) -> Iterator[str]:
        """A block of the message: its first lines, up to the limit for the whole message."""
        if self._raw:
            yield from self._wire_lines(at, self._out, block, self.palette.sent)
            return
        ends = block.count(b"\r\n")
        room = ends if self._verbosity == "verbose" else max(BODY_LINES - self._shown_lines, 0)
        lines = block.split(b"\r\n", room)[:room] if room < ends else block.split(b"\r\n")
        if lines and lines[-1] == b"":
            lines.pop()
        for line in lines:
            yield self._line(at, self._out, line[:1000].decode("utf-8", "surrogateescape"), self.palette.sent)
        self._shown_lines += len(lines)
        self._hidden_lines += max(ends - len(lines), 0)
        self._body_size += len(block)

    def _end_message(self, at: float) -> Iterator[str]:
        """After the last block of the message: how many lines were left out."""
        if self._hidden_lines:
            yield self._left_out(at, self._hidden_lines, self._body_size)
        self._hidden_lines, self._body_size = 0, 0

    def _wire_lines(self, at: float, arrow: str, data: bytes, style: str) -> Iterator[str]:
        """A command or a reply, line by line; with ``raw``, a line for each 16 bytes."""
        if self._raw:
            lines = hexdump(data + b"\r\n" * (arrow == self._out and not data.endswith(b"\n")))
        else:
            lines = iter(data.decode("utf-8", "surrogateescape").removesuffix("\n").removesuffix("\r").split("\n"))
        limit = None if self._verbosity == "verbose" or self._raw else REPLY_LINES
        for line in islice(lines, limit):
            yield self._line(at, arrow, line.removesuffix("\r"), style)
        left = sum(1 for _line in lines)
        if left:
            yield self._left_out(at, left, len(data))

    def _left_out(self, at: float, lines: int, size: int) -> str:
        """The line about lines that are not shown; ``size``: bytes in total."""
        setting = self.front.setting("view.verbosity", "verbose")
        if setting:
            text = N_("{lines} more lines, {octets} bytes in total (use {setting} to show them)")
        else:
            text = N_("{lines} more lines, {octets} bytes in total")
        return self._line(at, self._dot, fill(text, lines=lines, octets=size, setting=setting), "")

    def _note(self, event: Event) -> Iterator[str]:
        """The sentence for a note or a decision, wrapped on a terminal. Dim if it is no problem."""
        topic = event.topic if isinstance(event, Noted) else None
        if topic is Topic.RETRY:
            self._seen.clear()
        quiet = topic in _QUIET or isinstance(event, Stopped | LoggedIn)
        text, style = event_text(event, self.front), self.palette.dim if quiet else self.palette.warn
        if not self._wrapped:
            yield self._line(event.at, self._dot, text, style)
            return
        from smtpscope.render.wrap import wrap

        first, *rest = wrap(visible(text), self.columns - len(_INDENT))
        yield self._line(event.at, self._dot, first, style)
        yield from (f"{style}{_INDENT}{line}{self.palette.reset if style else ''}" for line in rest)

    def _line(self, at: float, mark: str, text: str, style: str) -> str:
        """``   0.012  → EHLO contoso.com``: seconds since the start, a mark, and ``text``."""
        p = self.palette
        elapsed = at - (self._start or at)
        return f"{p.dim}{elapsed:8.3f}{p.reset}  {style}{mark} {visible(text)}{p.reset if style else ''}"


def _decode(pending: bytes) -> str:
    """The start of an incomplete reply."""
    return pending[:PENDING_BYTES].decode("utf-8", "surrogateescape")
