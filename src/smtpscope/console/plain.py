"""The front end for a pipe and for a simple terminal: it reads and writes whole lines."""

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

# Seconds between two calls of Console.tick.
BEAT = 0.25


class PlainFrontEnd:
    """Writes lines to standard output. ``tty``: a person types the lines, so there is a prompt."""

    leads = False

    def __init__(self, tty: bool) -> None:
        self.tty = tty
        self.echoes = tty  # a terminal shows what is typed
        self._prompted = False

    def columns(self) -> int:
        """The width of the terminal in columns; 0 if standard output is not a terminal."""
        try:
            return os.get_terminal_size(sys.stdout.fileno()).columns
        except (OSError, ValueError):
            return 0

    def show(self, lines: Iterable[str]) -> None:
        """Write lines. Characters that the encoding does not have are written as escapes."""
        for line in lines:
            start = "\n" if self._prompted else ""
            self._prompted = False
            sys.stdout.write(start + writable(line, sys.stdout.encoding) + "\n")
        sys.stdout.flush()

    def prompt(self, wanted: bool) -> None:
        """Show the client prompt if a client command is ``wanted`` and the prompt is not shown already."""
        if wanted and self.tty and not self._prompted:
            sys.stdout.write(PROMPT)
            sys.stdout.flush()
            self._prompted = True

    def entered(self) -> None:
        """The user has entered a line, so the prompt is no longer on the current line."""
        self._prompted = False

    def hide(self, secret: bool) -> None:
        """Turn the echo of the terminal off for a ``secret``, else on."""
        if not self.tty or self.echoes is not secret:
            return
        import termios

        settings = termios.tcgetattr(sys.stdin)
        settings[3] = settings[3] & ~termios.ECHO if secret else settings[3] | termios.ECHO
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, settings)
        self.echoes = not secret

    def blocking(self) -> AbstractContextManager[None]:
        """A context for a call that waits. Nothing to prepare: Ctrl-C raises KeyboardInterrupt in this front end."""
        from contextlib import nullcontext

        return nullcontext()

    def ask_secret(self, question: str) -> str:
        """Ask for a secret without echo. Raises LocalError for a pipe, whose next line is a command, not a secret."""
        if not self.tty:
            raise LocalError(_("auth asks for a secret: that needs a terminal"))
        from getpass import getpass

        with INTERRUPTIBLE:
            return getpass(question)


class Input:
    """Standard input as lines. ``ended``: the end of the input was read."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.ended = False
        self._rest = b""
        self._at_start = True

    def read(self) -> list[str]:
        """Read once. Returns the complete lines; at the end of the input, also a last line without a line ending."""
        octets = os.read(self.descriptor, 65536)
        self.ended = not octets
        if self._at_start:
            octets, self._at_start = octets.removeprefix(b"\xef\xbb\xbf"), False  # byte order mark of some editors
        lines = (self._rest + octets).split(b"\n")
        self._rest = b"" if self.ended else lines.pop()
        if self.ended and not lines[-1]:
            lines.pop()
        return [line.removesuffix(b"\r").decode("utf-8", "surrogateescape") for line in lines]


def run(console: Console, front_end: PlainFrontEnd, limit: float | None) -> None:
    """Read lines and pass them to the console until it is done, or the input has ended and no reply is awaited.

    ``limit``: seconds for every reply instead of the timeouts of RFC 5321. A terminal has no time limit.
    """
    source = Input(sys.stdin.fileno())
    try:
        while not console.done and not _is_over(console, front_end, source):
            try:
                front_end.prompt(not console.in_session)
                front_end.hide(console.in_session and console.session.snapshot.challenged)
                _step(console, front_end, source)
                if not front_end.tty:
                    _check_timeout(console, limit)
            except KeyboardInterrupt as stop:
                _interrupt(console, front_end, signal_name(stop))
        console.close()
    finally:
        front_end.hide(False)


def _is_over(console: Console, front_end: PlainFrontEnd, source: Input) -> bool:
    """Whether there is nothing more to send or to receive. A pipe is also over if its connection failed."""
    if not front_end.tty and console.forsaken and console.wire is None:
        return True
    if not source.ended:
        return False
    if console.wire is None:
        console.pump()
        return not console.queue or console.done
    closing = console.session.place is State.CLOSED
    return not (console.queue or console.session.snapshot.waiting or closing)


def _step(console: Console, front_end: PlainFrontEnd, source: Input) -> None:
    """Wait for input, for the server, or for ``BEAT`` seconds, and handle what happened."""
    readers: list[int | Wire] = [] if source.ended else [source.descriptor]
    if console.wire is not None:
        readers.append(console.wire)
    with INTERRUPTIBLE:
        ready = wait_readable(readers, BEAT)
    if source.descriptor in ready:  # before the server: if the connection ends, the console reports the lines not sent
        for line in source.read():
            front_end.entered()
            if front_end.tty and line == ESCAPE:
                console.escape()
            else:
                console.take(line)
    if console.wire is not None and console.wire in ready:
        console.receive()
    console.tick()


def _check_timeout(console: Console, limit: float | None) -> None:
    """End the console if a reply did not come within ``limit`` seconds (RFC 5321 section 4.5.3.2 without a limit)."""
    allowed = limit or TIMEOUTS.get(console.session.phase, TIMEOUTS[Phase.OTHER])
    if console.silence() > allowed:
        console.give_up(allowed)
        console.done = True


def _interrupt(console: Console, front_end: PlainFrontEnd, signal: Signal) -> None:
    """Handle a signal. It ends the console, except for Ctrl-C in a terminal.

    There, Ctrl-C discards the lines that wait; without such lines, it leads to the client prompt, then out.
    """
    discarded = console.drop_held()
    is_key = front_end.tty and signal == Signal.INT
    if is_key and discarded:
        front_end.show(["", fill("{count} lines discarded", count=discarded)])
    elif is_key and console.in_session:
        front_end.show([""])
        console.escape()
    else:
        front_end.show([""])
        end(console, signal)


def end(console: Console, signal: Signal) -> None:
    """End the console because of a signal (INT, TERM, or HUP)."""
    from smtpscope.model.event import Interrupted

    console.emit(Interrupted(console.clock.now(), console.session.phase, signal))
    console.close()
    console.done = True
