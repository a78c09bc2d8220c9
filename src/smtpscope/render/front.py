"""What a text needs from the front end that shows it: the language, and how to write a setting or a next step."""

from __future__ import annotations

from functools import wraps

from smtpscope.language import speaking
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, ParamSpec, TypeVar

    from smtpscope.model.finding import NextStep

    Parameters = ParamSpec("Parameters")
    Result = TypeVar("Result")

# The flag of a code object that marks a generator. Same as inspect.CO_GENERATOR, but inspect is slow to load.
_GENERATOR = 0x20


class Front:
    """The base class, used by the library itself: it names no options, and only commands of the system.

    The command line and the console have subclasses. ``language`` is en, zh, or empty for the current language.
    """

    def __init__(self, language: str = "") -> None:
        self.language = language

    def speaking(self) -> speaking:
        """A block in which texts are in this front's language."""
        return speaking(self.language)

    def spoken(self, lines: Iterator[str]) -> Iterator[str]:
        """The items of the generator ``lines``, each made in this front's language.

        Between two items the language of the caller applies (see language.speaking).
        """
        while True:
            with self.speaking():
                line = next(lines, None)
            if line is None:
                return
            yield line

    def setting(self, field: str, value: str = "") -> str:
        """How to set ``field`` of a plan (``login.in_clear``) to ``value``; empty if the user cannot set it."""
        return ""

    def command(self, step: NextStep) -> str:
        """The command for ``step``; empty if there is none."""
        from smtpscope.render.system_command import system_command

        return system_command(step)

    def applies(self, step: NextStep) -> bool:
        """Whether the user of this front end can take ``step``."""
        return True

    def about(self, server: str, port: int, recipient: str, stage: str) -> Front:
        """The front for texts about one reply. A value that is unknown is empty or 0."""
        return self


LIBRARY = Front()


def in_its_language(make: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Decorate a function or generator with a parameter ``front``, so that its texts are in the front's language."""
    code = make.__code__
    position = code.co_varnames.index("front")

    @wraps(make)
    def wrapper(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        front: Any = args[position] if len(args) > position else kwargs.get("front", LIBRARY)
        if not front.language:
            return make(*args, **kwargs)
        if code.co_flags & _GENERATOR:
            lines: Any = front.spoken(make(*args, **kwargs))
            return lines  # type: ignore[no-any-return]
        with front.speaking():
            return make(*args, **kwargs)

    return wrapper
