"""One client's session, without I/O: octets in, outputs out. The state table of RFC 5321 section 4.1.4."""

from __future__ import annotations

import re

from smtpscope.lab.scenario import Action, Rule, Scenario, action_by_address
from smtpscope.protocol.body import DataReader
from smtpscope.protocol.command import (
    Command,
    Line,
    LineReader,
    PathArgument,
    check_notify,
    parse_command,
    parse_path_argument,
)
from smtpscope.protocol.path import check_helo
from smtpscope.protocol.reply import format_reply
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from smtpscope.lab.personality import Personality

# Octets of a command line: 512 and room for the parameters of the extensions (RFC 5321 section 4.5.3.1.4).
LINE_LIMIT = 4096
RECIPIENT_LIMIT = 1000
ERROR_LIMIT = 20

_MAIL_PARAMETERS = {"SIZE": "SIZE", "BODY": "8BITMIME", "SMTPUTF8": "SMTPUTF8", "RET": "DSN", "ENVID": "DSN"}
_RCPT_PARAMETERS = {"NOTIFY": "DSN", "ORCPT": "DSN"}


class Recipient(Value):
    """A recipient with its parameters (NOTIFY, ORCPT)."""

    address: str
    parameters: tuple[tuple[str, str], ...] = ()


class Mail(Value):
    """A message that was taken, with its envelope. ``content`` as it came, dot-stuffing undone."""

    id: str
    helo: str
    peer: str
    sender: str
    parameters: tuple[tuple[str, str], ...]
    recipients: tuple[Recipient, ...]
    content: bytes


class Output(Value):
    """What the server does next, in this order: wait, store ``mail``, send, close.

    ``refusal`` is sent in place of ``data`` when the mail cannot be stored.
    """

    data: bytes = b""
    delay: float = 0.0
    repeat: int = 1
    close: bool = False
    mail: Mail | None = None
    refusal: bytes = b""


