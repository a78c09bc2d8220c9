"""Where a session stands, without I/O: what was sent and not answered, what the server can do, how a line is taken."""

from __future__ import annotations

from smtpscope.protocol.body import DataReader
from smtpscope.protocol.capability import NONE, Capabilities, parse_capabilities
from smtpscope.protocol.phase import Phase, advance, phase_of
from smtpscope.protocol.reply import Reply, ReplyReader
from smtpscope.protocol.secret import HIDDEN, mask, mask_octets
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smtpscope.console.settings import Settings

# Commands that need not be the last of a group (RFC 2920 section 3.1).
_GROUPED = ("MAIL", "RCPT", "RSET")

HEADER, BODY = "header", "body"


class Outgoing(Value):
    """Octets to send, and how they are shown: secrets masked, ``body`` for what belongs to a message."""

    octets: bytes
    shown: bytes
    phase: Phase
    body: bool = False
    masked: bool = False


class Heard(Value):
    """A reply, the command that it answers (secrets masked) and its phase; ``unasked``: nothing was sent for it."""

    reply: Reply
    command: str
    phase: Phase
    unasked: bool = False


class State(Value):
    """What the hints and the completion need to know. Frozen: a picture of a session.

    content     header or body while a message is typed, else empty
    challenged  the server waits for a response to its 334
    extended    EHLO was accepted (HELO: not)
    sender      the address that MAIL was accepted for; None: no transaction
    recipients  how many were accepted
    waiting     replies that are still to come
    headed      names of the header fields typed so far, in lower case
    """

    connected: bool = False
    phase: Phase = Phase.CLOSED
    announced: Capabilities = NONE
    extended: bool = False
    secure: bool = False
    logged_in: bool = False
    content: str = ""
    challenged: bool = False
    sender: str | None = None
    recipients: int = 0
    waiting: int = 0
    utf8: bool = False
    headed: tuple[str, ...] = ()
    banner: str = ""


