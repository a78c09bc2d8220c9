"""One client's session, without I/O: bytes in, outputs out.

This module separates command lines from the message, and moves the session from state to state, by the same table that
clients and readers of transcripts use (protocol/tracking.py). The commands are in lab/smtp/verbs.py, the session that
they work on in lab/smtp/session.py.
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
    """Give it the bytes received, and perform each output before you take the next one."""

    def __init__(self, site: Site, peer: str, recorder: Recorder | None = None) -> None:
        super().__init__(site, peer, recorder)
        self._lines = LineReader(self.line_limit)
        self._closed = False

    def begin(self) -> Iterator[Output]:
        """The banner."""
        greeting = self.reply_at("connect", "banner")
        self._move(BANNER, greeting)
        yield self._end_with(greeting)

    def receive(self, octets: bytes) -> Iterator[Output]:
        """The outputs for ``octets``, in order."""
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
        """Whether the client is sending a message or a chunk."""
        return self.state is State.MESSAGE or self.chunk_left > 0

    def idle(self) -> Output:
        """The reply to a client that was idle for too long."""
        return self.usual_reply("idle").replace(end="drop")

    def take_rest(self) -> bytes:
        """The bytes after the last command that were not read yet (unencrypted, before a TLS handshake)."""
        return self._lines.take_rest()

    def _end_with(self, output: Output) -> Output:
        self._closed = self._closed or bool(output.end)
        return output

    def _move(self, verb: str, output: Output) -> None:
        """Enter the state after the reply to ``verb``, unless the lab only pretends.

        It pretends with 220 without a handshake, 334 without a login, and 221 without closing the connection.
        """
        state = move(self.state, verb, output.code)
        meant = {
            State.HANDSHAKE: output.encrypt,
            State.CHALLENGE: bool(self.response_handler),
            State.CLOSED: bool(output.end),
        }
        if meant.get(state, True):
            self.state = state

    def _take_line(self, line: Line) -> Output | None:
        """The output for a line; None for BDAT, whose bytes must be received first."""
        if self._recorder:
            self._recorder.command(line.data, line.ending)
        response_handler, self.response_handler = self.response_handler, None
        self.line_limit = self.site.limits.command
        if response_handler:
            made: Output | None = response_handler(line)
            verb = RESPONSE
        else:
            command = parse_command(line.data)
            handler = VERBS[self.site.service.protocol].get(command.verb)
            if line.overlong:
                return self.reject("line-too-long")
            if handler is None:
                action = self.action("unknown", command.verb)
                return self.apply(action, "unknown") if action else self.reject("unknown")
            made, verb = handler(self, command), command.verb
        if made is not None:
            self._move(MESSAGE if verb == "BDAT" and self.chunk_last else verb, made)
        return made

    def _take_text(self) -> Output | None:
        """The output for a block of the message; None: more is needed."""
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
        """Record the block ``octets`` without ``rest``, which follows the message; None: it has not ended."""
        if self._recorder:
            self._recorder.content(octets[: len(octets) - len(rest or b"")], final=rest is not None)

    def _interrupt(self) -> Output | None:
        """The output of a rule that delays or aborts the message while it is received."""
        action = self.action("content")
        if action is None:
            return None
        return Output(delay=action.delay) if action.usual else self.apply(action, "idle")
