"""What a text takes from the front end that shows it: its language, how a setting is written, how a step is taken."""

from __future__ import annotations

from functools import wraps

from smtpscope.language import speaking
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, ParamSpec, TypeVar

    from smtpscope.model.finding import NextStep

    Given = ParamSpec("Given")
    Made = TypeVar("Made")

# The flag of a function's code that says that it is a generator (inspect.CO_GENERATOR, which is slow to load).
_GENERATOR = 0x20


class Front:
    """The library's: nothing can be typed but what a system has, so no option is named. Front ends make their own.

    ``language`` is en, zh, or empty for the one in use where a text is made.
    """

    def __init__(self, language: str = "") -> None:
        self.language = language

    def speaking(self) -> speaking:
        """A block in which texts are in its language."""
        return speaking(self.language)

    def spoken(self, lines: Iterator[str]) -> Iterator[str]:
        """``lines``, each made in its language; between two of them the language of whoever takes them is in use."""
        while True:
            with self.speaking():
                line = next(lines, None)
            if line is None:
                return
            yield line

    def setting(self, field: str, value: str = "") -> str:
        """How ``field`` of a plan (``login.in_clear``) is set to ``value``; empty where there is no way to."""
        return ""

    def command(self, step: NextStep) -> str:
        """What to type to take ``step``; empty where there is nothing to type."""
        from smtpscope.render.system_command import system_command

        return system_command(step)

    def applies(self, step: NextStep) -> bool:
        """Whether ``step`` can be taken by whoever reads it."""
        return True

    def about(self, server: str, port: int, recipient: str, stage: str) -> Front:
        """The front for what is said about a reply: ``server``, ``port``, ``recipient`` as far as they are known."""
        return self


LIBRARY = Front()


def in_its_language(make: Callable[Given, Made]) -> Callable[Given, Made]:
    """Let a function that takes a ``front`` make its texts in the language of that front."""
    code = make.__code__
    place = code.co_varnames.index("front")

    @wraps(make)
    def made(*args: Given.args, **more: Given.kwargs) -> Made:
        front: Any = args[place] if len(args) > place else more.get("front", LIBRARY)
        if not front.language:
            return make(*args, **more)
        if code.co_flags & _GENERATOR:
            lines: Any = front.spoken(make(*args, **more))
            return lines  # type: ignore[no-any-return]
        with front.speaking():
            return make(*args, **more)

    return made
