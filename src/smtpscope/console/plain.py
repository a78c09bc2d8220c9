"""The front end for a pipe and for a dumb terminal: whole lines in, whole lines out."""

from __future__ import annotations

import os
import sys

from smtpscope.console.console import Console
from smtpscope.console.queue import ESCAPE
from smtpscope.errors import LocalError
from smtpscope.language import _, fill
from smtpscope.model.vocabulary import Signal
from smtpscope.net.signals import INTERRUPTIBLE, signal_name
from smtpscope.net.system import wait_readable
from smtpscope.protocol.phase import TIMEOUTS, Phase
from smtpscope.protocol.tracking import State
from smtpscope.render.visible import writable
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager

    from smtpscope.console.connection import Wire

PROMPT = "smtpscope> "

# Seconds between two looks at the clock.
BEAT = 0.25


class PlainFrontEnd:
    """Lines on standard output; a prompt where a person types (``tty``)."""

    leads = False

    def __init__(self, tty: bool) -> None:
        self.tty = tty
        self.echoes = tty  # the terminal has shown already what was typed
        self._prompted = False

    def columns(self) -> int:
        """The width of the terminal; 0 where the output is none."""
        try:
            return os.get_terminal_size(sys.stdout.fileno()).columns
        except (OSError, ValueError):
            return 0

    def show(self, lines: Iterable[str]) -> None:
        """Write lines, whatever the encoding of the terminal can hold."""
        for line in lines:
            start = "\n" if self._prompted else ""
            self._prompted = False
            sys.stdout.write(start + writable(line, sys.stdout.encoding) + "\n")
        sys.stdout.flush()

    def prompt(self, wanted: bool) -> None:
        """Show the client's prompt where a command is wanted and it does not stand there yet."""
        if wanted and self.tty and not self._prompted:
            sys.stdout.write(PROMPT)
            sys.stdout.flush()
            self._prompted = True

    def entered(self) -> None:
        """A line was typed: the prompt is behind it, on a line of its own."""
        self._prompted = False

    def hide(self, secret: bool) -> None:
        """Whether the terminal shows what is typed."""
        if self.tty and self.echoes is secret:
            _set_echo(not secret)
            self.echoes = not secret

    def blocking(self) -> AbstractContextManager[None]:
        """Nothing to prepare: Ctrl-C is KeyboardInterrupt here."""
        from contextlib import nullcontext

        return nullcontext()

    def ask_secret(self, question: str) -> str:
        """Ask without echo; from a pipe the next line cannot be a secret, so nothing is read there."""
        if not self.tty:
            raise LocalError(_("auth asks for a secret: that needs a terminal"))
        from getpass import getpass

        with INTERRUPTIBLE:
            return getpass(question)


def _set_echo(on: bool) -> None:
    import termios

    settings = termios.tcgetattr(sys.stdin)
    settings[3] = settings[3] | termios.ECHO if on else settings[3] & ~termios.ECHO
    termios.tcsetattr(sys.stdin, termios.TCSADRAIN, settings)


class Input:
    """Standard input as lines, without waiting."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.ended = False
        self._rest = b""
        self._begins = True

    def read(self) -> list[str]:
        """The lines that are complete; at the end of the input the last one without its line end too."""
        octets = os.read(self.descriptor, 65536)
        self.ended = not octets
        if self._begins:
            octets, self._begins = octets.removeprefix(b"\xef\xbb\xbf"), False  # the mark that some editors write
        lines = (self._rest + octets).split(b"\n")
        self._rest = b"" if self.ended else lines.pop()
        if self.ended and not lines[-1]:
            lines.pop()
        return [line.removesuffix(b"\r").decode("utf-8", "surrogateescape") for line in lines]


def run(console: Console, front_end: PlainFrontEnd, limit: float | None) -> None:
    """Read lines and let the console take them until it is done, or the input and everything awaited have come.

    ``limit``: seconds for every reply, in place of those of RFC 5321; from a terminal there is none.
    """
    source = Input(sys.stdin.fileno())
    try:
        while not console.done and not _is_over(console, front_end, source):
            _step(console, front_end, source, limit)
        console.close()
    finally:
        front_end.hide(False)


def _is_over(console: Console, front_end: PlainFrontEnd, source: Input) -> bool:
    """At the end of the input; from a pipe also where what follows was meant for a connection that is not there."""
    if not front_end.tty and console.forsaken and console.wire is None:
        return True
    return source.ended and not _busy(console)


def _step(console: Console, front_end: PlainFrontEnd, source: Input, limit: float | None) -> None:
    try:
        front_end.prompt(not console.in_session)
        front_end.hide(console.in_session and console.session.snapshot.challenged)
        _turn(console, front_end, source)
        if not front_end.tty:
            _watch(console, limit)
    except KeyboardInterrupt as stop:
        _interrupt(console, front_end, signal_name(stop))


def _turn(console: Console, front_end: PlainFrontEnd, source: Input) -> None:
    """Wait for the next thing that happens: a line, something from the server, or the clock."""
    wanted: list[int | Wire] = [] if source.ended else [source.descriptor]
    if console.wire is not None:
        wanted.append(console.wire)
    with INTERRUPTIBLE:
        ready = wait_readable(wanted, BEAT)
    if source.descriptor in ready:  # first, so that it is known what could not be sent where the connection ends
        for line in source.read():
            front_end.entered()
            if front_end.tty and line == ESCAPE:
                console.escape()
            else:
                console.take(line)
    if console.wire is not None and console.wire in ready:
        console.receive()
    console.tick()


def _busy(console: Console) -> bool:
    """Whether something is still to be sent or to come."""
    if console.wire is None:
        console.pump()
        return bool(console.queue) and not console.done
    leaving = console.session.place is State.CLOSED
    return bool(console.queue) or bool(console.session.snapshot.waiting) or leaving


def _watch(console: Console, limit: float | None) -> None:
    """From a pipe nobody sees that nothing comes: the time-outs of RFC 5321 hold."""
    allowed = limit or TIMEOUTS.get(console.session.phase, TIMEOUTS[Phase.OTHER])
    if console.silence() > allowed:
        console.give_up(allowed)
        console.done = True


def _interrupt(console: Console, front_end: PlainFrontEnd, signal: Signal) -> None:
    """Ctrl-C: from a pipe the end; else what is held is dropped, then to the client's prompt, then out.

    Any other signal ends it.
    """
    dropped = console.drop_held()
    typed = front_end.tty and signal == Signal.INT
    if typed and dropped:
        front_end.show(["", fill("{count} lines discarded", count=dropped)])
    elif typed and console.in_session:
        front_end.show([""])
        console.escape()
    else:
        front_end.show([""])
        end(console, signal)


def end(console: Console, signal: Signal) -> None:
    """End the console because of a signal (INT, TERM or HUP)."""
    from smtpscope.model.event import Interrupted

    console.emit(Interrupted(console.clock.now(), console.session.phase, signal))
    console.close()
    console.done = True
