"""The mail transactions that clients attempted in a session, and how each one ended.

The outcome is decided by ``diagnosis.outcome``, as that of a test: the list of a lab shows the same outcome as
``smtpscope test`` shows for the client.
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

# The states of a report that mean a rejection.
_REFUSALS = (Status.TEMPORARY, Status.PERMANENT, Status.PARTIAL)

# The goals of a session without MAIL. It is connected in any case, and a malformed PROXY header ends it before the
# banner.
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

# The goals that a client can leave unproven that only checks whether the server is there.
_TO_LOOK = (Goal.GREETED, Goal.HELLO)

# Shows whether a transaction is open: MAIL begins another one only where none is.
_NEXT = Sent(0.0, Phase.MAIL, b"MAIL FROM:<>", verb="MAIL")


class Attempt(Value):
    """One attempt to send a message.

    outcome     taken (accepted), refused (rejected with ``reply``), or broken (aborted: the client disconnected, or
                received no reply)
    recipients  all recipients of RCPT; with LMTP, after the replies to the message, each one has its own attempt
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
    """The attempts in a transcript, in order. A session without MAIL is one attempt, unless nothing in it failed.

    ``is_open``: the session has not ended. Then only the transactions count that are over.
    """
    reader = _Reader()
    for event in events:
        reader.take(event)
    return reader.so_far() if is_open else reader.finish()


class _Reader:
    """Splits a session into its transactions: each from MAIL to the next MAIL that can begin one."""

    def __init__(self) -> None:
        self.done: list[Attempt] = []
        self.cutter = Cutter()
        self.peer = self.helo = ""
        self.hello: list[Event] = []  # the last EHLO, HELO, or LHLO: it tells LMTP from SMTP
        self.part: list[Event] = []  # of this transaction; before the first one, of the session
        self.begun = False  # MAIL was received

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
        """A session without MAIL is an attempt if something failed in it."""
        report = _judge(self.part, _SESSION)
        wanted = report.outcome.claim.goal if report.outcome.claim else None
        looked = report.status is Status.OK or (report.status is Status.UNPROVEN and wanted in _TO_LOOK)
        if not looked or _is_left_waiting(self.part, {0}):  # 0: the connection itself, which the banner answers
            self.done.append(_whole(Attempt(self.part[0].at, self.peer, self.helo), report))


def _judge(events: list[Event], goals: tuple[Goal, ...]) -> ServerReport:
    """The report on ``events``, for the claims with these goals only."""
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
    """The attempt with the outcome for all recipients together."""
    named = tuple(result.recipient for result in report.recipients)
    refusal = report.reply if report.status in _REFUSALS else None
    return _decided(attempt.replace(recipients=named), report.accepted, refusal)


def _one(attempt: Attempt, result: RecipientResult) -> Attempt:
    """The attempt with the outcome for one recipient."""
    reply = result.reply
    refusal = reply if reply and reply.kind in (4, 5) else None
    return _decided(attempt.replace(recipients=(result.recipient,)), reply if result.accepted else None, refusal)


def _decided(attempt: Attempt, accepted: Reply | None, refusal: Reply | None) -> Attempt:
    if accepted:
        return attempt.replace(outcome=TAKEN, reply=_text(accepted))
    return attempt.replace(outcome=REFUSED, reply=_text(refusal)) if refusal else attempt


def _text(reply: Reply) -> str:
    return f"{reply.code} {reply.text}"
