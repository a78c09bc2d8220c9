"""A run: events as they happen, what each refusal means, and the report at the end."""

from __future__ import annotations

from smtpscope.diagnosis.interpret import Interpreter
from smtpscope.diagnosis.outcome import judge
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TypeAlias

    from smtpscope.diagnosis.interpret import Explained
    from smtpscope.dialogue.plan import Plan
    from smtpscope.lab.server import Lab
    from smtpscope.model.event import Event
    from smtpscope.model.report import Report

    # What holds a session: given its plan, and the lab where one is the server.
    Hold: TypeAlias = Callable[[Plan, Lab | None], "Run"]


class Run:
    """Iterate over it once for the events; then ``report`` has the result.

    ``folders`` have further entries of the catalogue. A run goes only as far as its events are read, and ``close`` ends
    it early.
    """

    def __init__(self, events: Iterator[Event], folders: Sequence[str] = ()) -> None:
        self.events: list[Event] = []
        self.said: Explained | None = None  # what the latest event means, where it is a rejection
        self._source = events
        self._judged: tuple[int, Report] | None = None  # with how many events
        self._interpreter = Interpreter(folders)

    def __iter__(self) -> Iterator[Event]:
        for event in self._source:
            self.add(event)
            yield event

    @property
    def refused(self) -> list[Explained]:
        """Every rejection and failure so far, with what it means."""
        return self._interpreter.refused

    def add(self, event: Event, every: bool = False) -> None:
        """Add an event that is not from the source, such as an interruption.

        ``every``: it is explained even if nothing was rejected, as far as possible.
        """
        self.events.append(event)
        self.said = self._interpreter.take(event, every)

    def close(self) -> None:
        """End the run and close its connection."""
        close = getattr(self._source, "close", None)
        if close:
            close()

    @property
    def report(self) -> Report:
        """What the events so far prove, with the explanation of what went wrong."""
        count = len(self.events)
        if self._judged is None or self._judged[0] != count:
            self._judged = count, self._interpreter.explain(judge(self.events))
        return self._judged[1]
