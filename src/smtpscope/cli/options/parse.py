"""From the words of a command line to the values of its options, by argparse."""

from __future__ import annotations

from smtpscope.cli.options.spec import Group, Option, Source
from smtpscope.errors import UsageError
from smtpscope.language import _
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, NoReturn, TypeVar

    from smtpscope.cli.options.spec import Command, Options

    Kind = TypeVar("Kind", bound=Options)


def parse(kind: type[Kind], argv: Sequence[str]) -> Kind:
    """The options that ``argv`` gives. Raises UsageError, which names the option.

    argparse is told of the options only that ``argv`` may name, and of all for --help: to tell it of sixty takes as
    long as a whole session with a server nearby.
    """
    help_ = Option(("-h", "--help"), "", "flag", _drop)
    whole = any(map(help_.is_named, argv))
    return read(kind, kind.groups if whole else tuple(_narrow(group, argv) for group in kind.groups), argv)


def read(kind: type[Kind], groups: Sequence[Group], argv: Sequence[str]) -> Kind:
    """What argparse makes of ``argv`` when it is told of ``groups``, its mistakes in our words."""
    from argparse import ArgumentError

    options = [option for group in kind.groups for option in group.options]
    try:
        found, rest = make_parser(kind.command, groups).parse_known_args(_with_numbers(options, argv))
    except ArgumentError as error:
        flag = (error.argument_name or "").split("/")[0]
        raise _mistake(next((option for option in options if flag in option.flags), None), error) from None
    if rest:
        text = _("smtpscope {command} knows no such option or argument; --help lists them")
        raise UsageError(" ".join(rest), text.format(command=kind.command.name))
    given = _given(vars(found))
    return kind(**given, sources=dict.fromkeys(given, Source.COMMAND_LINE))


def _given(found: Mapping[str, Any]) -> dict[str, Any]:
    """What argparse found, without what it has of itself: None, and lists that are empty."""
    values = {field: tuple(value) if isinstance(value, list) else value for field, value in found.items()}
    return {field: value for field, value in values.items() if value is not None and value != ()}


def make_parser(command: Command, groups: Sequence[Group]) -> argparse.ArgumentParser:
    """An argparse parser. A mistake raises UsageError, or argparse.ArgumentError."""
    import argparse

    # argparse asks gettext for each of its own words, which looks for catalogues on the disk every time.
    argparse._ = _  # type: ignore[attr-defined]

    class Parser(argparse.ArgumentParser):
        def error(self, message: str) -> NoReturn:
            raise UsageError("", message)

        # argparse makes a formatter for each option, to check it; without a width each would ask shutil for one.
        def _get_formatter(self) -> argparse.HelpFormatter:
            return argparse.HelpFormatter(self.prog, width=_columns())

    summary = _(command.summary)
    parser = Parser(
        prog=f"smtpscope {command.name}",
        description=_("{summary}.").format(summary=summary[:1].upper() + summary[1:]),
        epilog=_(command.epilog),
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
        exit_on_error=False,
    )
    for group in groups:
        target = parser.add_argument_group(_(group.title))
        for field, option in group.members:
            _add(target, field, option)
    return parser


def _add(target: argparse._ArgumentGroup, field: str, option: Option) -> None:
    settings: dict[str, Any] = {"help": option.shown_help}
    if option.kind == "flag":
        settings["action"] = "store_true"
    else:
        settings |= {"type": _reader(option), "metavar": _metavar(option)}
    if option.kind == "list":
        settings["action"] = "append"
    elif option.kind == "optional":
        settings |= {"nargs": "?", "const": option.bare}
    elif option.kind in ("argument", "words"):
        settings |= {"nargs": "?" if option.kind == "argument" else "*", "default": None}
        target.add_argument(field, **settings)
        return
    target.add_argument(*option.flags, dest=field, **settings)


def _metavar(option: Option) -> str | None:
    if option.kind in ("argument", "words"):
        return option.flags[0]
    return "{" + ",".join(option.choices) + "}" if option.choices else option.metavar or None


def _reader(option: Option) -> Callable[[str], Any]:
    """What makes a value of ``option`` out of a text."""

    def take(text: str) -> Any:
        if not (text or option.may_be_empty or option.kind == "words"):
            raise UsageError(option.shown, _("is empty; give it a value, or leave it out"))
        return option.read(option.shown, _choose(option, text) if option.among else text)

    return take


def _choose(option: Option, text: str) -> str:
    """The choice that ``text`` names, in whatever case it is written. Raises UsageError."""
    found = [choice for choice in option.choices if choice.lower() == text.lower()]
    if not found:
        wrong = _("{value!r} is none of {choices}").format(value=text, choices=", ".join(option.choices))
        raise UsageError(option.shown, wrong)
    return found[0]


def _mistake(option: Option | None, error: argparse.ArgumentError) -> UsageError:
    """argparse finds two things wrong with an option: a value that it does not take, and none where it takes one."""
    if option is None:
        return UsageError(error.argument_name or "", error.message)
    if option.kind == "flag":
        return UsageError(option.shown, _("takes no value"))
    text = _("needs a value; one that begins with a hyphen is written {option}=VALUE")
    return UsageError(option.shown, text.format(option=option.shown))


def _with_numbers(options: Sequence[Option], argv: Sequence[str]) -> list[str]:
    """``argv`` with each number below 0 joined to its option, whose own check says what is wrong with it.

    argparse takes -1 for an option wherever there is one that looks like a number, as -4 does.
    """
    numeric = {flag for option in options if option.kind in ("number", "optional") for flag in option.flags}
    words: list[str] = []
    for word in argv:
        below = word[:1] == "-" and word[1:].replace(".", "", 1).isdecimal()
        if below and words and words[-1] in numeric and "--" not in words:
            words[-1] += ("=" if words[-1].startswith("--") else "") + word
        else:
            words.append(word)
    return words


def _narrow(group: Group, argv: Sequence[str]) -> Group:
    """The options of the group that ``argv`` may name, and its arguments."""

    def counts(option: Option) -> bool:
        return not option.flags[0].startswith("-") or any(map(option.is_named, argv))

    return Group(group.title, tuple(pair for pair in group.members if counts(pair[1])))


def _drop(flag: str, text: str) -> str:
    return text


def _columns() -> int:
    """The width of the help, in columns: COLUMNS, else that of the terminal, else 100."""
    import os

    wish = os.environ.get("COLUMNS", "")
    if wish.isascii() and wish.isdigit():
        return max(int(wish) - 2, 40)
    try:
        return max(min(os.get_terminal_size(1).columns, 120) - 2, 40)
    except OSError:
        return 100
