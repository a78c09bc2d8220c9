"""The state machine of an SMTP session, used by the client, the server, and the readers of transcripts.

Two rules hold for this file. First, it alone decides about the order of a session: which command a reply answers,
what may come next, whether bytes that are sent are a command or part of a message. Second, it does not know on which
side it runs. Its caller reports what the client sent (``command``, ``content``, or ``send`` for bytes of any kind) and
what the server replied (``receive``), in the order observed. A client, a server, and a pasted session thus agree.

The machine has two parts. ``MOVES`` gives the state after a reply. It forbids nothing; protocol/order.py has what a
server may require first. The queue ``awaited`` gives the command that a reply answers: the oldest one (RFC 5321
section 4.2, RFC 2920 section 3.2). docs/reference/session.md gives the reasons, and three cases that need care.

For a reply that answers no command, ``receive`` returns None. It is never matched to a later command.
"""

from __future__ import annotations

from smtpscope.protocol.capability import NONE, Capabilities, parse_capabilities
from smtpscope.protocol.command import HELLOS
from smtpscope.protocol.phase import Phase, phase_of
from smtpscope.protocol.secret import mask
from smtpscope.values import TYPE_CHECKING, Value, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smtpscope.protocol.reply import Reply


class State(Vocabulary):
    """The state of a session, by what the client may send next."""

    GREETING = "greeting"  # nothing: the server sends its banner first
    HELLO = "hello"  # EHLO, HELO or LHLO
    READY = "ready"  # MAIL, STARTTLS, AUTH, QUIT: no transaction is open
    CHALLENGE = "challenge"  # the response to the 334 reply to AUTH
    HANDSHAKE = "handshake"  # the TLS handshake: STARTTLS was accepted
    SENDER = "sender"  # RCPT: the sender was accepted
    RECIPIENT = "recipient"  # DATA or another RCPT: at least one recipient was accepted
    MESSAGE = "message"  # the message: DATA was accepted
    CLOSED = "closed"  # nothing: the session has ended


BANNER, MESSAGE, RESPONSE = "", ".", "334"
"""Used in place of a verb: for the banner, for the message after DATA, for the response to a challenge."""

# If DATA is rejected, so many lines of a message that was sent ahead are awaited as commands; servers close earlier.
MOST_AHEAD = 1000

_S = State

# Moves that are the same in every state: (verb, first digit of the reply) -> state.
_EVERYWHERE: dict[tuple[str, int], State] = {
    ("EHLO", 2): _S.READY,  # this also ends an open transaction (RFC 5321 section 4.1.4)
    ("HELO", 2): _S.READY,
    ("LHLO", 2): _S.READY,
    ("STARTTLS", 2): _S.HANDSHAKE,
    ("AUTH", 3): _S.CHALLENGE,
    ("XCLIENT", 2): _S.HELLO,  # the session starts again
    ("MAIL", 2): _S.SENDER,
    ("RCPT", 2): _S.RECIPIENT,
    ("DATA", 3): _S.MESSAGE,
    ("QUIT", 2): _S.CLOSED,
}
_DONE = {(MESSAGE, kind): _S.READY for kind in range(10)}  # with any reply, the transaction is over
_RESET = {("RSET", 2): _S.READY}

MOVES: dict[State, dict[tuple[str, int], State]] = {
    _S.GREETING: {(BANNER, 2): _S.HELLO, **_EVERYWHERE},
    _S.HELLO: _EVERYWHERE,
    _S.READY: {**_EVERYWHERE, **_RESET, **_DONE},
    _S.CHALLENGE: {**_EVERYWHERE, **{(RESPONSE, kind): _S.READY for kind in range(10) if kind != 3}},
    _S.HANDSHAKE: _EVERYWHERE,  # for servers that continue unencrypted
    _S.SENDER: {**_EVERYWHERE, **_RESET, (MESSAGE, 2): _S.READY},  # rejected without a recipient: it remains open
    _S.RECIPIENT: {**_EVERYWHERE, **_RESET, **_DONE},
    _S.MESSAGE: _DONE,
    _S.CLOSED: {},
}
"""State -> (verb, first digit of the reply) -> next state. A pair that is absent does not change the state."""

# The only 3yz code that lets the client continue after each verb (RFC 5321 section 4.3.2, RFC 4954 section 4): 334 in
# reply to DATA does not request the message. Any other 3yz code is treated as class 0.
_GO_ON = {"DATA": 354, "AUTH": 334, RESPONSE: 334}


