"""What a session proves, found from the wire and the RFCs alone: nothing of smtpscope is used here.

RFC 5321 (SMTP), 2033 (LMTP), 3030 (BDAT), 4954 (AUTH), 3207 (STARTTLS), 3464 (notifications); XCLIENT and PROXY as
Postfix and HAProxy describe them. Slow and plain on purpose: it reads the whole wire once, command by command.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Sends:
    """Octets that the client sent."""

    octets: bytes


@dataclass(frozen=True)
class Says:
    """A reply that the client read. ``sound``: it has an end, and its lines agree about the code."""

    code: int
    sound: bool = True


@dataclass(frozen=True)
class Mark:
    """Anything else: header, secured, logged-in, gave-up, interrupted, dsn-ACTION, dsn-none; ``about`` a recipient."""

    name: str
    about: str = ""


@dataclass(frozen=True)
class _Awaited:
    verb: str
    recipient: str = ""
    last: bool = False  # of the message or chunk that is the whole


Item = Sends | Says | Mark


@dataclass
class Checker:
    """Reads a wire. ``proven`` counts the proofs of each claim; ``doubt`` says that replies may be shifted."""

    proven: Counter[tuple[str, str]] = field(default_factory=Counter)
    doubt: bool = False
    interrupted: bool = False
    _queue: list[_Awaited] = field(default_factory=lambda: [_Awaited("banner")])
    _octets: bytes = b""  # sent, and not yet read as commands or content
    _mode: str = "command"  # or data, chunk
    _left: int = 0
    _tail: bytes = b""
    _chunk: _Awaited | None = None
    _refused_early: bool = False
    _lmtp: bool = False
    _recipients: list[str] = field(default_factory=list)
    _mail_said: bool = False
    _challenged: bool = False
    _gave_up: bool = False
    _code_235: bool = False
    _header: bool = False
    _strange: bool = False  # a reply came that a header taken for a command may have caused
    _reported: set[tuple[str, str]] = field(default_factory=set)
    _quit_replies: int = 0
    _closed: bool = False

    def read(self, wire: Iterable[Item]) -> Checker:
        """Take the whole wire."""
        for item in wire:
            match item:
                case Sends(octets=octets):
                    self._octets += octets
                    self._read_client()
                case Says():
                    self._read_reply(item)
                    self._read_client()
                case Mark():
                    self._read_mark(item)
        return self

    # ------------------------------------------------------------------------------------------------- the client

    def _read_client(self) -> None:
        while self._octets:
            if self._mode == "data":
                if not self._read_data():
                    return
            elif self._mode == "chunk":
                size = min(self._left, len(self._octets))
                self._octets, self._left = self._octets[size:], self._left - size
                if self._left:
                    return
                self._end_of_chunk()
            elif any(item.verb == "DATA" for item in self._queue):
                return  # what follows is content or commands: the reply decides
            elif b"\n" in self._octets:
                line, _, self._octets = self._octets.partition(b"\n")
                self._read_command(line.removesuffix(b"\r").decode("latin-1"))
            else:
                return

    def _read_data(self) -> bool:
        """Take content up to CRLF . CRLF (RFC 5321 section 4.1.1.4). Whether the message ended."""
        whole = self._tail + self._octets
        end = whole.find(b"\r\n.\r\n")
        if end < 0:
            self._tail, self._octets = whole[-4:], b""
            return False
        self._octets, self._mode = whole[end + 5 :], "command"
        if not self._refused_early:
            self._queue.append(_Awaited("message", last=True))
        self._refused_early = False
        return True

    def _end_of_chunk(self) -> None:
        self._mode, self._chunk, self._refused_early = "command", None, False

    def _read_command(self, line: str) -> None:
        if self._challenged:
            self._challenged = False
            self._queue.append(_Awaited("response"))
            return
        verb, _, rest = line.partition(" ")
        verb = verb.upper()
        self._mail_said = self._mail_said or verb == "MAIL"
        if verb == "BDAT":
            self._read_bdat(rest.upper().split())
        elif verb == "RCPT":
            self._queue.append(_Awaited("RCPT", rest.partition("<")[2].partition(">")[0]))
        else:
            self._queue.append(_Awaited(verb))

    def _read_bdat(self, words: list[str]) -> None:
        """BDAT SIZE [LAST] (RFC 3030 section 2)."""
        size = int(words[0]) if words and words[0].isdigit() and len(words[0]) < 16 else 0
        made = _Awaited("BDAT", last=words[1:2] == ["LAST"])
        self._queue.append(made)
        if size:
            self._mode, self._left, self._chunk = "chunk", size, made

    # ------------------------------------------------------------------------------------------------- the server

    def _read_reply(self, reply: Says) -> None:
        kind = reply.code // 100
        if self._in_content():
            if kind in (4, 5) and not self._refused_early:
                self._refused_early = True
                self._queue = [item for item in self._queue if item is not self._chunk]
            elif reply.code != 421:
                self.doubt = self.doubt or self._mail_said  # it answers nothing: the end of the data was not sent
        elif not self._queue:
            self._strange = True
            if reply.code != 421 and (self._mail_said or self._quit_replies):
                self.doubt = True
        else:
            self._answer(self._queue.pop(0), reply, kind)
        self._closed = self._closed or reply.code == 421

    def _in_content(self) -> bool:
        """Whether the client is in the middle of a message or chunk, and nothing before it is unanswered."""
        if self._mode == "chunk":
            return not self._queue or self._queue[0] is self._chunk
        return self._mode == "data" and not self._queue

    def _answer(self, command: _Awaited, reply: Says, kind: int) -> None:
        code = reply.code if reply.sound else 0
        match command.verb:
            case "banner":
                self._prove("greeted", code == 220)
                self._strange = self._strange or code != 220
            case "EHLO" | "HELO" | "LHLO":
                self._hello(command.verb, code, kind)
            case "XCLIENT":
                self._prove("xclient-accepted", code == 220)
                if code == 220:
                    self.proven.pop(("hello-accepted", ""), None)
            case "AUTH" | "response":
                self._challenged = reply.code == 334 and not self._queue
                if reply.code == 334 and self._queue and self._mode == "command":
                    self._queue[0] = _Awaited("response")  # it was sent ahead of the challenge
                self._code_235 = self._code_235 or (code == 235 and not self._closed)
            case "MAIL":
                self._prove("sender-accepted", code == 250)
                if kind == 2:
                    self._recipients = []
            case "RCPT":
                self._prove("recipient-accepted", code in (250, 251, 252), command.recipient)
                if kind == 2:
                    self._recipients.append(command.recipient)
            case "DATA":
                self._data(reply, code)
            case "RSET" if kind == 2:
                self._recipients = []
            case "QUIT":
                self._prove("proxy-accepted", code == 221 and self._header and not self._strange)
                self._strange = True
                self._quit_replies += reply.code != 221
                if (kind != 2 and reply.code != 421) or not reply.sound:
                    self.doubt = True
            case "message" | "BDAT" if command.last:
                self._message(command, code)

    def _hello(self, verb: str, code: int, kind: int) -> None:
        self._prove("hello-accepted", code == 250)
        if code == 250 and self._header and not self._strange:
            self._prove("proxy-accepted", True)
        self._strange = True
        if kind == 2:
            self._lmtp, self._recipients = verb == "LHLO", []

    def _data(self, reply: Says, code: int) -> None:
        self._prove("data-accepted", code == 354)
        if reply.code == 354:  # the client may have sent the whole message ahead: it is read now
            self._mode, self._tail = "data", b"\r\n"

    def _message(self, command: _Awaited, code: int) -> None:
        """A reply about the whole message; with LMTP one for each recipient (RFC 2033 section 4.2)."""
        if self._lmtp and not command.recipient and self._recipients:
            first, *rest = self._recipients
            command = _Awaited(command.verb, first, True)
            self._queue[:0] = [_Awaited(command.verb, name, True) for name in rest]
        if self._recipients:  # without one, there is nobody whom it was accepted for
            self._prove("message-accepted", code == 250, command.recipient if self._lmtp else "")
        if not (self._queue and self._queue[0].last and self._queue[0].recipient):
            self._recipients = []

    def _prove(self, goal: str, holds: bool, subject: str = "") -> None:
        if holds and not self._closed:  # behind a 421 the session is over (RFC 5321 section 3.8)
            self.proven[goal, subject] += 1

    # -------------------------------------------------------------------------------------------------- all the rest

    def _read_mark(self, mark: Mark) -> None:
        match mark.name:
            case "connected":
                self._prove("connected", True)
            case "header":
                self._header = True
            case "secured":
                self._prove("encrypted", True)
                self.proven.pop(("hello-accepted", ""), None)
                self._recipients, self._octets, self._mode, self._chunk = [], b"", "command", None
                self._refused_early = self._challenged = False
                self._queue = [item for item in self._queue if item.verb == "banner"]
            case "gave-up":
                self._gave_up = True
            case "logged-in":
                self.proven["logged-in", ""] += self._code_235 and not self._gave_up
            case "interrupted":
                self.interrupted = True
            case name if name.startswith("dsn-"):
                self._reported.add((name, mark.about))

    def holds(self, goal: str, subject: str) -> int:
        """How often the claim is proven."""
        if goal not in ("delivery-reported", "no-failure-reported"):
            return self.proven[goal, subject]
        words = {name for name, about in self._reported if about == subject}
        good = bool(words & {"dsn-delivered", "dsn-relayed", "dsn-expanded"}) and "dsn-failed" not in words
        quiet = "dsn-none" in words and not words & {"dsn-failed", "dsn-delayed"}
        return int(good or (goal == "no-failure-reported" and quiet))

    def is_success(self, claims: Iterable[tuple[str, str]]) -> bool:
        """Whether each claim is proven, equal ones by a proof each, and nothing contradicts the proofs."""
        wanted = Counter(claims)
        proven = all(self.holds(*claim) >= count for claim, count in wanted.items())
        return bool(wanted) and proven and not self.doubt and not self.interrupted
