"""The front end for a pipe and for a dumb terminal: whole lines in, whole lines out."""

from __future__ import annotations

import os
import select
import sys

from smtpscope.console.talk import ESCAPE, Console
from smtpscope.errors import LocalError
from smtpscope.language import _
from smtpscope.protocol.phase import TIMEOUTS, Phase
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager

    from smtpscope.console.wire import Wire

PROMPT = "smtpscope> "

# Seconds between two looks at the clock.
BEAT = 0.25


class PlainFace:
    """Lines on standard output; a prompt where a person types."""

    leads = False

    def __init__(self, tty: bool) -> None:
        self.tty = tty

    def show(self, lines: Iterable[str]) -> None:
        """Write lines, whatever the encoding of the terminal can hold."""
        encoding = sys.stdout.encoding or "ascii"
        for line in lines:
            sys.stdout.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        sys.stdout.flush()

    def blocking(self) -> AbstractContextManager[None]:
        """Nothing to prepare: Ctrl-C is KeyboardInterrupt here."""
        from contextlib import nullcontext

        return nullcontext()

    def ask_secret(self, question: str) -> str:
        """Ask without echo; from a pipe the next line cannot be a secret, so nothing is read there."""
        if not self.tty:
            raise LocalError(_("auth asks for a secret: that needs a terminal"))
        from getpass import getpass

        return getpass(question)


class Input:
    """Standard input as lines, without waiting."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.ended = False
        self._rest = b""

    def read(self) -> list[str]:
        """The lines that are complete; at the end of the input the last one without its line end too."""
        octets = os.read(self.descriptor, 65536)
        self.ended = not octets
        lines = (self._rest + octets).split(b"\n")
        self._rest = b"" if self.ended else lines.pop()
        if self.ended and not lines[-1]:
            lines.pop()
        return [line.removesuffix(b"\r").decode("utf-8", "surrogateescape") for line in lines]


def run(console: Console, face: PlainFace, limit: float | None) -> None:
    """Read lines and let the console take them until it is done, or the input and everything awaited have come.

    ``limit``: seconds for every reply, in place of those of RFC 5321; from a terminal there is none.
    """
    source = Input(sys.stdin.fileno())
    prompted = ""
    while not console.done:
        prompted = _prompt(console, face, prompted)
        try:
            _turn(console, source, face.tty)
        except KeyboardInterrupt:
            _interrupt(console, face)
            prompted = ""
        if not face.tty:
            _watch(console, limit)
        if source.ended and not _busy(console):
            console.close()
            break


def _turn(console: Console, source: Input, tty: bool) -> None:
    """Wait for the next thing that happens: a line, something from the server, or the clock."""
    wanted: list[int | Wire] = [] if source.ended else [source.descriptor]
    if console.wire is not None:
        wanted.append(console.wire)
    ready, _out, _err = select.select(wanted, [], [], BEAT)
    if console.wire is not None and console.wire in ready:
        console.receive()
    if source.descriptor in ready:
        for line in source.read():
            if tty and line == ESCAPE:
                console.escape()
            else:
                console.take(line)
    console.tick()


def _busy(console: Console) -> bool:
    """Whether something is still to be sent or to come."""
    if console.wire is None:
        console.pump()
        return bool(console.queue) and not console.done
    leaving = console.session.state.phase is Phase.CLOSED
    return bool(console.queue) or bool(console.session.state.waiting) or leaving


def _watch(console: Console, limit: float | None) -> None:
    """From a pipe nobody sees that nothing comes: the time-outs of RFC 5321 hold."""
    allowed = limit or TIMEOUTS.get(console.session.awaited, TIMEOUTS[Phase.OTHER])
    if console.silence() > allowed:
        console.give_up(allowed)
        console.done = True


def _prompt(console: Console, face: PlainFace, before: str) -> str:
    """The client's prompt, once for each time that a line is wanted there."""
    wanted = PROMPT if face.tty and not console.in_session else ""
    state = f"{wanted}{len(console.events)}"
    if wanted and before != state:
        sys.stdout.write(wanted)
        sys.stdout.flush()
    return state


def _interrupt(console: Console, face: PlainFace) -> None:
    """Ctrl-C: from a pipe the end; else what is held is dropped, then to the client's prompt, then out."""
    from smtpscope.events import Interrupted

    dropped = console.drop_held()
    if face.tty and dropped:
        face.show(["", _("{count} lines dropped").format(count=dropped)])
    elif face.tty and console.in_session:
        face.show([""])
        console.escape()
    else:
        face.show([""])
        console.emit(Interrupted(console.clock.now(), console.session.state.phase))
        console.close()
        console.done = True