def move(state: State, verb: str, code: int) -> State:
    """The state after a reply with ``code`` to ``verb``. 421, which ends the session, is not a move."""
    kind = 0 if code // 100 == 3 and code != _GO_ON.get(verb) else code // 100
    return MOVES[state].get((verb, kind), state)


class Tracked(Value):
    """A command with its place in the session. One reply answers it.

    index      counts the commands of a connection from 1; 0 is the banner
    verb       upper case; or BANNER, MESSAGE (the message after DATA), or RESPONSE
    line       the command line for display: without CRLF, with secrets masked
    recipient  the address in RCPT; with LMTP, also the recipient of one of the replies to the message
    last       whether the reply is about a whole message: the end of data, or BDAT ... LAST
    early      whether it was rejected before the message or chunk was complete
    """

    index: int
    phase: Phase
    verb: str
    line: str = ""
    recipient: str = ""
    last: bool = False
    early: bool = False


class Piece(Value):
    """A part of what the client sent: a command line, or (``content``) bytes of a message or chunk.

    of     the command, message, or chunk that it belongs to
    final  whether the message or chunk is complete with it
    """

    data: bytes
    of: Tracked
    content: bool = False
    final: bool = False


class Tracker:
    """Follows one session. Report everything to it, in order. It never raises for what a peer sends.

    state       the state of the session
    awaited     the commands without a reply, the oldest first
    announced   the extensions that the server advertises; None until EHLO is accepted
    greeting    the host name in the banner
    recipients  the recipients accepted in the open transaction
    secure, lmtp, logged_in   whether the connection uses TLS, the protocol is LMTP, the client has logged in
    """

    def __init__(self) -> None:
        self.begin()

    def begin(self, secure: bool = False) -> None:
        """A connection was made, and the banner is awaited. ``secure``: it uses TLS already."""
        self.state = State.GREETING
        self.awaited: list[Tracked] = [Tracked(0, Phase.BANNER, BANNER)]
        self.announced: Capabilities | None = None
        self.greeting, self.sender = "", ""
        self.secure, self.lmtp, self.logged_in = secure, False, False
        self._count = 0
        self._clear()

    def _clear(self) -> None:
        """Forget the open transaction, and everything that was sent in part."""
        self.recipients: list[str] = []
        self._chunk_left = 0
        self._chunk: Tracked | None = None
        self._message: Tracked | None = None
        self._answered_early = self._chunked = False  # _chunked: the last command was a chunk that is not the last one
        self._ahead = 0  # lines of a message that was sent before the reply to DATA
        self._line = self._tail = b""  # bytes of an incomplete command; the last bytes of the message

    def secured(self) -> None:
        """The TLS handshake is complete. What the server sent before it no longer counts (RFC 3207 section 4.2)."""
        self.secure, self.logged_in, self.announced = True, False, None
        self.state = self.state if self.state is State.GREETING else State.HELLO
        self.awaited = [item for item in self.awaited if item.phase is Phase.BANNER]
        self._clear()

    def close(self) -> None:
        """The connection is closed."""
        self.state, self.awaited = State.CLOSED, []

    @property
    def phase(self) -> Phase:
        """The phase of the oldest command without a reply; if there is none, the phase that comes next."""
        if self._chunk or self.state is State.MESSAGE or (self._chunked and not self.awaited):
            return Phase.END_OF_DATA
        return self.awaited[0].phase if self.awaited else _NEXT[self.state]

    @property
    def half_line(self) -> bytes:
        """The start of a command line that ``send`` received without its line ending."""
        return b"" if self._message else self._line

    @property
    def in_content(self) -> bool:
        """Whether bytes sent now belong to a message, not to a command."""
        return self.state is State.MESSAGE or self._chunk_left > 0

    # ------------------------------------------------------------------------------------------------ from the client

    @property
    def challenged(self) -> bool:
        """Whether the next line is the response to a challenge."""
        return self.state is State.CHALLENGE and not self.awaited

    def shown(self, line: bytes) -> bytes:
        """``line`` with secrets masked, if it were sent now."""
        return line if self.in_content else mask(line, self.challenged)

    def command(self, line: bytes, shown: bytes = b"", recipient: str | None = None) -> Tracked:
        """The client sent a command line, or the response to a challenge. ``line`` has no line ending.

        ``shown`` is displayed in its place; without it, ``protocol.secret.mask`` decides. ``recipient`` is the address
        in RCPT, if the caller knows it.
        """
        challenged = self.challenged
        text = (shown or self.shown(line)).decode("utf-8", "surrogateescape")
        verb = RESPONSE if challenged else text.partition(" ")[0].upper()
        if verb in (MESSAGE, RESPONSE) and not challenged and self.state is not State.MESSAGE:
            verb = ""  # "." or "334" typed as a command: it is not the message, and not a response
        phase = Phase.AUTH if challenged else phase_of(verb) if verb else Phase.OTHER
        if recipient is None:
            recipient = _recipient_in(text) if verb == "RCPT" else ""
        size, last = _chunk_of(text) if verb == "BDAT" else (0, False)
        self._count += 1
        made = Tracked(self._count, phase, verb, text, recipient, last)
        self.awaited.append(made)
        self._chunked = verb == "BDAT" and not last
        if verb == "BDAT" and size:
            self._chunk, self._chunk_left = made, size
        elif last:
            self._await_each(made)
        return made

    def content(self, octets: bytes, final: bool) -> Tracked:
        """The client sent bytes of the message or of the BDAT chunk; ``final``: it is complete with them."""
        of = self._chunk or self._message or self._begin_message()
        if self._chunk:
            self._chunk_left = max(self._chunk_left - len(octets), 0)
        if final:
            self._end_content(of)
        return of

    def send(self, octets: bytes) -> Iterator[Piece]:
        """The client sent bytes of any kind. Split them into command lines and content, as the server does.

        An incomplete line is kept until its line ending. After DATA, bytes sent before the reply are treated as the
        message, as the server does if it replies 354.
        """
        while octets:
            if self._chunk_left:
                data, octets = octets[: self._chunk_left], octets[self._chunk_left :]
                final = len(data) == self._chunk_left
                yield Piece(data, self.content(data, final), True, final)
            elif self.state is State.MESSAGE or (self.awaited and self.awaited[-1].verb == "DATA"):
                of = self._message or self._begin_message()
                size, final = _size_of_message(self._tail, octets)
                data, octets = octets[:size], octets[size:]
                self._tail = (self._tail + data)[-4:]
                if self.state is not State.MESSAGE:
                    self._note_ahead(data)
                self.content(data, final)
                yield Piece(data, of, True, final)
            else:
                line, end_of_line, octets = octets.partition(b"\n")
                self._line += line
                if end_of_line:
                    line, self._line = self._line, b""
                    yield Piece(line + b"\n", self.command(line.removesuffix(b"\r")))

    def _begin_message(self) -> Tracked:
        self._count, self._tail = self._count + 1, b"\r\n"  # the line ending of DATA begins the first line
        self._message = Tracked(self._count, Phase.END_OF_DATA, MESSAGE, MESSAGE, "", True)
        self._ahead = 0
        return self._message

    def _note_ahead(self, data: bytes) -> None:
        """Keep what is needed if DATA is rejected: the server then treats each line of the message as a command."""
        more = min(data.count(b"\n"), MOST_AHEAD - self._ahead)
        self._ahead, self._count = self._ahead + more, self._count + more
        self._line = (self._line + data).rpartition(b"\n")[2]

    def _message_as_commands(self) -> None:
        """DATA was rejected: each line of a message that was sent ahead gets a reply of its own."""
        place = next((place for place, item in enumerate(self.awaited) if item.verb == MESSAGE), None)
        message = self._message if place is None else self.awaited[place]
        if message:
            lines = [Tracked(message.index + number, Phase.OTHER, "") for number in range(self._ahead)]
            start = len(self.awaited) if place is None else place
            self.awaited[start : start + 1] = lines
        self._message, self._ahead = None, 0

    def _end_content(self, of: Tracked) -> None:
        chunk, self._chunk, self._chunk_left, self._message = self._chunk, None, 0, None
        self.state = State.READY if self.state is State.MESSAGE else self.state  # commands may follow before the reply
        if self._answered_early:  # it was rejected before it was complete: no other reply to it is awaited
            self._answered_early = False
            return
        if not chunk:
            self.awaited.append(of)
        if of.last:
            self._await_each(of)

    def _await_each(self, of: Tracked) -> None:
        """With LMTP, each accepted recipient gets a reply: reserve an index for each that may be accepted."""
        if self.lmtp and of in self.awaited:
            named = len(self.recipients) + sum(item.verb == "RCPT" for item in self.awaited)
            self._count += max(named - 1, 0)

    # ------------------------------------------------------------------------------------------------ from the server

    def receive(self, reply: Reply) -> Tracked | None:
        """The server sent ``reply``. Returns the command that it answers; None if it answers none."""
        unfinished = self._unfinished
        if unfinished is None:
            self._expect_each()
        answered = self._match(reply, unfinished)
        if answered:
            self._learn(answered, reply)
        if answered and not answered.early:  # after an early rejection, the rest of the message is still sent
            self.state = move(self.state, MESSAGE if answered.last else answered.verb, reply.code)
            if self.state is State.MESSAGE and any(item.verb == MESSAGE for item in self.awaited):
                self.state = State.READY  # the whole message was sent before the 354
        if reply.code == 421:
            self.state = State.CLOSED
        return answered

    def _expect_each(self) -> None:
        """With LMTP, await a reply for each recipient instead of one to the message (RFC 2033 section 4.2).

        Only now it is known which recipients were accepted: the message may have been sent before their replies.
        """
        of = self.awaited[0] if self.awaited else None
        if of and of.last and self.lmtp and not of.recipient and self.recipients:
            each = enumerate(self.recipients)
            self.awaited[:1] = [of.replace(recipient=name, index=of.index + number) for number, name in each]

    @property
    def _unfinished(self) -> Tracked | None:
        """The message or chunk that is still being sent, if no command before it awaits a reply."""
        if self._chunk and self.awaited[:1] == [self._chunk]:
            return self._chunk
        if self.state is State.MESSAGE and not self.awaited:
            return self._message or self._begin_message()
        return None

    def _match(self, reply: Reply, unfinished: Tracked | None) -> Tracked | None:
        """Remove and return the command that ``reply`` answers; ``unfinished`` may only be rejected, and only once."""
        if unfinished is None:
            return self.awaited.pop(0) if self.awaited else None
        if reply.kind not in (4, 5) or self._answered_early:
            return None
        self._answered_early = True
        self.awaited = [item for item in self.awaited if item is not unfinished]
        return unfinished.replace(early=True)

    def _learn(self, answered: Tracked, reply: Reply) -> None:
        """Update the facts about the session from ``reply`` to ``answered``."""
        verb = answered.verb
        if verb == BANNER and answered.phase is Phase.BANNER:
            self.greeting = reply.lines[0].partition(" ")[0]
        elif verb in HELLOS and reply.kind == 2:
            self.announced = NONE if verb == "HELO" else parse_capabilities(reply)
            self.lmtp = verb == "LHLO"
            self.recipients = []
        elif verb == "MAIL" and reply.kind == 2:
            self.sender, self.recipients = answered.line, []
        elif verb == "RCPT" and reply.kind == 2:
            self.recipients.append(answered.recipient)
        elif verb == "DATA" and reply.code == 354:
            self._line = b""
        elif verb == "DATA":
            self._message_as_commands()
        elif reply.code == 235 and verb in ("AUTH", RESPONSE):
            self.logged_in = True
        elif reply.code == 334 and verb in ("AUTH", RESPONSE) and self.awaited and not self._chunk:
            # The server reads whatever was sent before the challenge as the response to it.
            self.awaited[0] = self.awaited[0].replace(phase=Phase.AUTH, verb=RESPONSE, recipient="", last=False)
        elif (verb == "RSET" and reply.kind == 2) or (answered.last and not any(item.last for item in self.awaited)):
            self.sender, self.recipients = "", []


