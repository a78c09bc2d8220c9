"""Following a conversation line by line: which reply answers which command, and what had been announced before."""

from __future__ import annotations

import re

from smtpscope.protocol.capability import NONE, parse_capabilities
from smtpscope.protocol.phase import Phase, advance, phase_of
from smtpscope.protocol.reply import parse_reply
from smtpscope.protocol.secret import mask
from smtpscope.reading.heard import Heard, recipient_of, text_reply
from smtpscope.safetext import octets
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.protocol.capability import Capabilities
    from smtpscope.protocol.reply import Reply

# Octets kept of a message; its header is what matters.
MESSAGE_LIMIT = 65536

_REPLY_LINE = re.compile(r"[2-5][0-9][0-9](?:[ -]|$)")

# The command that a reply answers when commands are not in the capture (Telnet without local echo).
_LIKELY = {Phase.BANNER: "", Phase.EHLO: "EHLO", Phase.MAIL: "MAIL", Phase.RCPT: "RCPT", Phase.END_OF_DATA: "."}
# Codes that belong to one command alone (RFC 5321 section 4.2.3, RFC 4954 section 6).
_TELLING = {354: "DATA", 221: "QUIT", 334: "AUTH", 235: "AUTH", 534: "AUTH", 535: "AUTH", 538: "AUTH"}


def is_reply_line(line: str) -> bool:
    """Whether ``line`` begins as a reply does: three digits, then a blank, a hyphen or nothing."""
    return _REPLY_LINE.match(line) is not None