class Session:
    """One connection: feed it what is typed and what comes; it says what goes out, and keeps the ``state``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._reader = ReplyReader()
        self._unanswered: list[str] = []
        self._chunk_left = 0
        self._content: list[bytes] = []
        self._message = b""
        self.state = State()

    def begin(self, secure: bool = False) -> None:
        """A connection stands, encrypted already or not: the banner is awaited."""
        self._reader, self._chunk_left = ReplyReader(), 0
        self._unanswered = [""]
        self.state = State(connected=True, phase=Phase.BANNER, secure=secure, waiting=1)

    def secure(self) -> None:
        """The handshake succeeded: what was learned before is forgotten (RFC 3207 section 4.2)."""
        self._reader = ReplyReader()
        self.state = State(connected=True, phase=Phase.EHLO, secure=True, banner=self.state.banner)

    def end(self) -> bytes:
        """The connection is gone. Returns what was received of an unfinished reply."""
        pending = self._reader.pending
        self._reader, self._unanswered, self._chunk_left = ReplyReader(), [], 0
        self.state = State()
        return pending

    @property
    def awaited(self) -> Phase:
        """The phase whose reply is awaited; that of the session where none is."""
        return self._phase_of(self._unanswered[0], False) if self._unanswered else self.state.phase

    @property
    def pending(self) -> bytes:
        """What was received of a reply that is not complete."""
        return self._reader.pending

    # What goes out

    def may_send(self) -> bool:
        """Whether the next line may go out now, or must wait for replies."""
        if not self._settings.wait or self.state.content or self._chunk_left:
            return True
        if self.state.phase is Phase.CLOSED:  # after QUIT the end is awaited, so that nothing typed behind it is lost
            return False
        if self._settings.pipelining:
            return all(_verb(command) in _GROUPED for command in self._unanswered)
        return not self._unanswered

    def say(self, line: str) -> Outgoing:
        """A typed line, exactly as it was typed."""
        data = line.encode("utf-8", "surrogateescape")
        octets = data + self._settings.line_end
        if self._chunk_left:
            self._chunk_left = max(self._chunk_left - len(octets), 0)
            return Outgoing(octets, octets, Phase.END_OF_DATA, body=True)
        if self._takes_content():
            return self._say_content(line, octets)
        shown = mask(data, self.state.challenged)
        command = shown.decode("utf-8", "surrogateescape")
        phase = self._phase_of(command, False)
        self._await(command)
        return Outgoing(octets, shown, phase, masked=shown != data)

    def command(self, line: bytes, shown: bytes = b"") -> Outgoing:
        """A command of a dialogue, always with CRLF; ``shown`` in its place where it holds a secret."""
        command = (shown or line).decode("utf-8", "surrogateescape")
        phase = self._phase_of(command, False)
        self._await(command)
        return Outgoing(line + b"\r\n", shown or line, phase, masked=bool(shown))

    def _takes_content(self) -> bool:
        """Whether what is sent now is read as a message. Sent at once behind DATA, it will be, if 354 comes."""
        return bool(self.state.content) or _verb("".join(self._unanswered[-1:])) == "DATA"

    def _say_content(self, line: str, octets: bytes) -> Outgoing:
        state = self.state
        if line == ".":
            self.state = state.replace(content="", headed=())
            self._message, self._content = b"".join(self._content), []
            self._await(".")
            return Outgoing(octets, octets, Phase.END_OF_DATA, body=True)
        self._content.append(octets.removeprefix(b"."))  # the server takes a first dot away (RFC 5321 section 4.5.2)
        if state.content == HEADER and not line:
            self.state = state.replace(content=BODY)
        elif state.content == HEADER and ":" in line:
            self.state = state.replace(headed=(*state.headed, line.partition(":")[0].strip().lower()))
        return Outgoing(octets, octets, Phase.END_OF_DATA, body=True)

    def send_message(self, octets: bytes) -> Outgoing:
        """A whole message, dot-stuffed, the lone dot at its end."""
        self.state = self.state.replace(content="", headed=())
        self._message, self._content = DataReader(len(octets)).feed(octets)[0], []
        self._await(".")
        return Outgoing(octets, octets, Phase.END_OF_DATA, body=True)

    def take_message(self) -> bytes:
        """The message that was just sent, as the server has it; empty where none was since this was asked last."""
        message, self._message = self._message, b""
        return message

    def throw(self, octets: bytes) -> Outgoing:
        """Octets as they are. Each line end in them may be answered."""
        body = bool(self.state.content)
        shown = octets if body else mask_octets(octets, self.state.challenged)
        if not body:
            for line in octets.split(b"\n")[:-1]:
                self._await(mask(line.removesuffix(b"\r"), self.state.challenged).decode("utf-8", "surrogateescape"))
        return Outgoing(octets, shown, Phase.END_OF_DATA if body else Phase.OTHER, body, shown != octets)

    def _await(self, command: str) -> None:
        self._unanswered.append(command)
        self.state = self.state.replace(waiting=len(self._unanswered), challenged=False)
        verb, _, rest = command.partition(" ")
        if verb.upper() == "DATA":
            self._content = []
        size = rest.partition(" ")[0]
        if verb.upper() == "BDAT" and size.isascii() and size.isdigit() and len(size) < 16:
            self._chunk_left = int(size)

    # What comes in

    def hear(self, octets: bytes) -> Iterator[Heard]:
        """The replies that ``octets`` complete; the state has moved on when each is given out."""
        for reply in self._reader.feed(octets):
            unasked = not self._unanswered
            command = "" if unasked else self._unanswered.pop(0)
            phase = self._phase_of(command, unasked)
            self._learn(reply, command, unasked)
            yield Heard(reply, command, phase, unasked)

    def _phase_of(self, command: str, unasked: bool) -> Phase:
        if unasked:
            return self.state.phase
        if not command and self.state.phase is not Phase.BANNER:  # an empty line, typed as it is
            return Phase.OTHER
        return Phase.AUTH if _is_response(command) else phase_of(_verb(command))

    def _learn(self, reply: Reply, command: str, unasked: bool) -> None:
        state = self.state.replace(waiting=len(self._unanswered), challenged=reply.code == 334)
        verb = _moves(command)
        if not unasked or reply.code == 421:
            state = state.replace(phase=advance(state.phase, verb, reply.code))
        if not unasked:
            state = _learn(state, verb, command, reply)
        if verb == "DATA" and "." in self._unanswered:  # sent at once: the message is out before 354 has come
            state = state.replace(content="")
        self.state = state


def _verb(command: str) -> str:
    return command.partition(" ")[0].upper()


def _is_response(command: str) -> bool:
    """Whether ``command`` was the response to a challenge: nothing of it is shown, or it gave the exchange up."""
    return command in (HIDDEN.decode(), "*")


def _moves(command: str) -> str:
    """The verb as the state table knows it: the last chunk is an end of data, a response to 334 has no verb."""
    verb = "" if _is_response(command) else _verb(command)
    return "." if verb == "BDAT" and command.upper().endswith(" LAST") else verb


def _learn(state: State, verb: str, command: str, reply: Reply) -> State:
    """What a reply to ``verb`` teaches about the session."""
    match verb, reply.kind:
        case "", 2 if not state.banner:
            return state.replace(banner=reply.text)
        case _, 2 if reply.code == 235:
            return state.replace(logged_in=True)
        case "EHLO" | "LHLO", 2:
            return _ended(state.replace(announced=parse_capabilities(reply), extended=True, phase=Phase.MAIL))
        case "HELO", 2:
            return _ended(state.replace(announced=NONE, extended=False, phase=Phase.MAIL))
        case "MAIL", 2:
            return state.replace(sender=command, recipients=0, utf8="SMTPUTF8" in command.upper())
        case "RCPT", 2:
            return state.replace(recipients=state.recipients + 1)
        case "DATA", 3:
            return state.replace(content=HEADER, headed=())
        case (".", _) | ("RSET", 2):
            return _ended(state)
    return state


def _ended(state: State) -> State:
    """No transaction is open (RFC 5321 section 4.1.1.5)."""
    return state.replace(sender=None, recipients=0, utf8=False)
