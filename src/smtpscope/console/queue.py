"""What waits in the console's queue, and what it asks of a front end."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager
    from typing import Protocol, TypeAlias

    from smtpscope.dialogue.step import Dialogue

    class FrontEnd(Protocol):
        """What the console asks of a front end.

        ``leads``: it says what to type next where the line is typed; ``echoes``: what is typed is on the screen;
        ``columns``: the width of the terminal, 0 where there is none.
        """

        leads: bool
        echoes: bool

        def columns(self) -> int: ...
        def show(self, lines: Iterable[str]) -> None: ...
        def ask_secret(self, question: str) -> str: ...
        def blocking(self) -> AbstractContextManager[None]: ...


ESCAPE = "\x1d"
"""Ctrl-], alone on a line: to the client's prompt."""


class Message(Value):
    """A whole message that waits to be sent: its blocks, dot-stuffed, the end of the data with the last of them."""

    blocks: tuple[bytes, ...]


class Replayed(Value):
    """A line that nobody typed: it goes out as a typed one does, and is always shown."""

    line: str


class Octets(Value):
    """Octets that wait to be sent as they are."""

    octets: bytes


class HoldDialogue(Value):
    """A dialogue that waits for its turn: its steps are taken one after the other, its answers are the replies."""

    dialogue: Dialogue


if TYPE_CHECKING:
    Item: TypeAlias = str | Replayed | Message | Octets | HoldDialogue


def typed_text(item: Item) -> str:
    """The line that waits; empty for what is no line."""
    return item if isinstance(item, str) else item.line if isinstance(item, Replayed) else ""


def drop_message(queue: list[Item]) -> int:
    """Take the lines of a message, up to the lone dot, out of ``queue``. Returns how many those were.

    A whole message at its head is left: it knows by itself that it is not wanted.
    """
    texts = [typed_text(item) for item in queue]
    if "." not in texts or isinstance(queue[0], Message):
        return 0
    count = texts.index(".") + 1
    del queue[:count]
    return count