class Follower:
    """Takes the lines of a conversation in order; ``found`` are the replies.

    The place in the conversation is known once it was seen to begin (a greeting, a command); before that, stages stay
    empty rather than guessed.
    """

    def __init__(self, server: str = "", phase: Phase | None = None) -> None:
        self.found: list[Heard] = []
        self.server = server
        self._phase = phase
        self._commands: list[str] = []
        self._lines: list[str] = []
        self._begun = 0
        self._announced: Capabilities | None = None
        self._taking_message = False
        self._message: list[str] = []
        self._kept = 0

    @property
    def in_message(self) -> bool:
        """Whether the server said 354 and the lone dot has not come."""
        return self._taking_message

    @property
    def in_reply(self) -> bool:
        """Whether a reply of several lines is not complete."""
        return bool(self._lines)

    def begin(self, server: str = "") -> None:
        """A connection was made: the next reply is a greeting."""
        self._finish()
        self.server = server or self.server
        self._phase, self._commands, self._announced = Phase.BANNER, [], None
        self._taking_message, self._message, self._kept = False, [], 0

    def sent(self, line: str) -> None:
        """A line of the client."""
        self._finish()
        if self._taking_message:
            self._take_message(line)
        elif self._phase is Phase.AUTH and not self._commands:
            self._commands.append("AUTH")  # a response to 334: a secret
        else:
            self._commands.append(mask(octets(line)).decode("utf-8", "surrogateescape"))
            self._phase = self._phase or Phase.EHLO

    def _take_message(self, line: str) -> None:
        if line == ".":
            self._taking_message = False
            self._commands.append(".")
        elif self._kept < MESSAGE_LIMIT:
            self._message.append(line)
            self._kept += len(line) + 2

    def received(self, number: int, line: str) -> None:
        """A line of the server, at line ``number`` of the text. One that is no reply line is left out."""
        if not is_reply_line(line):
            return
        if self._lines and line[:3] != self._lines[0][:3]:
            self._finish()  # the last line of the reply is missing
        if not self._lines:
            self._begun = number
        self._lines.append(line)
        if line[3:4] != "-":
            self._finish()

    def failed(self, number: int, text: str) -> None:
        """The network or the program failed, in its own words. Only the first of a conversation counts."""
        self._finish()
        if self.found and not self.found[-1].reply.code:
            return
        if self.found and self.found[-1].reply.kind in (4, 5) and not self._commands:
            return  # a program's remark on the refusal that was just read
        if self.found and self.found[-1].stage == Phase.QUIT:
            return  # it was over
        command = self._commands[0] if self._commands else ""
        stage = phase_of(_verb(command)) if command else self._phase or Phase.CONNECT
        if not self.found and not command:
            stage = Phase.CONNECT
        self._keep(text_reply(text), stage, command, number)

    def close(self) -> tuple[Heard, ...]:
        """The end of the text. Returns what was found."""
        self._finish()
        return tuple(self.found)

    def _finish(self) -> None:
        """Take the reply that is complete, or as complete as it will get."""
        if not self._lines:
            return
        lines, self._lines = self._lines, []
        last = lines[-1]
        lines[-1] = last[:3] + " " + last[4:]
        self._hear(parse_reply(octets("\r\n".join(lines))))

    def _hear(self, reply: Reply) -> None:
        if reply.code == 220 and not self._commands and self._phase is not None:
            self.begin()  # another conversation: nothing else begins with 220 unasked
        if self._phase is None or (self._phase is Phase.BANNER and reply.code == 250 and not self._commands):
            self._anchor(reply)
        if self._commands and not (reply.code == 421 and self._phase is Phase.BANNER):
            command = self._commands.pop(0)
            verb: str | None = _verb(command)
        else:
            command, verb = "", self._likely_verb(reply)
        stage = self._stage(verb, reply)
        if stage is Phase.BANNER and reply.code == 220 and not self.server:
            self.server = reply.lines[0].partition(" ")[0]
        self._keep(reply, stage, command or ("." if stage is Phase.END_OF_DATA else ""), self._begun)
        self._go_on(reply, stage, verb)

    def _anchor(self, reply: Reply) -> None:
        """Where a text without commands begins: a greeting, or an answer to EHLO, can be told by its looks."""
        if reply.code == 220:
            self._phase = Phase.BANNER
        elif reply.code == 250 and (len(reply.lines) > 2 or self._phase is Phase.BANNER):
            self._phase = Phase.EHLO  # openssl s_client -starttls shows the last line of EHLO's answer first

    def _likely_verb(self, reply: Reply) -> str | None:
        """The verb that a reply without its command most likely answers; None when nothing speaks for one."""
        if self._taking_message:
            return "."
        if reply.code in _TELLING:
            return _TELLING[reply.code]
        if reply.code in (500, 502, 503):  # a command out of place: which one cannot be told
            return None
        if self._phase is Phase.DATA:
            about_address = reply.enhanced and reply.enhanced.subject == 1
            return "RCPT" if about_address or reply.kind == 2 else "DATA"
        return _LIKELY.get(self._phase) if self._phase else None

    def _stage(self, verb: str | None, reply: Reply) -> Phase | None:
        if verb is None:
            return Phase.AUTH if self._phase is Phase.AUTH else None
        if verb == "" and self._phase is not Phase.BANNER:
            return None
        return phase_of(verb)

    def _keep(self, reply: Reply, stage: Phase | None, command: str, number: int) -> None:
        message = octets("\r\n".join(self._message) + "\r\n") if self._message and stage is Phase.END_OF_DATA else b""
        recipient = recipient_of(command)
        where = stage.value if stage else ""
        self.found.append(Heard(reply, where, command, self.server, recipient, self._announced, number, message))

    def _go_on(self, reply: Reply, stage: Phase | None, verb: str | None) -> None:
        if stage is Phase.EHLO and reply.kind == 2:
            self._announced = NONE if verb == "HELO" else parse_capabilities(reply)
            self._phase = Phase.MAIL
            if not self.server and "." in reply.lines[0].partition(" ")[0]:
                self.server = reply.lines[0].partition(" ")[0]
        elif verb == "STARTTLS" and reply.kind == 2:
            self._phase = Phase.EHLO
        elif stage is Phase.AUTH:
            self._phase = Phase.AUTH if reply.kind == 3 else Phase.MAIL
        elif verb is not None and self._phase is not None:
            self._phase = advance(self._place(verb), verb, reply.code)
        if stage is Phase.DATA and reply.kind == 3:
            self._taking_message, self._message, self._kept = True, [], 0
        elif stage is Phase.END_OF_DATA:
            self._taking_message = False

    def _place(self, verb: str) -> Phase:
        """The phase in which ``verb`` was given: several RCPT leave the state at DATA, which none of them begins at."""
        about = phase_of(verb)
        return about if about in (Phase.MAIL, Phase.RCPT, Phase.DATA, Phase.END_OF_DATA) else self._phase or about


def _verb(command: str) -> str:
    return command.partition(" ")[0].upper()
