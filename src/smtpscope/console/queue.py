"""The items of the console's queue, and the interface of a front end."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager
    from typing import Protocol, TypeAlias

    from smtpscope.dialogue.step import Dialogue

    class FrontEnd(Protocol):
        """What the console needs from a front end.

        ``leads``: it shows what to type next at the input line. ``echoes``: typed lines are on the screen already.
        ``columns``: the width of the terminal, 0 without one. ``blocking``: a context for a call that waits.
        """

        leads: bool
        echoes: bool

        def columns(self) -> int: ...
        def show(self, lines: Iterable[str]) -> None: ...
        def ask_secret(self, question: str) -> str: ...
        def blocking(self) -> AbstractContextManager[None]: ...


ESCAPE = "\x1d"
"""Ctrl-], alone on a line: leads to the client prompt."""


class Message(Value):
    """A whole message to be sent: its blocks with dot-stuffing. The last one includes the end of the data."""

    blocks: tuple[bytes, ...]


class Replayed(Value):
    """A line of a replayed session. It is sent like a typed line, and always shown."""

    line: str


class Octets(Value):
    """Bytes to be sent as is."""

    octets: bytes


class HoldDialogue(Value):
    """A dialogue to be run: its steps are taken one after the other, and the replies are its answers."""

    dialogue: Dialogue


if TYPE_CHECKING:
    Item: TypeAlias = str | Replayed | Message | Octets | HoldDialogue


def typed_text(item: Item) -> str:
    """The line of an item; empty if the item is not a line."""
    return item if isinstance(item, str) else item.line if isinstance(item, Replayed) else ""


def drop_message(queue: list[Item]) -> int:
    """Remove the lines of a message from ``queue``, up to the line with a single dot. Returns their number.

    A ``Message`` at the head of the queue stays: the console does not send it unless the server asks for it.
    """
    texts = [typed_text(item) for item in queue]
    if "." not in texts or isinstance(queue[0], Message):
        return 0
    count = texts.index(".") + 1
    del queue[:count]
    return count
