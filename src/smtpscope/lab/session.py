"""One client's session, without I/O: octets in, outputs out. The state table of RFC 5321 section 4.1.4.

Here lines and message octets are told apart. The verbs are in lab/commands.py, what they stand on in lab/standing.py.
"""

from __future__ import annotations

from smtpscope.lab.commands import VERBS, end_chunk, end_message
from smtpscope.lab.content import Content
from smtpscope.lab.output import Output
from smtpscope.lab.standing import Standing
from smtpscope.protocol.command import Line, LineReader, parse_command
from smtpscope.protocol.phase import Phase, phase_of
from smtpscope.protocol.secret import mask
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smtpscope.lab.recorder import Recorder
    from smtpscope.lab.standing import Site


class ServerSession(Standing):
    """Feed it octets, carry out its outputs, each before the next is asked for."""

    def __init__(self, site: Site, peer: str, recorder: Recorder | None = None) -> None:
        super().__init__(site, peer, recorder)
        self._lines = LineReader(self.line_limit)
        self._closed = False

    def begin(self) -> Iterator[Output]:
        """The greeting."""
        yield self._end_with(self.answer("connect", "banner"))

    def receive(self, octets: bytes) -> Iterator[Output]:
        """What follows from ``octets``, in order."""
        self._lines.feed(octets)
        while not self._closed:
            if self.in_text:
                made = self._take_text()
                if made is None and self.in_text:
                    return
            else:
                line = self._lines.next_line()
                if line is None:
                    return
                made = self._take_line(line)
                self._lines.limit = self.line_limit
            if made is not None:
                yield from map(self._end_with, (made, *made.then))
            if self.scenario.discards:
                self._lines.take_rest()

    @property
    def in_text(self) -> bool:
        """Whether the octets of a message are awaited."""
        return self.reader is not None or self.chunk_left > 0

    def idle(self) -> Output:
        """The farewell to a client that says nothing."""
        return self.speak("idle").replace(end="drop")

    def take_rest(self) -> bytes:
        """What came behind the last command and was not yet looked at (plain text ahead of a TLS handshake)."""
        return self._lines.take_rest()

    def _end_with(self, output: Output) -> Output:
        self._closed = self._closed or bool(output.end)
        return output

    def _take_line(self, line: Line) -> Output | None:
        command = parse_command(line.data)
        answering, self.answering = self.answering, None
        shown = mask(line.data, challenged=answering is not None)
        self._phase = Phase.AUTH if answering else phase_of(command.verb)
        self._said = shown.decode("utf-8", "surrogateescape")
        if self._recorder:
            self._recorder.sent(self._phase, shown + line.ending.replace(b"\r\n", b""), shown != line.data)
        self.line_limit = self.site.limits.command
        if answering:
            return answering(line)
        if line.overlong:
            return self.complain("line-too-long")
        handler = VERBS[self.site.service.protocol].get(command.verb)
        if handler:
            return handler(self, command)
        action = self.action("unknown", command.verb)
        return self.carry_out(action, "unknown") if action else self.complain("unknown")

    def _take_text(self) -> Output | None:
        """Message octets, as they come. None: more are needed."""
        octets = self._lines.take_rest()
        if not octets:
            return None
        kept = self.transaction.content
        if kept is None:
            kept = self.transaction.content = Content(self.site.new_spool(), self.size)
        self._phase, self._said = Phase.END_OF_DATA, "." if self.reader else self._said
        if self.reader:
            text, rest = self.reader.feed(octets)
            kept.add(text)
            self._record_text(octets, rest)
            broken = self._interrupt()
            if rest is None or (broken and broken.end):
                return broken
            self.reader = None
            self._lines.feed(rest)
            return end_message(self)
        part, rest = octets[: self.chunk_left], octets[self.chunk_left :]
        self.chunk_left -= len(part)
        kept.add(part)
        self._record_text(octets, rest)
        self._lines.feed(rest)
        return self._interrupt() if self.chunk_left else end_chunk(self)

    def _record_text(self, octets: bytes, rest: bytes | None) -> None:
        if self._recorder:
            self._recorder.sent_text(Phase.END_OF_DATA, octets[: len(octets) - len(rest or b"")])

    def _interrupt(self) -> Output | None:
        """A rule may slow down or break off in the middle of the message."""
        action = self.action("content")
        if action is None:
            return None
        return Output(delay=action.delay) if action.usual else self.carry_out(action, "idle")
