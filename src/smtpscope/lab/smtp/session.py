"""The session that commands work on: what is known of the client, the rules that apply, and the replies.

The commands are in lab/smtp/verbs.py; lab/smtp/protocol.py reads them. ``state`` is the State of protocol/tracking.py;
protocol/order.py has the table of what must come before each command.
"""

from __future__ import annotations

from smtpscope.dialogue.message import format_date
from smtpscope.dialogue.plan import LMTP
from smtpscope.lab.options import Limits, Security, Service
from smtpscope.lab.scenario.model import OK, Action, Scenario
from smtpscope.lab.scenario.rules import Facts
from smtpscope.lab.scenario.triggers import for_address, rule_by_word, word_of_address
from smtpscope.lab.smtp.output import Output
from smtpscope.lab.smtp.transaction import Transaction
from smtpscope.model.event import Noted
from smtpscope.model.vocabulary import Topic
from smtpscope.protocol.order import NEEDS, Need
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.reply import ReplyReader, format_reply
from smtpscope.protocol.tracking import State
from smtpscope.protocol.xclient import UNAVAILABLE
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from smtpscope.lab.mail import Spool
    from smtpscope.lab.scenario.model import Rule
    from smtpscope.lab.scenario.rules import Memory
    from smtpscope.lab.smtp.content import EndReader
    from smtpscope.lab.smtp.personality import Personality
    from smtpscope.lab.store.recorder import Recorder
    from smtpscope.protocol.command import Line


# The reply for each thing that must come before a command, and for each command that is not allowed in a transaction.
_MISSING = {Need.HELLO: "hello-first", Need.SENDER: "need-mail", Need.RECIPIENT: "need-rcpt"}
_IN_TRANSACTION = {"MAIL": "sender-given", "AUTH": "auth-not-now", "XCLIENT": "xclient-not-now"}

# The stages where, with LMTP (RFC 2033), a rule chosen by a recipient's address is for that recipient only.
PER_RECIPIENT: tuple[str, ...] = ("delivery", "end-of-data")


class Site(Value):
    """What the sessions of one listener share. ``now`` gives seconds since the epoch.

    library  finds a scenario by name
    offers   functions that return further extensions for a session (STARTTLS, AUTH)
    """

    personality: Personality
    memory: Memory
    new_id: Callable[[], str]
    new_spool: Callable[[], Spool]
    now: Callable[[], float]
    scenario: Scenario = OK
    limits: Limits = Limits()
    security: Security = Security()
    service: Service = Service()
    library: Callable[[str], Scenario | None] = lambda name: None
    offers: tuple[Callable[[Session], Sequence[str]], ...] = ()


