"""What clients tried: the mail transactions of a session, taken or not, read from its events."""

from __future__ import annotations

from smtpscope.model.event import Connected, Noted, Received
from smtpscope.model.vocabulary import Topic
from smtpscope.protocol.command import parse_command, parse_path_argument
from smtpscope.protocol.phase import Phase
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from smtpscope.model.event import Event

TAKEN, REFUSED, BROKEN = "taken", "refused", "broken"


class Attempt(Value):
    """One try to hand over a message.

    outcome     taken, refused (``reply`` says how) or broken: the client went away, or was left without an answer
    recipients  all that were named, or with LMTP the one that was answered for; ``at`` is seconds since the epoch
    """

    at: float
    peer: str
    helo: str = ""
    sender: str = ""
    recipients: tuple[str, ...] = ()
    outcome: str = BROKEN
    reply: str = ""


def attempts(events: Iterable[Event]) -> tuple[Attempt, ...]:
    """The attempts in a transcript, in order. A session without MAIL is one attempt, unless it asked nothing of us."""
    reader = _Reader()
    for event in events:
        reader.take(event)
    return reader.finish()


class _Reader:
    def __init__(self) -> None:
        self.done: list[Attempt] = []
        self.open = Attempt(0.0, "")
        self.begun = False  # MAIL was said

    def take(self, event: Event) -> None:
        if isinstance(event, Connected):
            self.open = Attempt(event.at, event.local.rpartition(":")[0].strip("[]"))
        elif isinstance(event, Noted) and event.topic is Topic.CLAIMED:
            self.open = self.open.replace(peer=dict(event.details)["address"])
        elif isinstance(event, Received):
            self._answered(event)

    def _answered(self, event: Received) -> None:
        command = parse_command(event.command.encode("utf-8", "surrogateescape"))
        if command.verb in ("EHLO", "HELO", "LHLO"):
            self.open = self.open.replace(helo=command.argument)
        elif command.verb == "MAIL":
            self._begin(event.at, parse_path_argument(command.argument, "FROM").path)
        elif command.verb == "RCPT":
            path = parse_path_argument(command.argument, "TO").path
            self.open = self.open.replace(recipients=(*self.open.recipients, path))
        if event.reply.kind in (4, 5) and not self._follows(event.reply.code):
            self.open = self.open.replace(outcome=REFUSED, reply=f"{event.reply.code} {event.reply.text}")
        if event.phase is Phase.END_OF_DATA and command.verb in (".", "BDAT"):
            size_and_last = command.argument.upper().partition(" <")[0]
            self._end_of_data(event, last=command.verb == "." or size_and_last.endswith("LAST"))

    def _follows(self, code: int) -> bool:
        """Whether a refusal only follows from one before: 503 to what was sent ahead says nothing new."""
        return code == 503 and self.open.outcome == REFUSED

    def _begin(self, at: float, sender: str) -> None:
        self.finish()
        self.begun = True
        self.open = Attempt(at, self.open.peer, self.open.helo, sender)

    def _end_of_data(self, event: Received, last: bool) -> None:
        if "<" in event.command:
            self._end_for_one(event)
        elif last and event.reply.kind == 2:
            reply = f"{event.reply.code} {event.reply.text}"
            self.done.append(self.open.replace(outcome=TAKEN, reply=reply))
            self.open, self.begun = Attempt(event.at, self.open.peer, self.open.helo), False

    def _end_for_one(self, event: Received) -> None:
        """LMTP answers for each recipient (RFC 2033 section 4.2): each is an attempt."""
        recipient = event.command[event.command.index("<") + 1 : event.command.rindex(">")]
        outcome = {2: TAKEN, 4: REFUSED, 5: REFUSED}.get(event.reply.kind, BROKEN)
        reply = f"{event.reply.code} {event.reply.text}"
        self.done.append(self.open.replace(recipients=(recipient,), outcome=outcome, reply=reply))
        self.open, self.begun = self.open.replace(outcome=BROKEN, reply=""), False

    def finish(self) -> tuple[Attempt, ...]:
        if self.begun or self.open.outcome == REFUSED:
            self.done.append(self.open)
        self.open, self.begun = Attempt(self.open.at, self.open.peer, self.open.helo), False
        return tuple(self.done)
