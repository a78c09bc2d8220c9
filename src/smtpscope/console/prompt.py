"""The front end for a terminal, with prompt_toolkit: an input line, hints under it, and the session above it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.data_structures import Size
from prompt_toolkit.output.vt100 import Vt100_Output

from smtpscope.console import hints
from smtpscope.console.advice import Advice
from smtpscope.console.commands import advise_client, run_command
from smtpscope.console.console import Console
from smtpscope.console.editing import Completing, bind_keys, lay_out, open_history, style_of
from smtpscope.console.plain import PROMPT, end
from smtpscope.language import fill
from smtpscope.net.signals import INTERRUPTIBLE, signal_name
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from smtpscope.console.connection import Wire
    from smtpscope.console.screen import Screen

# Seconds between two calls of Console.tick, and seconds without a reply before a hint mentions it.
BEAT, PATIENCE = 0.25, 2.0


def run(screen: Screen, host: str, port: int) -> Console:
    """Run the console until it ends. Connects to ``host`` first, if it is not empty."""
    terminal = Terminal(screen)
    terminal.run(host, port)
    return terminal.console


def _size() -> Size:
    try:
        columns, rows = os.get_terminal_size(sys.stdout.fileno())
    except OSError:
        columns, rows = 0, 0
    return Size(rows=rows or 24, columns=columns or 80)  # some terminals report 0


class Terminal:
    """The screen and the keyboard. One application runs for the whole time, so that no key typed ahead is lost."""

    leads, echoes = True, False

    def __init__(self, screen: Screen) -> None:
        self.console = Console(self, screen, run_command)
        self.history = open_history()
        self.buffer = Buffer(
            multiline=False,
            history=self.history,
            completer=Completing(self.console),
            accept_handler=lambda buffer: self.enter(buffer.text),
            enable_history_search=False,
        )
        self.app: Application[None] = Application(
            layout=lay_out(self),
            key_bindings=bind_keys(self),
            style=style_of(bool(screen.palette.reset)),
            erase_when_done=True,
            # No cursor position reports: the terminal would send them in the middle of the keys.
            output=Vt100_Output(sys.stdout, _size, term=os.environ.get("TERM"), enable_cpr=False),
        )
        self._watched: Wire | None = None
        self._blocked = False

    def run(self, host: str, port: int) -> None:
        """Show the prompt until the console is done. Connects to ``host`` first, if it is not empty."""
        self.show(self.console.screen.greeting())

        def begin() -> None:
            self.app.create_background_task(self._beat())
            if host:
                self.console.open(host, port)
            self.settle()

        try:
            self.app.run(pre_run=begin)
        except KeyboardInterrupt as stop:  # SIGTERM or SIGHUP; Ctrl-C is a key here
            end(self.console, signal_name(stop))

    # Called by the console

    def show(self, lines: Iterable[str]) -> None:
        """Show lines above the input line, which does not change."""
        text = "".join(f"{line}\r\n" for line in lines)
        if not text:
            return
        if self.app.is_running and not self._blocked:
            self.app.renderer.erase()
            self.app.invalidate()
        self.app.output.write_raw(text)
        self.app.output.flush()

    def ask_secret(self, question: str) -> str:
        """Ask for a secret without echo."""
        from getpass import getpass

        with self.blocking(), INTERRUPTIBLE:
            return getpass(question)

    @contextlib.contextmanager
    def blocking(self) -> Iterator[None]:
        """A context for a call that waits: Ctrl-C raises KeyboardInterrupt, and the input line is not shown."""
        if self._blocked or not self.app.is_running:
            yield
            return
        self.app.renderer.erase()
        self._blocked = True
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            with self.app.input.cooked_mode():
                yield
        finally:
            signal.signal(signal.SIGINT, before)
            self._blocked = False
            self.app.invalidate()

    # Called for keys

    def enter(self, line: str) -> bool:
        """Take a whole line, typed or pasted. Returns False, for prompt_toolkit to clear the input line."""
        in_session = self.console.in_session
        content = in_session and bool(self.console.session.snapshot.content)
        self.history.closed = self.is_secret(line) or content
        if not in_session:
            self.show([f"{PROMPT}{line}"])
        self.console.take(line)
        self.settle()
        return False

    def is_secret(self, line: str) -> bool:
        """Whether ``line``, entered now, would contain a secret."""
        return self.console.in_session and self.console.session.is_secret(line)

    def paste(self, text: str) -> None:
        """Take pasted text: enter each whole line, and leave the rest in the input line."""
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        if len(lines) == 1:
            self.buffer.insert_text(text)
            return
        document = self.buffer.document
        lines[0] = document.text_before_cursor + lines[0]
        self.buffer.reset()
        for line in lines[:-1]:
            self.enter(line)
        self.buffer.insert_text(lines[-1])

    def escape(self) -> None:
        """Ctrl-]: clear the input line and show the client prompt."""
        self.buffer.reset()
        self.console.escape()
        self.settle()

    def interrupt(self) -> None:
        """Ctrl-C: discard the lines that wait, else clear the line, else show the client prompt, else leave."""
        discarded = self.console.drop_held()
        if discarded:
            self.show(self.console.screen.hint(fill("{count} lines discarded", count=discarded)))
        elif self.buffer.text:
            self.buffer.reset()
        elif self.console.in_session:
            self.escape()
        else:
            self.leave()
        self.settle()

    def end_of_file(self) -> None:
        """Ctrl-D on an empty line: from the session to the client prompt, or leave."""
        if self.console.in_session:
            self.escape()
        else:
            self.leave()

    def leave(self) -> None:
        """Close the connection and end the console, as ``quit`` does."""
        self.console.close()
        self.console.done = True
        self.settle()

    # Between the event loop and the console

    def settle(self) -> None:
        """After each event: watch the current connection, and exit if the console is done."""
        wire = self.console.wire
        loop = asyncio.get_running_loop()
        if self._watched is not wire:
            if self._watched is not None:
                loop.remove_reader(self._watched.descriptor)
            if wire is not None:
                loop.add_reader(wire.descriptor, self._readable)
            self._watched = wire
        if self.console.done and self.app.is_running and not self.app.is_done:
            self.app.exit()
        self.app.invalidate()

    def _readable(self) -> None:
        self.console.receive()
        self.settle()

    async def _beat(self) -> None:
        """Handle signals and the passing of time, every ``BEAT`` seconds.

        SIGTERM and SIGHUP are held until here: raised anywhere else, they would leave the terminal in raw mode.
        """
        while True:
            await asyncio.sleep(BEAT)
            try:
                with INTERRUPTIBLE:  # raises a signal that is held
                    pass
            except KeyboardInterrupt as stop:
                end(self.console, signal_name(stop))
            self.console.tick()
            if self._watched is not self.console.wire or self.console.done:
                self.settle()
            elif self.console.silence() > PATIENCE:
                self.app.invalidate()  # the hint counts the seconds

    # Shown around the input line

    def columns(self) -> int:
        """The width of the terminal in columns."""
        return _size().columns

    def mark(self) -> str:
        """The prompt before the input line."""
        if not self.console.in_session:
            return PROMPT
        return self.console.screen.mark(bool(self.console.session.snapshot.content))

    def hides_input(self) -> bool:
        """Whether the input line is the response to a challenge: a secret."""
        return self.console.in_session and self.console.session.snapshot.challenged

    def advice(self) -> Advice:
        """The hint for the current input line."""
        console = self.console
        if not console.settings.hints or self._blocked:
            return Advice("")
        if console.queue:
            text = fill("{count} lines are waiting for the reply; Ctrl-C discards them", count=len(console.queue))
            return Advice(text)
        if console.silence() > PATIENCE and not self.buffer.text:
            return hints.advise_patience(console.silence(), console.target.port, console.session.snapshot)
        if console.in_session:
            return hints.advise_session(self.buffer.text, console.session.snapshot)
        return advise_client(self.buffer.text, console.session.snapshot.connected)
