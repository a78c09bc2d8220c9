"""A dialogue that the console holds for the user, such as a login: its steps in turn, the replies as its answers."""

from __future__ import annotations

from functools import partial

from smtpscope.dialogue.step import Closed, HangUp, Send, Silence, StartTls, Tell
from smtpscope.protocol.tracking import State
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from smtpscope.console.connection import Wire
    from smtpscope.console.session import Session
    from smtpscope.dialogue.plan import Tls
    from smtpscope.dialogue.step import Answer, Dialogue
    from smtpscope.model.event import Event, Sent
    from smtpscope.net.clock import Clock

    class Holder(Protocol):
        """What a dialogue needs of the console that holds it."""

        session: Session
        clock: Clock
        wire: Wire | None

        def put(self, octets: bytes, record: Callable[[float], list[Sent]] | None = None) -> int: ...
        def emit(self, event: Event) -> None: ...
        def shake(self, tls: Tls, enforced: bool) -> Answer: ...
        def close(self) -> None: ...


class HeldDialogue:
    """``ended``: nothing more is to be done. ``question``: the exchange whose reply is the next answer."""

    def __init__(self, console: Holder, dialogue: Dialogue) -> None:
        self._console, self._dialogue = console, dialogue
        self.ended, self.question = False, 0

    def advance(self, answer: Answer | None = None) -> None:
        """Take the next steps, up to one whose reply must be awaited. Without ``answer``, the first.

        Raises TypeError for a step that the console cannot take, and ends the dialogue: without that step, everything
        that follows would be wrong.
        """
        following = answer
        try:
            while not self.ended:
                step = self._dialogue.send(following)  # type: ignore[arg-type]  # None begins a generator
                if isinstance(step, Send) and self._console.wire is not None:
                    self._send(step)
                    return
                following = self._take(step)
        except StopIteration:
            self.ended = True

    def _send(self, step: Send) -> None:
        record = partial(self._console.session.sent_command, line=step.line, shown=step.mask, secrets=step.secrets)
        self.question = self._console.put(step.line + b"\r\n", record)

    def _take(self, step: object) -> Answer:
        """Take a step that awaits no reply. As in a session of ``test``, Closed answers every step after the end."""
        console = self._console
        if isinstance(step, Tell):
            console.emit(console.session.stamp(console.clock.now(), step.event))
            return Silence(0)
        if console.wire is None:
            return Closed()
        if isinstance(step, HangUp):
            console.close()
            return Closed()
        if isinstance(step, StartTls):
            if step.when_agreed and console.session.place is not State.HANDSHAKE:
                return Silence(0)
            return console.shake(step.tls, step.enforced)
        self.ended = True
        raise TypeError(f"the console cannot take the step {type(step).__name__}")