class ServerSession:
    """Feed it octets, carry out its outputs. ``counts`` is shared by the sessions of a server (greylisting)."""

    def __init__(
        self,
        personality: Personality,
        scenario: Scenario,
        peer: str,
        date: str,
        new_id: Callable[[], str],
        counts: dict[tuple[str, ...], int],
    ) -> None:
        self._personality, self._scenario, self._peer, self._date = personality, scenario, peer, date
        self._new_id, self._counts = new_id, counts
        self._lines = LineReader(LINE_LIMIT)
        self._helo = ""
        self._errors = 0
        self._closed = False
        self._data: DataReader | None = None
        self._chunk_left = 0
        self._chunk_last = False
        self._chunk_size = 0
        self._sender: str | None = None
        self._parameters: tuple[tuple[str, str], ...] = ()
        self._recipients: list[Recipient] = []
        self._content = bytearray()
        self._size = 0

    def begin(self) -> list[Output]:
        """The greeting."""
        return list(self._answer("connect", "", "banner"))

    def receive(self, octets: bytes) -> list[Output]:
        """What follows from ``octets``, in order."""
        self._lines.feed(octets)
        outputs: list[Output] = []
        while not self._closed:
            if self._data or self._chunk_left:
                made = self._take_content()
            else:
                line = self._lines.next_line()
                made = None if line is None else list(self._command(line))
            if made is None:
                break
            outputs += made
            self._closed = any(output.close for output in made)
        return outputs

    def idle(self) -> Output:
        """The farewell to a client that says nothing."""
        return Output(self._word("idle"), close=True)

    @property
    def size(self) -> int:
        """The largest message taken, in octets."""
        return self._scenario.size or self._personality.size

    # What the client says

    def _command(self, line: Line) -> Iterator[Output]:
        if line.overlong:
            yield from self._complain("line-too-long")
            return
        command = parse_command(line.data)
        handler = _HANDLERS.get(command.verb)
        if handler is None:
            yield from self._complain("unknown")
        else:
            yield from handler(self, command)

    def _hello(self, command: Command) -> Iterator[Output]:
        if check_helo(command.argument):
            yield from self._complain("bad-name", argument=command.argument)
            return
        self._reset()
        self._helo = command.argument
        lines = self._capabilities() if command.verb == "EHLO" else []
        yield from self._answer(command.verb.lower(), command.argument, "hello", lines)

    def _capabilities(self) -> list[str]:
        offered = [name for name in self._personality.capabilities if name not in self._scenario.without]
        return [f"SIZE {self.size}" if name == "SIZE" else name for name in offered]

    def _mail(self, command: Command) -> Iterator[Output]:
        if not self._helo:
            yield from self._complain("hello-first")
            return
        if self._sender is not None:
            yield from self._complain("sender-given")
            return
        path = parse_path_argument(command.argument, "FROM")
        wrong = self._check_path(path, "bad-sender", _MAIL_PARAMETERS)
        if wrong:
            yield from self._complain(wrong[0], keyword=wrong[1])
            return
        for output in self._answer("mail", path.path, "sender-ok"):
            if output.data.startswith(b"2"):
                self._sender, self._parameters = path.path, path.parameters
            yield output

    def _rcpt(self, command: Command) -> Iterator[Output]:
        if self._sender is None:
            yield from self._complain("need-mail")
            return
        path = parse_path_argument(command.argument, "TO")
        wrong = self._check_path(path, "bad-recipient", _RCPT_PARAMETERS)
        if wrong:
            yield from self._complain(wrong[0], keyword=wrong[1])
            return
        if len(self._recipients) >= RECIPIENT_LIMIT:  # RFC 5321 section 4.5.3.1.10
            yield Output(self._word("too-many-recipients"))
            return
        for output in self._answer("rcpt", path.path, "recipient-ok"):
            if output.data.startswith(b"2"):
                self._recipients.append(Recipient(path.path, path.parameters))
            yield output

    def _check_path(self, path: PathArgument, bad: str, known: dict[str, str]) -> tuple[str, str] | None:
        """The word to refuse ``path`` with and the keyword that is wrong; None when it can be taken."""
        if path.fault:
            return bad, ""
        for keyword, value in path.parameters:
            if keyword not in known or known[keyword] in self._scenario.without:
                return "unknown-parameter", keyword
            if not _parameter_is_good(keyword, value):
                return "bad-parameter", keyword
            if keyword == "SIZE" and int(value) > self.size:  # RFC 1870 section 6.1
                return "too-large", keyword
        utf8 = "SMTPUTF8" in dict(path.parameters) or "SMTPUTF8" in dict(self._parameters)
        return None if path.path.isascii() or utf8 else ("not-utf8", "")

    def _start_data(self, command: Command) -> Iterator[Output]:
        if not self._recipients:
            yield from self._complain("need-rcpt" if self._sender is not None else "need-mail")
            return
        for output in self._answer("data", "", "start"):
            if output.data.startswith(b"3"):
                self._data = DataReader(self.size)
            yield output

    def _start_chunk(self, command: Command) -> Iterator[Output]:
        """BDAT (RFC 3030 section 2): the octets follow at once, whatever we answer, so they are always read."""
        size, _blank, last = command.argument.partition(" ")
        if not re.fullmatch(r"[0-9]{1,15}", size) or last.upper() not in ("", "LAST"):
            yield Output(self._word("bad-bdat"), close=True)  # where the octets end cannot be known
            return
        self._chunk_left, self._chunk_last = int(size), bool(last)
        self._chunk_size = int(size)
        if not self._chunk_left:
            yield from self._end_chunk()

    def _take_content(self) -> list[Output] | None:
        """Message octets, as they come. None: more are needed."""
        octets = self._lines.take_rest()
        if self._data:
            content, rest = self._data.feed(octets)
            self._content += content
            if rest is None:
                return None
            self._size, self._data = self._data.size, None
            self._lines.feed(rest)
            return list(self._end_message())
        if not octets:
            return None
        part, rest = octets[: self._chunk_left], octets[self._chunk_left :]
        self._chunk_left -= len(part)
        self._size += len(part)
        self._content += part[: max(self.size - len(self._content), 0)]
        self._lines.feed(rest)
        return list(self._end_chunk()) if not self._chunk_left else []

    def _end_chunk(self) -> Iterator[Output]:
        if not self._recipients:
            self._content.clear()
            yield from self._complain("need-rcpt" if self._sender is not None else "need-mail")
        elif self._chunk_last:
            yield from self._end_message()
        else:
            yield Output(self._word("chunk", octets=str(self._chunk_size)))

    def _end_message(self) -> Iterator[Output]:
        if self._size > self.size:
            yield Output(self._word("too-large"))
        else:
            mail = Mail(
                self._new_id(),
                self._helo,
                self._peer,
                self._sender or "",
                self._parameters,
                tuple(self._recipients),
                bytes(self._content),
            )
            for output in self._answer("end-of-data", mail.sender, "queued", id=mail.id):
                taken = output.data.startswith(b"2")
                refusal = self._word("cannot-store") if taken else b""
                yield output.replace(mail=mail if taken else None, refusal=refusal)
        self._reset()

    def _reset_command(self, command: Command) -> Iterator[Output]:
        self._reset()
        yield Output(self._word("reset"))

    def _noop(self, command: Command) -> Iterator[Output]:
        yield Output(self._word("noop"))

    def _verify(self, command: Command) -> Iterator[Output]:
        yield Output(self._word("verify", argument=command.argument))

    def _help(self, command: Command) -> Iterator[Output]:
        yield Output(self._word("help"))

    def _quit(self, command: Command) -> Iterator[Output]:
        yield Output(self._word("bye"), close=True)

    # What the server answers

    def _answer(
        self, stage: str, argument: str, word: str, lines: list[str] | None = None, **fields: str
    ) -> Iterator[Output]:
        """The usual word, unless a rule or the address asks for something else."""
        usual = Output(self._word(word, lines, **fields))
        action = self._action(stage, argument)
        if action is None:
            yield usual
        elif action.proceed:
            yield usual.replace(delay=action.delay)
        else:
            data = action.raw or (format_reply(action.code, action.lines, action.enhanced) if action.code else b"")
            yield Output(data, action.delay, action.repeat, action.close)

    def _action(self, stage: str, argument: str) -> Action | None:
        rule = next((rule for rule in self._scenario.rules if self._applies(rule, stage, argument)), None)
        if rule:
            return rule.action
        return action_by_address(argument) if stage in ("mail", "rcpt") else None

    def _applies(self, rule: Rule, stage: str, argument: str) -> bool:
        if rule.stage != stage or not re.search(rule.match, argument):
            return False
        if not rule.times:
            return True
        place = str(self._scenario.rules.index(rule))
        triplet = (self._peer, self._sender or "", argument) if rule.once_for_triplet else (str(id(self)),)
        self._counts[(place, *triplet)] = used = self._counts.get((place, *triplet), 0) + 1
        return used <= rule.times

    def _complain(self, word: str, **fields: str) -> Iterator[Output]:
        self._errors += 1
        if self._errors >= ERROR_LIMIT:
            yield Output(self._word("errors"), close=True)
        else:
            yield Output(self._word(word, None, **fields))

    def _word(self, word: str, /, lines: list[str] | None = None, **fields: str) -> bytes:
        code, enhanced, text = self._personality.words[word]
        common = {"host": self._personality.host, "peer": self._peer, "date": self._date}
        return format_reply(code, [text.format_map({**common, **fields}), *(lines or [])], enhanced)

    def _reset(self) -> None:
        """Forget the transaction (RFC 5321 section 4.1.1.5)."""
        self._sender, self._parameters = None, ()
        self._recipients, self._content, self._size = [], bytearray(), 0


def _parameter_is_good(keyword: str, value: str) -> bool:
    match keyword:
        case "SIZE":
            return value.isascii() and value.isdigit() and len(value) <= 20
        case "BODY":
            return value.upper() in ("7BIT", "8BITMIME")
        case "RET":
            return value.upper() in ("FULL", "HDRS")
        case "NOTIFY":
            return check_notify(value) == ""
        case "ORCPT":
            return ";" in value
    return bool(value) or keyword == "SMTPUTF8"


_HANDLERS: dict[str, Callable[[ServerSession, Command], Iterator[Output]]] = {
    "EHLO": ServerSession._hello,
    "HELO": ServerSession._hello,
    "MAIL": ServerSession._mail,
    "RCPT": ServerSession._rcpt,
    "DATA": ServerSession._start_data,
    "BDAT": ServerSession._start_chunk,
    "RSET": ServerSession._reset_command,
    "NOOP": ServerSession._noop,
    "VRFY": ServerSession._verify,
    "HELP": ServerSession._help,
    "QUIT": ServerSession._quit,
}
