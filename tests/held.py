"""A dialogue held without a network: what it sends, what comes, and the events of both."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from smtpscope.dialogue.step import Step
from smtpscope.model.event import Event
from smtpscope.model.vocabulary import FailureKind
from smtpscope.net.client import run_session
from smtpscope.net.clock import StoppedClock
from smtpscope.net.request import Poll, Read, Trouble, Write
from smtpscope.protocol.phase import TIMEOUTS, Phase

if TYPE_CHECKING:
    from smtpscope.dialogue.step import Answer
    from smtpscope.net.request import Request

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


class Driver:
    """Carries out what an exchange asks for: a network whose every answer is given."""

    def __init__(
        self,
        network: Iterable[Brought],
        clock: StoppedClock,
        refuse: Trouble | None = None,
        ahead: Mapping[int, bytes] | None = None,
    ) -> None:
        self.arriving, self.clock, self.refuse, self.ahead = iter(network), clock, refuse, dict(ahead or {})
        self.writes = 0

    def write(self, data: bytes) -> Brought | None:
        """What comes of a write."""
        self.writes += 1
        return self.refuse

    def poll(self) -> Brought | None:
        """What has come before anybody asked for it."""
        return self.ahead.pop(self.writes, None)

    def read(self) -> Brought:
        """What comes next; at last the end of the connection."""
        return next(self.arriving, b"")

    def carry_out(self, request: Request) -> Brought | None:
        """What comes of a request."""
        match request:
            case Write(data=data):
                return self.write(data)
            case Poll():
                return self.poll()
            case Read(limit=limit):
                brought = self.read()
                if not isinstance(brought, KeyboardInterrupt):
                    self.clock.advance(limit if isinstance(brought, Trouble) else 0.5)
                return brought
        return None


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
    clock = StoppedClock(1000.0)
    return hold_with(dialogue, Driver(network, clock, refuse, ahead), clock, limits, patience)


def hold_with(
    dialogue: Generator[Step, Answer, None],
    driver: Driver,
    clock: StoppedClock,
    limits: Mapping[Phase, float] = TIMEOUTS,
    patience: float = 0.0,
) -> Held:
    """Hold ``dialogue`` over ``driver``."""
    held = Held()
    session = run_session(_kept(dialogue, held), "192.0.2.1:25", limits, clock, patience=patience)
    outcome: Brought | None = None
    try:
        while True:
            item = session.throw(outcome) if isinstance(outcome, KeyboardInterrupt) else session.send(outcome)
            outcome = None
            if isinstance(item, Event):
                held.events.append(item)
            else:
                held.requests.append(item)
                outcome = driver.carry_out(item)
    except (StopIteration, KeyboardInterrupt):  # the second one, during the farewell, ends it as in net/client.py
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