_NEXT: dict[State, Phase] = {
    State.GREETING: Phase.BANNER,
    State.HELLO: Phase.EHLO,
    State.READY: Phase.MAIL,
    State.CHALLENGE: Phase.AUTH,
    State.HANDSHAKE: Phase.TLS,
    State.SENDER: Phase.RCPT,
    State.RECIPIENT: Phase.DATA,
    State.MESSAGE: Phase.END_OF_DATA,
    State.CLOSED: Phase.QUIT,
}


def _recipient_in(line: str) -> str:
    """The address in a RCPT line."""
    from smtpscope.protocol.command import parse_path_argument

    return parse_path_argument(line.partition(" ")[2], "TO").path


def _chunk_of(line: str) -> tuple[int, bool]:
    """The size of a chunk in bytes, and whether it is the last one (RFC 3030 section 2); 0 if the size is not valid."""
    words = line.upper().split()
    size = words[1] if len(words) > 1 and words[1].isascii() and words[1].isdigit() and len(words[1]) < 16 else "0"
    return int(size), words[2:3] == ["LAST"]


def _size_of_message(tail: bytes, octets: bytes) -> tuple[int, bool]:
    """How many of ``octets`` belong to the message, and whether it ends there. ``tail`` was sent before them."""
    end = (tail + octets).find(b"\r\n.\r\n")  # only CRLF . CRLF ends the message (RFC 5321 section 4.1.1.4)
    return (len(octets), False) if end < 0 else (end + 5 - len(tail), True)
