"""The parts of the prompt for prompt_toolkit: layout, keys, colors, completion, and history."""

from __future__ import annotations

import os

from prompt_toolkit.completion import Completer, Completion
from prompt_toolkit.filters import Condition, has_completions, is_done
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import BufferControl, ConditionalContainer, FormattedTextControl, HSplit, Layout, Window
from prompt_toolkit.layout.menus import CompletionsMenu
from prompt_toolkit.layout.processors import (
    BeforeInput,
    ConditionalProcessor,
    PasswordProcessor,
    Processor,
    Transformation,
)
from prompt_toolkit.lexers import Lexer
from prompt_toolkit.styles import Style
from prompt_toolkit.widgets import SearchToolbar

from smtpscope.console.complete import complete
from smtpscope.render.wrap import wrap
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Protocol

    from prompt_toolkit.buffer import Buffer
    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document
    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.key_binding import KeyPressEvent
    from prompt_toolkit.layout.processors import TransformationInput

    from smtpscope.console.advice import Advice
    from smtpscope.console.console import Console

    class Terminal(Protocol):
        """What these parts need from console.prompt.Terminal."""

        buffer: Buffer

        def mark(self) -> str: ...
        def advice(self) -> Advice: ...
        def columns(self) -> int: ...
        def hides_input(self) -> bool: ...
        def is_secret(self, line: str) -> bool: ...
        def escape(self) -> None: ...
        def interrupt(self) -> None: ...
        def end_of_file(self) -> None: ...
        def paste(self, text: str) -> None: ...


_COLORS = {
    "mark": "ansicyan",
    "hint": "ansibrightblack",
    "warning": "ansiyellow",
    "error": "ansired",
    "fault": "ansired underline",
    "completion-menu": "bg:default",
    "completion-menu.completion": "bg:default fg:default",
    "completion-menu.completion.current": "reverse",
    "completion-menu.meta.completion": "bg:default ansibrightblack",
    "completion-menu.meta.completion.current": "bg:default ansicyan",
}


def style_of(colors: bool) -> Style:
    """The colors of the prompt. Without colors, a fault is underlined and the selected completion is reversed."""
    if colors:
        return Style.from_dict(_COLORS)
    plain = dict.fromkeys(_COLORS, "bg:default fg:default noreverse")
    return Style.from_dict({**plain, "fault": "underline", "completion-menu.completion.current": "reverse"})


def lay_out(terminal: Terminal) -> Layout:
    """The input line, and under it the search, the completions, and the hint, each only if needed."""

    def hint_text() -> StyleAndTextTuples:
        advice = terminal.advice()
        return [(f"class:{advice.level}", "\n".join(wrap(advice.text, terminal.columns() - 1, "    ", "  ")))]

    search = SearchToolbar(ignore_case=True)
    line = Window(
        BufferControl(
            terminal.buffer,
            lexer=Advised(terminal),
            search_buffer_control=search.control,
            input_processors=[
                ConditionalProcessor(PasswordProcessor("•"), Condition(terminal.hides_input)),
                Masked(terminal),
                BeforeInput(terminal.mark, style="class:mark"),
            ],
            preview_search=True,
        ),
        wrap_lines=True,
        dont_extend_height=True,
    )
    hint = Window(FormattedTextControl(hint_text), wrap_lines=True, dont_extend_height=True)
    has_hint = ~is_done & ~has_completions & Condition(lambda: bool(terminal.advice().text))
    menu = ConditionalContainer(CompletionsMenu(max_height=8), has_completions & ~is_done)
    return Layout(HSplit([line, search, menu, ConditionalContainer(hint, has_hint)]), focused_element=line)


class Advised(Lexer):
    """Marks the column of the first fault in the line."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        column = self._terminal.advice().column

        def line(number: int) -> StyleAndTextTuples:
            text = document.lines[number]
            if not column:
                return [("", text)]
            return [("", text[: column - 1]), ("class:fault", text[column - 1 : column]), ("", text[column:])]

        return line


class Masked(Processor):
    """Shows dots instead of the initial response after AUTH and a mechanism."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        text = transformation_input.document.text
        secret = text.split(" ", 2)[2:]
        if not self._terminal.is_secret(text) or not secret:
            return Transformation(transformation_input.fragments)
        shown = text[: len(text) - len(secret[0])] + "•" * len(secret[0])
        return Transformation([("", shown)])


class Completing(Completer):
    """The completions of console.complete."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        console = self._console
        for choice in complete(document.text_before_cursor, console.in_session, console.session.snapshot, list_folder):
            yield Completion(choice.text, -choice.replaces, display_meta=choice.meta)


def list_folder(folder: str) -> list[str]:
    """The names in a directory, those of directories with a / at the end. Empty if it cannot be read."""
    try:
        with os.scandir(os.path.expanduser(folder) or ".") as entries:
            return [entry.name + "/" * entry.is_dir() for entry in entries]
    except OSError:
        return []


def bind_keys(terminal: Terminal) -> KeyBindings:
    """The keys that differ from a usual line editor."""
    keys = KeyBindings()

    @keys.add("c-]", eager=True)  # eager: in emacs mode it starts a search for a character
    def _escape(event: KeyPressEvent) -> None:
        terminal.escape()

    @keys.add("c-c")
    @keys.add("<sigint>")
    def _interrupt(event: KeyPressEvent) -> None:
        terminal.interrupt()

    @keys.add("c-d", filter=Condition(lambda: not terminal.buffer.text))
    def _end(event: KeyPressEvent) -> None:
        terminal.end_of_file()

    @keys.add(Keys.BracketedPaste)
    def _paste(event: KeyPressEvent) -> None:
        terminal.paste(event.data)

    @keys.add("c-z")
    def _suspend(event: KeyPressEvent) -> None:
        event.app.suspend_to_background()

    return keys


class _Selective(History):
    """A history without secrets and messages: while ``closed`` is set, nothing is added.

    Empty lines are left out, and lines with invalid bytes (surrogates), which cannot be written as UTF-8.
    """

    closed = False

    def append_string(self, string: str) -> None:
        is_utf8 = not any("\ud800" <= char <= "\udfff" for char in string)
        if not self.closed and string.strip() and is_utf8:
            super().append_string(string)


class _StoredHistory(_Selective, FileHistory):
    """A history in a file."""


class _SessionHistory(_Selective, InMemoryHistory):
    """A history for this session only, if there can be no file."""


def open_history() -> _Selective:
    """The user's history, in a file that only the user can read; in memory if there can be no file."""
    home = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    path = os.path.join(home, "smtpscope", "console-history")
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600))
    except OSError:
        return _SessionHistory()
    return _StoredHistory(path)
