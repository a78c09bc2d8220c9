"""One client's session, without I/O: octets in, outputs out.

Here lines and message octets are told apart, and the session moves: from state to state, by the table that clients and
readers of transcripts go by too (protocol/tracking.py). The verbs are in lab/smtp/verbs.py, what they stand on in
lab/smtp/session.py.
"""

from __future__ import annotations

from smtpscope.lab.smtp.content import Content
from smtpscope.lab.smtp.output import Output
from smtpscope.lab.smtp.session import Session
from smtpscope.lab.smtp.verbs import VERBS, end_chunk, end_message
from smtpscope.protocol.command import Line, LineReader, parse_command
from smtpscope.protocol.tracking import BANNER, MESSAGE, RESPONSE, State, move
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smtpscope.lab.smtp.session import Site
    from smtpscope.lab.store.recorder import Recorder


class ServerProtocol(Session):
    """Feed it octets, carry out its outputs, each before the next is asked for."""

    def __init__(self, site: Site, peer: str, recorder: Recorder | None = None) -> None:
        super().__init__(site, peer, recorder)
        self._lines = LineReader(self.line_limit)
        self._closed = False

    def begin(self) -> Iterator[Output]:
        """The greeting."""
        greeting = self.answer("connect", "banner")
        self._move(BANNER, greeting)
        yield self._end_with(greeting)

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
            if self.scenario.discards and (ignored := self._lines.take_rest()) and self._recorder:
                self._recorder.unread(ignored)

    @property
    def in_text(self) -> bool:
        """Whether the octets of a message are awaited."""
        return self.state is State.MESSAGE or self.chunk_left > 0

    def idle(self) -> Output:
        """The farewell to a client that says nothing."""
        return self.speak("idle").replace(end="drop")

    def take_rest(self) -> bytes:
        """What came behind the last command and was not yet looked at (plain text ahead of a TLS handshake)."""
        return self._lines.take_rest()

    def _end_with(self, output: Output) -> Output:
        self._closed = self._closed or bool(output.end)
        return output

    def _move(self, verb: str, output: Output) -> None:
        """Go where the reply to ``verb`` leads, as far as the lab means it.

        It does not where it only says so: 220 without a handshake, 334 without a login, 221 and the connection stands.
        """
        state = move(self.state, verb, output.code)
        meant = {State.HANDSHAKE: output.encrypt, State.CHALLENGE: bool(self.answering), State.CLOSED: bool(output.end)}
        if meant.get(state, True):
            self.state = state

    def _take_line(self, line: Line) -> Output | None:
        """The answer to a line; None for BDAT, whose octets are awaited first."""
        if self._recorder:
            self._recorder.command(line.data, line.ending)
        answering, self.answering = self.answering, None
        self.line_limit = self.site.limits.command
        if answering:
            made: Output | None = answering(line)
            verb = RESPONSE
        else:
            command = parse_command(line.data)
            handler = VERBS[self.site.service.protocol].get(command.verb)
            if line.overlong:
                return self.complain("line-too-long")
            if handler is None:
                action = self.action("unknown", command.verb)
                return self.carry_out(action, "unknown") if action else self.complain("unknown")
            made, verb = handler(self, command), command.verb
        if made is not None:
            self._move(MESSAGE if verb == "BDAT" and self.chunk_last else verb, made)
        return made

    def _take_text(self) -> Output | None:
        """Message octets, as they come. None: more are needed."""
        octets = self._lines.take_rest()
        if not octets:
            return None
        kept = self.transaction.content
        if kept is None:
            kept = self.transaction.content = Content(self.site.new_spool(), self.size)
        if self.reader:
            text, rest = self.reader.feed(octets)
            kept.add(text)
            self._record(octets, rest)
            broken = self._interrupt()
            if rest is None or (broken and broken.end):
                return broken
            self.reader = None
            self._lines.feed(rest)
            made = end_message(self)
            self._move(MESSAGE, made)
            return made
        part, rest = octets[: self.chunk_left], octets[self.chunk_left :]
        self.chunk_left -= len(part)
        kept.add(part)
        self._record(octets, None if self.chunk_left else rest)
        self._lines.feed(rest)
        if self.chunk_left:
            return self._interrupt()
        made = end_chunk(self)
        self._move(MESSAGE if self.chunk_last else "BDAT", made)
        return made

    def _record(self, octets: bytes, rest: bytes | None) -> None:
        """Tell of ``octets`` of the message without ``rest``, which follows it; None: it has not ended."""
        if self._recorder:
            self._recorder.content(octets[: len(octets) - len(rest or b"")], final=rest is not None)

    def _interrupt(self) -> Output | None:
        """A rule may slow down or break off in the middle of the message."""
        action = self.action("content")
        if action is None:
            return None
        return Output(delay=action.delay) if action.usual else self.carry_out(action, "idle")
