"""What clients tried: the mail transactions of a session, and how each ended.

A transaction is judged by ``diagnosis.outcome``, as a test is: what the list of a lab says of a session is what
``smtpscope test`` said to the client.
"""

from __future__ import annotations

from smtpscope.diagnosis.inference import infer_claims
from smtpscope.diagnosis.outcome import judge_server
from smtpscope.diagnosis.transaction import Cutter
from smtpscope.model.claim import Goal
from smtpscope.model.event import Connected, Noted, Planned, Received, Sent
from smtpscope.model.report import Status
from smtpscope.model.vocabulary import Topic
from smtpscope.protocol.command import HELLOS, parse_command, parse_path_argument
from smtpscope.protocol.endpoint import host_of
from smtpscope.protocol.phase import Phase
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from smtpscope.model.event import Event
    from smtpscope.model.report import RecipientResult, ServerReport
    from smtpscope.protocol.reply import Reply

TAKEN, REFUSED, BROKEN = "taken", "refused", "broken"

# How a report says that the server refused.
_REFUSALS = (Status.TEMPORARY, Status.PERMANENT, Status.PARTIAL)

# What a session without MAIL is about, on the way to it. That it was connected is known here, and a PROXY header that
# is none ends it before the greeting.
_SESSION = (
    Goal.GREETED,
    Goal.ENCRYPTED,
    Goal.HELLO,
    Goal.XCLIENT,
    Goal.LOGGED_IN,
    Goal.RECIPIENT,
    Goal.DATA,
    Goal.MESSAGE,
)
_TRANSACTION = (Goal.SENDER, Goal.RECIPIENT, Goal.MESSAGE)

# What a client may leave open that only asks whether somebody is there.
_TO_LOOK = (Goal.GREETED, Goal.HELLO)

# Shows whether a transaction is open: MAIL begins another one only where none is.
_NEXT = Sent(0.0, Phase.MAIL, b"MAIL FROM:<>", verb="MAIL")


class Attempt(Value):
    """One try to hand over a message.

    outcome     taken, refused (``reply`` says how) or broken: the client went away, or was left without an answer
    recipients  all that were named; with LMTP, once the message was answered, each has an attempt of its own
    at          seconds since the epoch
    """

    at: float
    peer: str
    helo: str = ""
    sender: str = ""
    recipients: tuple[str, ...] = ()
    outcome: str = BROKEN
    reply: str = ""


def attempts(events: Iterable[Event], is_open: bool = False) -> tuple[Attempt, ...]:
    """The attempts in a transcript, in order. A session without MAIL is one attempt, unless it asked nothing of us.

    ``is_open``: the session has not ended. Then only the transactions count that are over.
    """
    reader = _Reader()
    for event in events:
        reader.take(event)
    return reader.so_far() if is_open else reader.finish()


class _Reader:
    """Cuts a session into its transactions: each from MAIL to the next MAIL that may begin one."""

    def __init__(self) -> None:
        self.done: list[Attempt] = []
        self.cutter = Cutter()
        self.peer = self.helo = ""
        self.hello: list[Event] = []  # the last hello: it tells LMTP from SMTP
        self.part: list[Event] = []  # of this transaction; before the first one, of the session
        self.begun = False  # MAIL was said

    def take(self, event: Event) -> None:
        if isinstance(event, Connected):
            self.peer = host_of(event.local)
        elif isinstance(event, Noted) and event.topic is Topic.CLAIMED:
            self.peer = dict(event.details)["address"]
        elif isinstance(event, Sent) and event.verb in HELLOS:
            self.hello, self.helo = [event], parse_command(event.data).argument
        if self.cutter.begins(event):
            self.end_transaction()
            self.begun, self.part = True, []
        self.part.append(event)

    def so_far(self) -> tuple[Attempt, ...]:
        """The last transaction is over when the next MAIL would begin another one, and every reply has come."""
        if self.cutter.begins(_NEXT) and not _is_left_waiting(self.part, set()):
            self.end_transaction()
        return tuple(self.done)

    def finish(self) -> tuple[Attempt, ...]:
        if self.begun:
            self.end_transaction()
        elif self.part:
            self.end_session()
        return tuple(self.done)

    def end_transaction(self) -> None:
        if not self.begun:
            return
        first, tail = self.part[0], self.part
        assert isinstance(first, Sent)
        sender = parse_path_argument(parse_command(first.data).argument, "FROM").path
        report = _judge([*self.hello, *tail], _TRANSACTION)
        attempt = Attempt(first.at, self.peer, self.helo, sender)
        if any(isinstance(event, Received) and event.last and event.recipient for event in tail):
            self.done += (_one(attempt, result) for result in report.recipients)  # LMTP (RFC 2033 section 4.2)
        else:
            self.done.append(_whole(attempt, report))

    def end_session(self) -> None:
        """Nobody said MAIL: an attempt where the client wanted something and did not get it."""
        report = _judge(self.part, _SESSION)
        wanted = report.outcome.claim.goal if report.outcome.claim else None
        looked = report.status is Status.OK or (report.status is Status.UNPROVEN and wanted in _TO_LOOK)
        if not looked or _is_left_waiting(self.part, {0}):  # 0: the connection itself, which the banner answers
            self.done.append(_whole(Attempt(self.part[0].at, self.peer, self.helo), report))


def _judge(events: list[Event], goals: tuple[Goal, ...]) -> ServerReport:
    """The report on ``events``, as far as it is about ``goals``."""
    claims = [claim for claim in infer_claims(events) if claim.goal in goals]
    return judge_server([Planned(events[0].at, "", tuple(claims)), *events], "")


def _is_left_waiting(events: Iterable[Event], asked: set[int]) -> bool:
    """Whether a command, or one of the exchanges ``asked`` before, has no reply."""
    for event in events:
        if isinstance(event, Sent):
            asked.add(event.exchange)
        elif isinstance(event, Received):
            asked.discard(event.exchange)
    return bool(asked)


def _whole(attempt: Attempt, report: ServerReport) -> Attempt:
    """The attempt, for all recipients in common."""
    named = tuple(result.recipient for result in report.recipients)
    refusal = report.reply if report.status in _REFUSALS else None
    return _decided(attempt.replace(recipients=named), report.accepted, refusal)


def _one(attempt: Attempt, result: RecipientResult) -> Attempt:
    """The attempt for one recipient."""
    reply = result.reply
    refusal = reply if reply and reply.kind in (4, 5) else None
    return _decided(attempt.replace(recipients=(result.recipient,)), reply if result.accepted else None, refusal)


def _decided(attempt: Attempt, accepted: Reply | None, refusal: Reply | None) -> Attempt:
    if accepted:
        return attempt.replace(outcome=TAKEN, reply=_text(accepted))
    return attempt.replace(outcome=REFUSED, reply=_text(refusal)) if refusal else attempt


def _text(reply: Reply) -> str:
    return f"{reply.code} {reply.text}"