class Session:
    """One client's session. ``peer`` is the client's address for the rules, ``connected`` that of the connection."""

    def __init__(self, site: Site, peer: str, recorder: Recorder | None = None) -> None:
        self.site, self.peer, self.connected = site, peer, peer
        self.claimed: dict[str, str] = {}
        self.id = site.new_id()
        self.state = State.GREETING
        self.scenario: Scenario = site.scenario
        self.helo = self.named = ""
        self.login = self.tls = self.certificate = ""
        self.size = self.scenario.size or site.limits.size or site.personality.size
        self.capabilities: tuple[str, ...] = self._offered(None)
        self.transaction = Transaction()
        self.messages = 0
        self.response_handler: Callable[[Line], Output] | None = (
            None  # handles the next line instead of a command (AUTH)
        )
        self.line_limit = site.limits.command
        self.reader: EndReader | None = None
        self.chunk_left = self.chunk_size = 0
        self.chunk_last = False
        self._recorder = recorder
        self._date = format_date(site.now(), 0)
        self._errors = 0

    def start_over(self, tls: str) -> None:
        """Forget everything before the TLS handshake; ``tls`` is the TLS version (RFC 3207 section 4.2)."""
        self.helo = self.named = self.login = ""
        self.tls = tls
        self.capabilities = self._offered(None)
        if self.state is not State.GREETING:
            self.state = State.HELLO
        self.reset()

    def out_of_order(self, verb: str) -> str:
        """The reply that rejects ``verb`` in this state; empty if the command is allowed.

        The HELO attribute of XCLIENT counts as the EHLO of the client.
        """
        state = State.READY if self.helo and self.state in (State.GREETING, State.HELLO) else self.state
        need = NEEDS[verb].get(state)
        if need is None:
            return ""
        return _IN_TRANSACTION[verb] if need is Need.NO_TRANSACTION else _MISSING[need]

    def set_client(self, claimed: dict[str, str], by: str) -> None:
        """Use the client data ``claimed`` (by the names of XCLIENT); ``by`` is where they are from."""
        self.claimed = claimed
        address = claimed.get("ADDR", self.connected)
        self.peer = "unknown" if address in UNAVAILABLE else address
        if self._recorder:
            details = (("by", by), ("address", self.peer))
            self._recorder.add(Noted(self.site.now(), Phase.CONNECT, Topic.CLAIMED, details))

    def await_response(self, response_handler: Callable[[Line], Output], limit: int) -> None:
        """Handle the next line, of at most ``limit`` bytes, as a response instead of a command."""
        self.response_handler = response_handler
        self.line_limit = max(limit, self.site.limits.command)

    def reset(self) -> None:
        """Forget the transaction (RFC 5321 section 4.1.1.5)."""
        self.transaction.discard()
        self.transaction = Transaction()

    # Replies

    def reply_at(self, stage: str, word: str, lines: Sequence[str] = (), argument: str = "", **fields: str) -> Output:
        """The usual reply ``word``, unless a rule changes it. ``argument`` is the address or name of the command."""
        return self.apply(self.action(stage, argument), word, lines, argument=argument, **fields)

    def action(self, stage: str, argument: str = "") -> Action | None:
        """The action of the first rule that applies at ``stage``; None if there is none."""
        rules = (*self.transaction.rules, *self.scenario.rules)
        here = [rule for rule in rules if stage in rule.when.stages]
        if not here:
            return None
        facts = self._facts(stage, argument)
        return next((rule.then for rule in here if self.site.memory.applies(rule, facts)), None)

    def apply(
        self, action: Action | None, word: str, lines: Sequence[str] = (), argument: str = "", **fields: str
    ) -> Output:
        """The output of ``action``; with the usual reply ``word`` if the action does not change it."""
        usual = self.usual_reply(word, lines, argument=argument, **fields)
        if action is None:
            return usual
        usual = usual.replace(delay=action.delay, trickle=action.trickle)
        if action.usual:
            return usual
        end = "silence" if action.silent else action.end
        code, data = self._said_by(action, argument)
        return usual.replace(data=data, code=code, repeat=action.repeat, end=end)

    def _said_by(self, action: Action, argument: str) -> tuple[int, bytes]:
        if not action.code:
            replies = ReplyReader().feed(action.raw)
            return replies[0].code if replies else 0, action.raw  # the code that a client reads
        names = {**self._names(), "argument": argument}
        lines = [_fill(line, names) for line in action.lines]
        return action.code, self._encode(format_reply(action.code, lines))

    def reject(self, word: str, **fields: str) -> Output:
        """The reply ``word`` to a wrong command; at the limit of errors, the connection is closed."""
        self._errors += 1
        limit = self.site.limits.errors
        if limit and self._errors >= limit:
            return self.usual_reply("errors").replace(end="drop")
        return self.usual_reply(word, **fields)

    def usual_reply(self, word: str, lines: Sequence[str] = (), **fields: str) -> Output:
        """The reply ``word`` of the personality."""
        code, enhanced, text = self.site.personality.replies[word]
        shown = [_fill(text, {**self._names(), **fields}), *lines]
        return Output(self._encode(format_reply(code, shown, enhanced)), code)

    def announce(self, action: Action | None) -> list[str]:
        """The extensions in the reply to EHLO; from now on, only these can be used."""
        self.capabilities = self._offered(action)
        size = next((line.split(" ")[1] for line in self.capabilities if line.startswith("SIZE ")), "")
        if size.isascii() and size.isdigit():
            self.size = int(size) or self.site.personality.size
        return list(self.capabilities)

    def offers(self, extension: str) -> bool:
        """Whether ``extension`` was advertised."""
        return any(line.split(" ")[0] == extension for line in self.capabilities)

    def add_triggers(self, address: str, stage: str) -> None:
        """Add the rules of a trigger address to the transaction: one of its own, or those of a scenario."""
        word = word_of_address(address)
        rule = rule_by_word(word, stage)
        scenario = None if rule else self.site.library(word.lower())
        rules: tuple[Rule, ...] = (rule,) if rule else scenario.rules if scenario else ()
        stages = PER_RECIPIENT if self._speaks_lmtp and stage == "rcpt" else ("delivery",)
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
            argument if stage == "mail" else transaction.sender,
            (argument,) if argument and stage in ("rcpt", *PER_RECIPIENT) else accepted,
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
