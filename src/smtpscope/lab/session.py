"""One client's session, without I/O: octets in, outputs out. The state table of RFC 5321 section 4.1.4.

The verbs are in lab/commands.py; this is what they stand on: lines and message octets told apart, rules looked up,
words spoken in the voice of the personality.
"""

from __future__ import annotations

from smtpscope.dialogue.message import format_date
from smtpscope.dialogue.plan import LMTP
from smtpscope.events import Noted
from smtpscope.lab.commands import VERBS, end_chunk, end_message
from smtpscope.lab.content import Content
from smtpscope.lab.lmtp import PERSONAL
from smtpscope.lab.memory import Facts
from smtpscope.lab.output import Output
from smtpscope.lab.scenario import Action
from smtpscope.lab.transaction import Transaction
from smtpscope.lab.wishes import for_address, rule_by_word, word_of_address
from smtpscope.protocol.command import Line, LineReader, parse_command
from smtpscope.protocol.phase import Phase, phase_of
from smtpscope.protocol.reply import format_reply
from smtpscope.protocol.xclient import UNAVAILABLE
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from smtpscope.lab.content import EndReader
    from smtpscope.lab.output import Site
    from smtpscope.lab.recorder import Recorder
    from smtpscope.lab.scenario import Rule, Scenario


class ServerSession:
    """Feed it octets, carry out its outputs, each before the next is asked for."""

    def __init__(self, site: Site, peer: str, recorder: Recorder | None = None) -> None:
        self.site, self.peer, self.connected = site, peer, peer
        self.claimed: dict[str, str] = {}
        self.id = site.new_id()
        self.scenario: Scenario = site.scenario
        self.helo = self.named = ""
        self.login = self.tls = self.certificate = ""
        self.size = self.scenario.size or site.limits.size or site.personality.size
        self.capabilities: tuple[str, ...] = self._offered(None)
        self.transaction = Transaction()
        self.messages = 0
        self.answering: Callable[[Line], Output] | None = None  # takes the next line in place of the commands (AUTH)
        self.reader: EndReader | None = None
        self.chunk_left = self.chunk_size = 0
        self.chunk_last = False
        self._recorder = recorder
        self._date = format_date(site.now(), 0)
        self._lines = LineReader(site.limits.command)
        self._phase, self._said = Phase.BANNER, ""
        self._errors = 0
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

    def start_over(self, tls: str) -> None:
        """Forget everything that was said: from here on it is encrypted, in version ``tls`` (RFC 3207 section 4.2)."""
        self.helo = self.named = self.login = ""
        self.tls = tls
        self.capabilities = self._offered(None)
        self.reset()

    def believe(self, claimed: dict[str, str], by: str) -> None:
        """Take the client for the one that is ``claimed`` (by the names of XCLIENT); ``by`` says who does."""
        self.claimed = claimed
        address = claimed.get("ADDR", self.connected)
        self.peer = "unknown" if address in UNAVAILABLE else address
        if self._recorder:
            details = (("by", by), ("address", self.peer))
            self._recorder.add(Noted(self.site.now(), Phase.CONNECT, "claimed", details))

    def ask(self, answering: Callable[[Line], Output], limit: int) -> None:
        """Take the next line, of at most ``limit`` octets, as an answer instead of a command."""
        self.answering = answering
        self._lines.limit = max(limit, self.site.limits.command)

    def reset(self) -> None:
        """Forget the transaction (RFC 5321 section 4.1.1.5)."""
        self.transaction.discard()
        self.transaction = Transaction()

    # What the client says

    def _end_with(self, output: Output) -> Output:
        self._closed = self._closed or bool(output.end)
        return output

    def _take_line(self, line: Line) -> Output | None:
        command = parse_command(line.data)
        self._phase, self._said = phase_of(command.verb), command.line
        secret = self.answering is not None or (command.verb == "AUTH" and " " in command.argument)
        if secret:
            self._phase = Phase.AUTH
            self._said = "*" if self.answering else f"AUTH {command.argument.split(' ')[0]} ********"
        if self._recorder:
            data = self._said.encode("utf-8", "surrogateescape") if secret else line.data
            self._recorder.sent(self._phase, data + line.ending.replace(b"\r\n", b""), secret)
        answering, self.answering = self.answering, None
        self._lines.limit = self.site.limits.command
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

    # What the server answers

    def answer(self, stage: str, word: str, lines: Sequence[str] = (), argument: str = "", **fields: str) -> Output:
        """The usual word, unless a rule or an address asks for something else. ``argument``: the address concerned."""
        return self.carry_out(self.action(stage, argument), word, lines, argument=argument, **fields)

    def action(self, stage: str, argument: str = "") -> Action | None:
        """What the first rule that applies at ``stage`` asks for."""
        rules = (*self.transaction.rules, *self.scenario.rules)
        here = [rule for rule in rules if stage in rule.when.stages]
        if not here:
            return None
        facts = self._facts(stage, argument)
        return next((rule.then for rule in here if self.site.memory.applies(rule, facts)), None)

    def carry_out(
        self, action: Action | None, word: str, lines: Sequence[str] = (), argument: str = "", **fields: str
    ) -> Output:
        """Do ``action``, or speak ``word`` where it asks for no other answer."""
        usual = self.speak(word, lines, argument=argument, **fields)
        if action is None:
            return usual
        usual = usual.replace(delay=action.delay, trickle=action.trickle)
        if action.usual:
            return usual
        end = "silence" if action.silent else action.end
        return usual.replace(data=self._said_by(action, argument), repeat=action.repeat, end=end)

    def _said_by(self, action: Action, argument: str) -> bytes:
        if not action.code:
            return action.raw
        names = {**self._names(), "argument": argument}
        lines = [_fill(line, names) for line in action.lines]
        return self._encode(format_reply(action.code, lines))

    def complain(self, word: str, **fields: str) -> Output:
        """A command was wrong: say so, and lose patience at the limit."""
        self._errors += 1
        limit = self.site.limits.errors
        if limit and self._errors >= limit:
            return self.speak("errors").replace(end="drop")
        return self.speak(word, **fields)

    def speak(self, word: str, lines: Sequence[str] = (), **fields: str) -> Output:
        """``word`` in the voice of the personality."""
        code, enhanced, text = self.site.personality.words[word]
        shown = [_fill(text, {**self._names(), **fields}), *lines]
        return Output(self._encode(format_reply(code, shown, enhanced)), self._phase, self._said)

    def announce(self, action: Action | None) -> list[str]:
        """The capability lines of the answer to EHLO; from now on only these can be used."""
        self.capabilities = self._offered(action)
        size = next((line.split(" ")[1] for line in self.capabilities if line.startswith("SIZE ")), "")
        if size.isascii() and size.isdigit():
            self.size = int(size) or self.site.personality.size
        return list(self.capabilities)

    def offers(self, extension: str) -> bool:
        """Whether ``extension`` was announced."""
        return any(line.split(" ")[0] == extension for line in self.capabilities)

    def add_wishes(self, address: str, stage: str) -> None:
        """Take the rules that an address asks for into the transaction: its own, or those of a scenario."""
        word = word_of_address(address)
        rule = rule_by_word(word, stage)
        scenario = None if rule else self.site.library(word.lower())
        rules: tuple[Rule, ...] = (rule,) if rule else scenario.rules if scenario else ()
        stages = PERSONAL if self._speaks_lmtp and stage == "rcpt" else ("delivery",)
        self.transaction.rules = (*(for_address(rule, address, stages) for rule in rules), *self.transaction.rules)

    @property
    def _speaks_lmtp(self) -> bool:
        return self.site.service.protocol == LMTP

    def _offered(self, action: Action | None) -> tuple[str, ...]:
        scenario = self.scenario
        lines = [f"SIZE {self.size}" if name == "SIZE" else name for name in self.site.personality.capabilities]
        lines += [line for offer in self.site.offers for line in offer(self)]
        added = (*scenario.announce, *(action.announce if action else ()))
        left_out = {*scenario.without, *(action.without if action else ()), *(line.split(" ")[0] for line in added)}
        return (*(line for line in lines if line.split(" ")[0] not in left_out), *added)

    def _facts(self, stage: str, argument: str) -> Facts:
        transaction = self.transaction
        accepted = tuple(recipient.address for recipient in transaction.recipients)
        content = transaction.content
        return Facts(
            stage,
            self.id,
            self.peer,
            self.named,
            argument if stage == "mail" else transaction.sender or "",
            (argument,) if argument and stage in ("rcpt", *PERSONAL) else accepted,
            len(accepted),
            content.text if content else "",
            self.messages,
            content.size if content else 0,
            bool(self.tls),
            self.login,
        )

    def _names(self) -> dict[str, str]:
        protocol = "LMTP" if self._speaks_lmtp else "ESMTP"
        return {"host": self.site.personality.host, "peer": self.peer, "date": self._date, "protocol": protocol}

    def _encode(self, reply: bytes) -> bytes:
        return reply.replace(b"\r\n", b"\n") if self.scenario.bare_lf else reply


def _fill(text: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        text = text.replace("{" + name + "}", value)
    return text
