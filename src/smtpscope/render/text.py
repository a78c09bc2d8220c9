"""The terminal view: what happened, line by line, for people."""

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

# Lines of the message and of one reply that are shown without -v, and octets of an unfinished reply.
BODY_LINES, REPLY_LINES, PENDING_OCTETS = 40, 60, 400

# Where the text of a line begins: behind the time and the arrow.
_INDENT = " " * 12

# Notes of what goes as it should.
_QUIET = (Topic.USING, Topic.NOT_USING, Topic.AUTH, Topic.AUTH_CHALLENGE)

# The events that begin a phase.
_HEADED = (Connecting, Sent, Received, TimedOut, Secured, Unsecured)


def _is_outcome(event: Event) -> bool:
    """Whether the event says what became of the message: that belongs to the result."""
    return isinstance(event, Notified | Unnotified)


_SILENCE = N_("no reply within {limit:g} s")

# How a connection ended, by us and by the server: as it should, and in the middle of a reply.
_CLOSED = (N_("connection closed by this client"), N_("connection closed by the server"))
_CUT = (
    N_("connection closed by this client in the middle of a reply: {pending}"),
    N_("connection closed by the server in the middle of a reply: {pending}"),
)


class TextView:
    """Turns each event into lines. Remembers only when the conversation began and where it stands.

    ``verbosity`` is quiet (nothing), normal or verbose (the whole message); ``raw`` shows octets in hex;
    ``columns`` is the width for explanations, and with ``wrapped`` (on a terminal) for notes; what was said on the wire
    stays as long as it is. ``front`` is who shows the lines.
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
        self._told: set[Explanation] = set()
        self._verbosity, self._raw = verbosity, raw
        self._out, self._in, self._dot = ("->", "<-", "*") if ascii_only else ("→", "←", "·")
        self._began: float | None = None
        self._seen: set[Phase] = set()
        self._group, self._answered = 0, True
        # Of the message on its way, which may come in many blocks: lines shown, lines left out, octets.
        self._told_lines, self._left, self._body_octets = 0, 0, 0

    def lines(self, event: Event) -> list[str]:
        """The lines to show for ``event``."""
        with self.front.speaking():
            return self._lines(event)

    def _lines(self, event: Event) -> list[str]:
        if self._verbosity == "quiet" and not _is_outcome(event):
            return []
        if self._began is None:
            self._began = event.at
        rest = [] if isinstance(event, Sent) and event.body else list(self._rest(event.at))
        shown = list(self._event(event))
        return [*rest, *self._heading(event), *shown] if shown else rest

    def explanation(self, explanation: Explanation) -> list[str]:
        """The lines under a refused reply. What was explained before is only named."""
        if self._verbosity == "quiet":
            return []
        from smtpscope.render.explanation import short_lines

        told = explanation in self._told
        self._told.add(explanation)
        if told:
            with self.front.speaking():
                said = _("see above")
            return [f"{self.palette.dim}{_INDENT}{explanation.cause}: {said}{self.palette.reset}"]
        verbose = self._verbosity == "verbose"
        return short_lines(explanation, self.palette, _INDENT, self.columns, verbose, self.front, self.ascii_only)

    def _heading(self, event: Event) -> Iterator[str]:
        """A line for each new phase, with what it is for."""
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
        match event:
            case Sent(data=data, body=True):
                yield from self._message(event.at, data)
            case Sent(phase=Phase.PROXY, data=data):  # a PROXY header is one thing, whatever octets it is made of
                shown = visible(data.decode("utf-8", "surrogateescape"))
                yield self._line(event.at, self._out, shown, self.palette.sent)
            case Sent(data=data):
                if not data.upper().startswith(b"BDAT"):  # with BDAT, the message goes on
                    self._told_lines = 0
                self._group, self._answered = (1 if self._answered else self._group + 1), False
                yield from self._octets(event.at, self._out, data, self.palette.sent)
            case Received(reply=reply) | Unsolicited(reply=reply):
                yield from self._reply(event, reply)
            case Expected(met=met):
                for text in () if met else difference_lines(event):
                    yield self._line(event.at, "!", text, self.palette.bad)
            case Noted() | Skipped() | Stopped() | GaveUp() | LoggedIn() | Notified() | Unnotified():
                yield from self._remark(event)
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
        """The probes, under their own heading."""
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
        """A sentence about the connection, and its colour."""
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
                text = N_("no reply within {limit:g} s; received only {pending}") if pending else _SILENCE
                return fill(text, limit=limit, pending=_decode(pending)), p.bad
            case Failed():
                return failure_text(event), p.bad
            case Disconnected(by=by, pending=pending):
                ours, theirs = _CUT if pending else _CLOSED
                return fill(ours if by == "us" else theirs, pending=_decode(pending)), p.dim
            case Waiting(waited=waited, limit=limit):
                text = N_("nothing received for {waited:g} s; still waiting (up to {limit:g} s)")
                return fill(text, waited=waited, limit=limit), p.warn
            case Interrupted():
                return _("interrupted"), p.warn
        return type(event).__name__, p.dim

    def _reply(self, event: Received | Unsolicited, reply: Reply) -> Iterator[str]:
        p = self.palette
        style = {2: p.good, 3: p.good, 4: p.warn}.get(reply.kind, p.bad)
        self._answered = True
        if isinstance(event, Unsolicited):
            yield self._line(event.at, self._dot, _("unsolicited reply from the server:"), p.warn)
        elif self._group > 1 and event.phase in (Phase.MAIL, Phase.RCPT):  # sent in one go
            yield self._line(event.at, self._dot, _("to {command}:").format(command=event.command), p.dim)
        yield from self._octets(event.at, self._in, reply.raw, style)
        if self._verbosity == "verbose" and event.phase is Phase.EHLO and reply.kind == 2:
            from smtpscope.render.capability import capability_lines

            for line in capability_lines(reply):
                yield self._line(event.at, self._dot, line, p.dim)
        for defect in reply.defects:
            yield self._line(event.at, "!", defect_text(defect), p.warn)

    def _message(self, at: float, block: bytes) -> Iterator[str]:
        if self._raw:
            yield from self._octets(at, self._out, block, self.palette.sent)
            return
        ends = block.count(b"\r\n")
        room = ends if self._verbosity == "verbose" else max(BODY_LINES - self._told_lines, 0)
        lines = block.split(b"\r\n", room)[:room] if room < ends else block.split(b"\r\n")
        if lines and lines[-1] == b"":
            lines.pop()
        for line in lines:
            yield self._line(at, self._out, line[:1000].decode("utf-8", "surrogateescape"), self.palette.sent)
        self._told_lines += len(lines)
        self._left += max(ends - len(lines), 0)
        self._body_octets += len(block)

    def _rest(self, at: float) -> Iterator[str]:
        """What was left out of the message, once it is sent."""
        if self._left:
            yield self._line(at, self._dot, self._left_out(self._left, self._body_octets), "")
        self._left, self._body_octets = 0, 0

    def _octets(self, at: float, arrow: str, data: bytes, style: str) -> Iterator[str]:
        """A command or a reply: a line for each of its lines, or for each sixteen octets."""
        if self._raw:
            lines = hexdump(data + b"\r\n" * (arrow == self._out and not data.endswith(b"\n")))
        else:
            lines = iter(data.decode("utf-8", "surrogateescape").removesuffix("\n").removesuffix("\r").split("\n"))
        limit = None if self._verbosity == "verbose" or self._raw else REPLY_LINES
        for line in islice(lines, limit):
            yield self._line(at, arrow, line.removesuffix("\r"), style)
        left = sum(1 for _line in lines)
        if left:
            yield self._line(at, self._dot, self._left_out(left, len(data)), "")

    def _left_out(self, lines: int, octets: int) -> str:
        setting = self.front.setting("view.verbosity", "verbose")
        if setting:
            text = N_("{lines} more lines, {octets} bytes in total (use {setting} to show them)")
            return fill(text, lines=lines, octets=octets, setting=setting)
        return fill("{lines} more lines, {octets} bytes in total", lines=lines, octets=octets)

    def _remark(self, event: Event) -> Iterator[str]:
        """A note or a decision; what goes as it should is dim."""
        topic = event.topic if isinstance(event, Noted) else None
        if topic is Topic.RETRY:
            self._seen.clear()
        quiet = topic in _QUIET or isinstance(event, Stopped | LoggedIn)
        yield from self._note(event.at, event_text(event, self.front), self.palette.dim if quiet else self.palette.warn)

    def _note(self, at: float, said: str, style: str) -> Iterator[str]:
        if not self._wrapped:
            yield self._line(at, self._dot, said, style)
            return
        from smtpscope.render.wrap import wrap

        first, *rest = wrap(visible(said), self.columns - len(_INDENT))
        yield self._line(at, self._dot, first, style)
        yield from (f"{style}{_INDENT}{line}{self.palette.reset if style else ''}" for line in rest)

    def _line(self, at: float, mark: str, text: str, style: str) -> str:
        p = self.palette
        elapsed = at - (self._began or at)
        return f"{p.dim}{elapsed:8.3f}{p.reset}  {style}{mark} {visible(text)}{p.reset if style else ''}"


def _decode(octets: bytes) -> str:
    """The beginning of an unfinished reply."""
    return octets[:PENDING_OCTETS].decode("utf-8", "surrogateescape")
