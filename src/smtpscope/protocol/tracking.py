"""Where a session stands: the one state machine of SMTP, for a client, a server, and a reader of transcripts.

Two rules hold for this file. Every question about the order of a session is answered here: which command a reply
answers, what may come next, whether the octets that go out are a command or a message. And the file does not know
which side it runs on: it is told what the client sent (``command``, ``content``, or ``send`` for octets of any kind)
and what the server replied (``receive``), in the order in which they were seen. So a client, a server and the text of
a session that somebody pasted give the same answers.

The machine has two parts. ``MOVES`` says where a reply leads; it forbids nothing (what a server may ask for first is in
protocol/order.py). The queue of ``awaited`` commands says what a reply answers: the oldest of them (RFC 5321
section 4.2, RFC 2920 section 3.2). Why, and the three places that need care: docs/reference/session.md.

A reply that answers nothing is given back as None. It is never dropped and never matched to a later command.
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
    """Where a session stands, by what the client may say next."""

    GREETING = "greeting"  # nothing: the server speaks first
    HELLO = "hello"  # EHLO, HELO or LHLO
    READY = "ready"  # MAIL, STARTTLS, AUTH, QUIT: no transaction is open
    CHALLENGE = "challenge"  # the response to a 334 of AUTH
    HANDSHAKE = "handshake"  # TLS: STARTTLS was accepted
    SENDER = "sender"  # RCPT: the sender was accepted
    RECIPIENT = "recipient"  # DATA or a further RCPT: one recipient at least was accepted
    MESSAGE = "message"  # the message: DATA was accepted
    CLOSED = "closed"  # nothing any more


BANNER, MESSAGE, RESPONSE = "", ".", "334"
"""What stands in the place of a verb: before the banner, at the end of the message, in a response to a challenge."""

# Lines of a message sent ahead of a refusal for which a reply is awaited: no server goes on for longer.
MOST_AHEAD = 1000

_S = State

# What leads to the same state from wherever it is said: (verb, first digit of the reply) -> state.
_EVERYWHERE: dict[tuple[str, int], State] = {
    ("EHLO", 2): _S.READY,  # and a transaction that was open is forgotten (RFC 5321 section 4.1.4)
    ("HELO", 2): _S.READY,
    ("LHLO", 2): _S.READY,
    ("STARTTLS", 2): _S.HANDSHAKE,
    ("AUTH", 3): _S.CHALLENGE,
    ("XCLIENT", 2): _S.HELLO,  # the session begins anew
    ("MAIL", 2): _S.SENDER,
    ("RCPT", 2): _S.RECIPIENT,
    ("DATA", 3): _S.MESSAGE,
    ("QUIT", 2): _S.CLOSED,
}
_DONE = {(MESSAGE, kind): _S.READY for kind in range(10)}  # whatever was said, the transaction is over
_RESET = {("RSET", 2): _S.READY}

MOVES: dict[State, dict[tuple[str, int], State]] = {
    _S.GREETING: {(BANNER, 2): _S.HELLO, **_EVERYWHERE},
    _S.HELLO: _EVERYWHERE,
    _S.READY: {**_EVERYWHERE, **_RESET, **_DONE},
    _S.CHALLENGE: {**_EVERYWHERE, **{(RESPONSE, kind): _S.READY for kind in range(10) if kind != 3}},
    _S.HANDSHAKE: _EVERYWHERE,  # a server that goes on unencrypted is followed
    _S.SENDER: {**_EVERYWHERE, **_RESET, (MESSAGE, 2): _S.READY},  # refused for want of a recipient, it stays open
    _S.RECIPIENT: {**_EVERYWHERE, **_RESET, **_DONE},
    _S.MESSAGE: _DONE,
    _S.CLOSED: {},
}
"""State -> (verb, first digit) -> state; what is absent leaves the state as it is."""

# The one code of its class that lets the client go on (RFC 5321 section 4.3.2, RFC 4954 section 4): 334 to DATA does
# not ask for the message. Any other counts as class 0.
_GO_ON = {"DATA": 354, "AUTH": 334, RESPONSE: 334}


def move(state: State, verb: str, code: int) -> State:
    """The state behind a reply with ``code`` to ``verb``. The end of the session, which 421 announces, is no move."""
    kind = 0 if code // 100 == 3 and code != _GO_ON.get(verb) else code // 100
    return MOVES[state].get((verb, kind), state)


class Tracked(Value):
    """A command with its place in the session: what one reply answers.

    index      counts the commands of a connection from 1; 0 is the banner
    verb       upper case; BANNER, MESSAGE (the message after DATA) or RESPONSE where there is none
    line       the command line as it may be shown: without CRLF, secrets masked
    recipient  the address concerned: of RCPT, or of one reply to a message with LMTP
    last       whether the reply is about a whole message: the end of the data, or BDAT ... LAST
    early      whether it was answered, with a refusal, before the message or chunk was complete
    """

    index: int
    phase: Phase
    verb: str
    line: str = ""
    recipient: str = ""
    last: bool = False
    early: bool = False


class Piece(Value):
    """A part of what the client sent: a command line (``of`` is that command), or octets of a message.

    ``final``: with it, the message or the chunk is complete.
    """

    data: bytes
    of: Tracked
    content: bool = False
    final: bool = False


class Tracker:
    """Follows one session. Feed it everything, in order; it never raises for what a peer sends.

    state       where the session stands
    awaited     the commands that have no reply yet, the oldest first
    announced   what the reply to EHLO advertised; None before one was accepted
    greeting    the host that the banner named
    recipients  those that were accepted in the open transaction
    secure, lmtp, logged_in   what has been agreed on
    """

    def __init__(self) -> None:
        self.begin()

    def begin(self, secure: bool = False) -> None:
        """A connection was made: the banner is awaited."""
        self.state = State.GREETING
        self.awaited: list[Tracked] = [Tracked(0, Phase.BANNER, BANNER)]
        self.announced: Capabilities | None = None
        self.greeting, self.sender = "", ""
        self.secure, self.lmtp, self.logged_in = secure, False, False
        self._count = 0
        self._clear()

    def _clear(self) -> None:
        """No transaction is open, and nothing is half sent."""
        self.recipients: list[str] = []
        self._chunk_left = 0
        self._chunk: Tracked | None = None
        self._message: Tracked | None = None
        self._answered_early = self._chunked = False  # _chunked: a chunk was sent, and it was not the last
        self._ahead = 0  # lines of a message that was sent before the reply to DATA
        self._line = self._tail = b""  # of a command that is not complete; of the message

    def secured(self) -> None:
        """The handshake is done: what was said before it is forgotten (RFC 3207 section 4.2)."""
        self.secure, self.logged_in, self.announced = True, False, None
        self.state = self.state if self.state is State.GREETING else State.HELLO
        self.awaited = [item for item in self.awaited if item.phase is Phase.BANNER]
        self._clear()

    def close(self) -> None:
        """The connection is gone."""
        self.state, self.awaited = State.CLOSED, []

    @property
    def phase(self) -> Phase:
        """What the session is about now: the command that waits for its reply, else what comes next."""
        if self._chunk or self.state is State.MESSAGE or (self._chunked and not self.awaited):
            return Phase.END_OF_DATA
        return self.awaited[0].phase if self.awaited else _NEXT[self.state]

    @property
    def half_line(self) -> bytes:
        """What ``send`` was given of a command line that has no line ending yet."""
        return b"" if self._message else self._line

    @property
    def in_content(self) -> bool:
        """Whether what is sent now belongs to a message, and is no command."""
        return self.state is State.MESSAGE or self._chunk_left > 0

    # ------------------------------------------------------------------------------------------ what the client sends

    @property
    def challenged(self) -> bool:
        """Whether the next line is the response to a challenge."""
        return self.state is State.CHALLENGE and not self.awaited

    def shown(self, line: bytes) -> bytes:
        """What may be shown of ``line``, were it sent now."""
        return line if self.in_content else mask(line, self.challenged)

    def command(self, line: bytes, shown: bytes = b"", recipient: str | None = None) -> Tracked:
        """A command line, or the response to a challenge, without its line ending.

        ``shown``: what may be shown in its place; without it, ``protocol.secret.mask`` decides. ``recipient``: of
        RCPT, where it is known.
        """
        challenged = self.challenged
        text = (shown or self.shown(line)).decode("utf-8", "surrogateescape")
        verb = RESPONSE if challenged else text.partition(" ")[0].upper()
        if verb in (MESSAGE, RESPONSE) and not challenged and self.state is not State.MESSAGE:
            verb = ""  # somebody typed it: it is no command, and ends nothing
        phase = Phase.AUTH if challenged else phase_of(verb) if verb else Phase.OTHER
        if recipient is None:
            recipient = _recipient(text) if verb == "RCPT" else ""
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
        """Octets of the message, or of the BDAT chunk; ``final``: the message or the chunk is complete with them."""
        of = self._chunk or self._message or self._begin_message()
        if self._chunk:
            self._chunk_left = max(self._chunk_left - len(octets), 0)
        if final:
            self._end_content(of)
        return of

    def send(self, octets: bytes) -> Iterator[Piece]:
        """Octets of any kind: split into command lines and content, as the server will take them.

        A line that is not complete waits for its line ending. Behind DATA, what is sent before the reply is taken for
        the message, as the server will if it replies 354.
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
        """Keep what is needed if DATA is refused: the server then takes each line of the message for a command."""
        more = min(data.count(b"\n"), MOST_AHEAD - self._ahead)
        self._ahead, self._count = self._ahead + more, self._count + more
        self._line = (self._line + data).rpartition(b"\n")[2]

    def _take_for_commands(self) -> None:
        """DATA was refused: each line of a message that was sent ahead will have a reply of its own."""
        place = next((place for place, item in enumerate(self.awaited) if item.verb == MESSAGE), None)
        message = self._message if place is None else self.awaited[place]
        if message:
            lines = [Tracked(message.index + number, Phase.OTHER, "") for number in range(self._ahead)]
            start = len(self.awaited) if place is None else place
            self.awaited[start : start + 1] = lines
        self._message, self._ahead = None, 0

    def _end_content(self, of: Tracked) -> None:
        chunk, self._chunk, self._chunk_left, self._message = self._chunk, None, 0, None
        self.state = State.READY if self.state is State.MESSAGE else self.state  # commands may follow unanswered
        if self._answered_early:  # it was refused before it was complete: nothing more is awaited for it
            self._answered_early = False
            return
        if not chunk:
            self.awaited.append(of)
        if of.last:
            self._await_each(of)

    def _await_each(self, of: Tracked) -> None:
        """With LMTP, there will be a reply for each recipient: keep an index for each that may be accepted."""
        if self.lmtp and of in self.awaited:
            named = len(self.recipients) + sum(item.verb == "RCPT" for item in self.awaited)
            self._count += max(named - 1, 0)

    # ------------------------------------------------------------------------------------------ what the server sends

    def receive(self, reply: Reply) -> Tracked | None:
        """The command that ``reply`` answers; None for a reply that nobody asked for."""
        unfinished = self._unfinished
        if unfinished is None:
            self._expect_each()
        answered = self._match(reply, unfinished)
        if answered:
            self._learn(answered, reply)
        if answered and not answered.early:  # an early refusal ends nothing: the rest of the message is still sent
            self.state = move(self.state, MESSAGE if answered.last else answered.verb, reply.code)
            if self.state is State.MESSAGE and any(item.verb == MESSAGE for item in self.awaited):
                self.state = State.READY  # the whole message was sent ahead of the 354
        if reply.code == 421:
            self.state = State.CLOSED
        return answered

    def _expect_each(self) -> None:
        """With LMTP, a reply for each recipient (RFC 2033 section 4.2), in the place of one to the message.

        Only now is it known which recipients were accepted: the message may have been sent ahead of their replies.
        """
        of = self.awaited[0] if self.awaited else None
        if of and of.last and self.lmtp and not of.recipient and self.recipients:
            each = enumerate(self.recipients)
            self.awaited[:1] = [of.replace(recipient=name, index=of.index + number) for number, name in each]

    @property
    def _unfinished(self) -> Tracked | None:
        """The message or chunk that is still being sent, where nothing before it is awaited."""
        if self._chunk and self.awaited[:1] == [self._chunk]:
            return self._chunk
        if self.state is State.MESSAGE and not self.awaited:
            return self._message or self._begin_message()
        return None

    def _match(self, reply: Reply, unfinished: Tracked | None) -> Tracked | None:
        if unfinished is None:
            return self.awaited.pop(0) if self.awaited else None
        if reply.kind not in (4, 5) or self._answered_early:
            return None
        self._answered_early = True
        self.awaited = [item for item in self.awaited if item is not unfinished]
        return unfinished.replace(early=True)

    def _learn(self, answered: Tracked, reply: Reply) -> None:
        """What the reply teaches about the session."""
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
            self._take_for_commands()
        elif reply.code == 235 and verb in ("AUTH", RESPONSE):
            self.logged_in = True
        elif reply.code == 334 and verb in ("AUTH", RESPONSE) and self.awaited and not self._chunk:
            # What was sent ahead of the challenge is the response to it, whatever it was meant to be.
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


def _recipient(line: str) -> str:
    from smtpscope.protocol.command import parse_path_argument

    return parse_path_argument(line.partition(" ")[2], "TO").path


def _chunk_of(line: str) -> tuple[int, bool]:
    """The size of a chunk, and whether it is the last one (RFC 3030 section 2); 0 for a size that is none."""
    words = line.upper().split()
    size = words[1] if len(words) > 1 and words[1].isascii() and words[1].isdigit() and len(words[1]) < 16 else "0"
    return int(size), words[2:3] == ["LAST"]


def _size_of_message(tail: bytes, octets: bytes) -> tuple[int, bool]:
    """How many of ``octets`` belong to the message, and whether it ends there; ``tail``: what was sent before them."""
    end = (tail + octets).find(b"\r\n.\r\n")  # only CRLF . CRLF ends it (RFC 5321 section 4.1.1.4)
    return (len(octets), False) if end < 0 else (end + 5 - len(tail), True)
