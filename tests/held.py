"""A dialogue held without a network: what it sends, what comes, and the events of both."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from smtpscope.dialogue.step import Step
from smtpscope.engine.clock import StoppedClock
from smtpscope.engine.exchange import exchange
from smtpscope.engine.request import Poll, Read, Trouble, Write
from smtpscope.model.event import Event
from smtpscope.model.vocabulary import FailureKind
from smtpscope.protocol.phase import TIMEOUTS, Phase

if TYPE_CHECKING:
    from smtpscope.dialogue.step import Answer
    from smtpscope.engine.request import Request

Brought: TypeAlias = bytes | Trouble | KeyboardInterrupt

TIMEOUT = Trouble(FailureKind.TIMEOUT, "nothing came")
RESET = Trouble(FailureKind.RESET, "Connection reset by peer")


class Held:
    """What came of a dialogue: its answers, the events, what was asked of the driver."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.events: list[Event] = []
        self.requests: list[Request] = []

    @property
    def written(self) -> bytes:
        """Everything that went out."""
        return b"".join(request.data for request in self.requests if isinstance(request, Write))

    @property
    def names(self) -> list[str]:
        """The kinds of the events, in order."""
        return [type(event).__name__ for event in self.events]

    def of(self, kind: type[Event]) -> list[Event]:
        """The events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]


def dialogue_of(steps: Sequence[Step]) -> Generator[Step, Answer, None]:
    """A dialogue that says ``steps``, whatever comes."""
    for step in steps:  # noqa: UP028 - each is sent an answer, which a list cannot take
        yield step


def hold(
    dialogue: Generator[Step, Answer, None],
    network: Iterable[Brought],
    limits: Mapping[Phase, float] = TIMEOUTS,
    refuse: Trouble | None = None,
    patience: float = 0.0,
    ahead: Mapping[int, bytes] | None = None,
) -> Held:
    """Hold ``dialogue``.

    network  what each Read brings, then the end of the connection
    refuse   what each Write brings
    ahead    what the Poll behind so many writes finds: what has come before anybody asked for it
    """
    held = Held()
    clock = StoppedClock(1000.0)
    talk = exchange(_kept(dialogue, held), "192.0.2.1:25", limits, clock, patience=patience)
    driver = _Driver(iter(network), clock, refuse, dict(ahead or {}))
    outcome: Brought | None = None
    try:
        while True:
            item = talk.throw(outcome) if isinstance(outcome, KeyboardInterrupt) else talk.send(outcome)
            outcome = None
            if isinstance(item, Event):
                held.events.append(item)
            else:
                held.requests.append(item)
                outcome = driver.carry_out(item)
    except StopIteration:
        return held


def _kept(dialogue: Generator[Step, Answer, None], held: Held) -> Generator[Step, Answer, None]:
    """The same dialogue, with its answers kept."""
    step = next(dialogue, None)
    while step is not None:
        answer = yield step
        held.answers.append(answer)
        try:
            step = dialogue.send(answer)
        except StopIteration:
            return


class _Driver:
    def __init__(
        self, arriving: Iterable[Brought], clock: StoppedClock, refuse: Trouble | None, ahead: dict[int, bytes]
    ) -> None:
        self.arriving, self.clock, self.refuse, self.ahead = iter(arriving), clock, refuse, ahead
        self.writes = 0

    def carry_out(self, request: Request) -> Brought | None:
        match request:
            case Write():
                self.writes += 1
                return self.refuse
            case Poll():
                return self.ahead.pop(self.writes, None)
            case Read(limit=limit):
                brought = next(self.arriving, b"")
                if not isinstance(brought, KeyboardInterrupt):
                    self.clock.advance(limit if isinstance(brought, Trouble) else 0.5)
                return brought
        return None
