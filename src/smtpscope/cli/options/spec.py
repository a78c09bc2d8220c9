"""What an option is, as data. The options of a command are a class whose fields are the options, declared once.

    class TestOptions(Options):
        command = Command("test", N_("..."), N_("..."))

        _where = Heading(N_("where to"))
        port: int | None = number("-p --port", N_("port of the server (25)"), "PORT", port_number, None)

To a type checker, ``port`` is what ``port_number`` returns, or None; the metaclass keeps the Option, from which parser,
help and reference are made, and leaves its default as that of the field. Nothing here imports argparse.
"""

from __future__ import annotations

from smtpscope.language import _
from smtpscope.values import TYPE_CHECKING, Value, ValueType, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, ClassVar, TypeVar

    D = TypeVar("D")
    T = TypeVar("T")


class Source(Vocabulary):
    """Where the value of an option comes from."""

    DEFAULT = "default"
    COMMAND_LINE = "command line"


class Option(Value):
    """One option.

    flags         its names; a single word without hyphen for an argument
    help          shown in the language in use, with ``about`` in the place of ``{what}``
    kind          text, number, flag, list (repeatable), optional (its value may be left out), argument, or words (those
                  without a flag: any number)
    read          what makes a value of a text: called with the flag, for messages, and the text; raises UsageError
    default       the value where it is not given
    bare          the value of an optional one that is given without
    among         the choices, or what returns them; empty: any text
    may_be_empty  an empty value is meant; otherwise it is a variable that the shell did not know, and a mistake
    """

    flags: tuple[str, ...]
    help: str
    kind: str
    read: Callable[[str, str], Any]
    default: Any = None
    bare: Any = None
    metavar: str = ""
    among: tuple[str, ...] | Callable[[], tuple[str, ...]] = ()
    about: str = ""
    may_be_empty: bool = False

    @property
    def shown(self) -> str:
        """The flag that a message names it by: the first long one."""
        return next((flag for flag in self.flags if flag.startswith("--")), self.flags[0])

    @property
    def choices(self) -> tuple[str, ...]:
        """The values that it takes; none: any."""
        return self.among() if callable(self.among) else self.among

    @property
    def shown_help(self) -> str:
        """The help in the language in use."""
        return _(self.help).format(what=self.about) if self.about else _(self.help)


class Command(Value):
    """A command of smtpscope: its name, a sentence, an example."""

    name: str
    summary: str
    epilog: str


class Heading(Value):
    """Stands above the options that belong together."""

    title: str


class Group(Value):
    """The options under a heading, each with its field."""

    title: str
    members: tuple[tuple[str, Option], ...]

    @property
    def options(self) -> tuple[Option, ...]:
        """The options alone."""
        return tuple(option for _field, option in self.members)


class OptionsType(ValueType):
    """Takes the options and headings out of the body of a class, in order: they become its ``groups``."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> ValueType:
        groups: list[tuple[str, list[tuple[str, Option]]]] = []
        for field, value in tuple(namespace.items()):
            if isinstance(value, Heading):
                groups.append((value.title, []))
                del namespace[field]
            elif isinstance(value, Option):
                groups[-1][1].append((field, value))
                namespace[field] = value.default
        namespace["groups"] = tuple(Group(title, tuple(members)) for title, members in groups)
        return super().__new__(mcs, name, bases, namespace)


class Options(Value, metaclass=OptionsType):
    """The values of a command's options. ``sources``: where each came from, by field; what is absent is a default."""

    sources: Mapping[str, Source] = {}

    if TYPE_CHECKING:
        command: ClassVar[Command]
        groups: ClassVar[tuple[Group, ...]]

    def is_given(self, field: str) -> bool:
        """Whether the user gave it, be it the default."""
        return self.source_of(field) is not Source.DEFAULT

    def source_of(self, field: str) -> Source:
        """Where its value comes from."""
        return self.sources.get(field, Source.DEFAULT)

    @classmethod
    def option(cls, field: str) -> Option:
        """The option behind a field. Raises KeyError where there is none."""
        return {name: option for group in cls.groups for name, option in group.members}[field]


# ---------------------------------------------------------------------------------------- fields, as they are declared


def text(flag: str, value: str) -> str:
    """The text as it is."""
    return value


def option(flags: str, help: str, metavar: str) -> str | None:  # noqa: A002 - as everybody calls it
    """An option with a text."""
    return _field(Option(_split(flags), help, "text", text, metavar=metavar))


def value(
    flags: str,
    help: str,  # noqa: A002
    metavar: str,
    read: Callable[[str, str], T],
    default: D,
    may_be_empty: bool = False,
) -> T | D:
    """An option with a value that ``read`` makes of the text."""
    return _field(Option(_split(flags), help, "text", read, default, None, metavar, (), "", may_be_empty))


def number(
    flags: str,
    help: str,  # noqa: A002
    metavar: str,
    read: Callable[[str, str], T],
    default: D,
) -> T | D:
    """An option with a number: one below 0 is a value too, for ``read`` to refuse, and no option."""
    return _field(Option(_split(flags), help, "number", read, default, None, metavar))


def several(flags: str, help: str, metavar: str, read: Callable[[str, str], T]) -> tuple[T, ...]:  # noqa: A002
    """An option that may be given more than once."""
    return _field(Option(_split(flags), help, "list", read, (), None, metavar))


def optional(
    flags: str,
    help: str,  # noqa: A002
    metavar: str,
    read: Callable[[str, str], T],
    bare: T,
    among: Callable[[], tuple[str, ...]] | tuple[str, ...] = (),
) -> T | None:
    """An option whose value may be left out: it is ``bare`` then."""
    return _field(Option(_split(flags), help, "optional", read, None, bare, metavar, among))


def choice(
    flags: str,
    help: str,  # noqa: A002
    among: Callable[[], tuple[str, ...]] | tuple[str, ...],
    default: D,
    about: str = "",
) -> str | D:
    """An option that takes one of ``among``, in whatever case it is written."""
    return _field(Option(_split(flags), help, "text", text, default, None, "", among, about))


def flag(flags: str, help: str) -> bool:  # noqa: A002
    """An option without a value."""
    return _field(Option(_split(flags), help, "flag", text, False))


def argument(name: str, help: str, read: Callable[[str, str], T]) -> T | None:  # noqa: A002
    """A value without a flag."""
    return _field(Option((name,), help, "argument", read))


def words(name: str, help: str) -> tuple[str, ...]:  # noqa: A002
    """All values without a flag."""
    return _field(Option((name,), help, "words", text, ()))


def _split(flags: str) -> tuple[str, ...]:
    return tuple(flags.split())


def _field(option: Option) -> T:  # type: ignore[type-var] # the option stands where its value will be
    return option  # type: ignore[return-value]
