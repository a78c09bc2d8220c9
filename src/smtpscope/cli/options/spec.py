"""What an option is, as data, and the argparse parser that is made of it."""

from __future__ import annotations

from smtpscope.language import _
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping, Sequence
    from typing import NoReturn


class Option(Value):
    """One option. ``kind``: text, number, seconds, flag, list (may be given more than once), optional (its value may
    be left out, which gives "auto"), argument or words (those without a flag: one, any number).

    ``help`` is shown in the language in use, with ``about`` in the place of ``{what}``. An empty
    value is a variable that the shell did not know, and a mistake, unless ``may_be_empty``.
    """

    flags: tuple[str, ...]
    help: str
    kind: str = "text"
    metavar: str = ""
    default: object = None
    choices: tuple[str, ...] = ()
    about: str = ""
    may_be_empty: bool = False

    @property
    def shown(self) -> str:
        """The flag that a message names it by: the first long one."""
        return next((flag for flag in self.flags if flag.startswith("--")), self.flags[0])

    @property
    def name(self) -> str:
        """What the value is found under: the first long flag, dashes as underscores."""
        return self.shown.lstrip("-").replace("-", "_")

    @property
    def unset(self) -> object:
        """The value where it is not given."""
        return {"flag": False, "words": [], "list": [], "argument": None, "optional": None}.get(self.kind, self.default)

    def is_named(self, word: str) -> bool:
        """Whether ``word`` of a command line may name this option: ``--to``, ``--to=...``, ``-t``, ``-qt...``."""
        if not word.startswith("-"):
            return False
        if word.startswith("--"):
            return word.partition("=")[0] in self.flags
        short = [flag[1] for flag in self.flags if len(flag) == 2]
        # argparse takes -1 for a value, unless some option looks like a number.
        number = any(map(str.isdigit, word)) and any(map(str.isdigit, short))
        return number or any(letter in word for letter in short)

    @property
    def shown_help(self) -> str:
        """The help in the language in use."""
        return _(self.help).format(what=self.about) if self.about else _(self.help)


class Group(Value):
    """Options that belong together, under a heading."""

    title: str
    options: tuple[Option, ...]


class CommandSpec(Value):
    """A command of smtpscope: its name, a sentence, its arguments."""

    name: str
    summary: str
    epilog: str
    groups: tuple[Group, ...]


def make_parser(spec: CommandSpec, fail: type[Exception]) -> argparse.ArgumentParser:
    """An argparse parser for ``spec``. A mistake raises ``fail``, or argparse.ArgumentError."""
    import argparse

    # argparse asks gettext for each of its own words, which looks for catalogues on the disk every time.
    argparse._ = _  # type: ignore[attr-defined]

    class Parser(argparse.ArgumentParser):
        def error(self, message: str) -> NoReturn:
            raise fail("", message)

        # argparse makes a formatter for each option, to check it; without a width each would ask shutil for one.
        def _get_formatter(self) -> argparse.HelpFormatter:
            return argparse.HelpFormatter(self.prog, width=_columns())

    summary = _(spec.summary)
    parser = Parser(
        prog=f"smtpscope {spec.name}",
        description=_("{summary}.").format(summary=summary[:1].upper() + summary[1:]),
        epilog=_(spec.epilog),
        allow_abbrev=False,
        exit_on_error=False,
    )
    for group in spec.groups:
        target = parser.add_argument_group(_(group.title))
        for option in group.options:
            _add(target, option, fail)
    return parser


def _add(target: argparse._ArgumentGroup, option: Option, fail: type[Exception]) -> None:
    if option.kind == "flag":
        target.add_argument(*option.flags, action="store_true", help=option.shown_help)
    elif option.kind == "words":
        target.add_argument(*option.flags, nargs="*", default=[], help=option.shown_help)
    elif option.kind == "argument":
        target.add_argument(*option.flags, nargs="?", help=option.shown_help)
    elif option.kind == "optional":
        target.add_argument(
            *option.flags,
            nargs="?",
            const="auto",
            metavar=_metavar(option),
            type=_choose(option, fail),
            help=option.shown_help,
        )
    else:
        target.add_argument(
            *option.flags,
            action="append" if option.kind == "list" else "store",
            metavar=_metavar(option),
            type=_choose(option, fail),
            default=[] if option.kind == "list" else option.default,
            help=option.shown_help,
        )


def _metavar(option: Option) -> str | None:
    return "{" + ",".join(option.choices) + "}" if option.choices else option.metavar or None


def _choose(option: Option, fail: type[Exception]) -> Callable[[str], str]:
    """What takes a value of ``option``: of its choices, where it has any, in whatever case it is written."""

    def choose(text: str) -> str:
        found = [choice for choice in option.choices if choice.lower() == text.lower()]
        if option.choices and not found and text:
            wrong = _("{value!r} is none of {choices}").format(value=text, choices=", ".join(option.choices))
            raise fail(option.shown, wrong)
        return found[0] if found else text

    return choose


def parse(spec: CommandSpec, argv: Sequence[str], fail: type[Exception]) -> dict[str, object]:
    """The values given in ``argv`` by option name (dashes as underscores). Raises ``fail`` on a mistake."""
    options = [option for group in spec.groups for option in group.options]
    unset = {option.name: option.unset for option in options}
    given = read(_narrow(spec, argv), argv, fail)
    if any(not word or word.endswith("=") for word in argv):
        _refuse_empty(options, given, fail)
    return {**unset, **given}


def read(spec: CommandSpec, argv: Sequence[str], fail: type[Exception]) -> dict[str, object]:
    """What argparse makes of ``argv``, its mistakes in our words: the option first, then what to do."""
    from argparse import ArgumentError

    options = [option for group in spec.groups for option in group.options]
    try:
        given, rest = make_parser(spec, fail).parse_known_args(_with_numbers(options, argv))
    except ArgumentError as error:
        flag = (error.argument_name or "").split("/")[0]
        raise _mistake(next((option for option in options if flag in option.flags), None), error, fail) from None
    if rest:
        text = _("smtpscope {command} knows no such option or argument; --help lists them")
        raise fail(" ".join(rest), text.format(command=spec.name))
    return vars(given)


def _mistake(option: Option | None, error: argparse.ArgumentError, fail: type[Exception]) -> Exception:
    """argparse finds two things wrong with an option: a value that it does not take, and none where it takes one."""
    if option is None:
        return fail(error.argument_name or "", error.message)
    if option.kind == "flag":
        return fail(option.shown, _("takes no value"))
    text = _("needs a value; one that begins with a hyphen is written {option}=VALUE")
    return fail(option.shown, text.format(option=option.shown))


def _with_numbers(options: Sequence[Option], argv: Sequence[str]) -> list[str]:
    """``argv`` with each number below 0 joined to its option, whose own check says what is wrong with it.

    argparse takes -1 for an option wherever there is one that looks like a number, as -4 does.
    """
    numeric = {flag for option in options if option.kind in ("number", "seconds", "optional") for flag in option.flags}
    words: list[str] = []
    for word in argv:
        below = word[:1] == "-" and word[1:].replace(".", "", 1).isdecimal()
        if below and words and words[-1] in numeric and "--" not in words:
            words[-1] += ("=" if words[-1].startswith("--") else "") + word
        else:
            words.append(word)
    return words


def _refuse_empty(options: Sequence[Option], given: Mapping[str, object], fail: type[Exception]) -> None:
    for option in options:
        value = given.get(option.name)
        if not (option.may_be_empty or option.kind == "words") and (
            value == "" or (isinstance(value, list) and "" in value)
        ):
            raise fail(option.shown, _("is empty; give it a value, or leave it out"))


def _narrow(spec: CommandSpec, argv: Sequence[str]) -> CommandSpec:
    """``spec`` with the options that ``argv`` may name, and all of them for --help.

    To tell argparse of sixty options takes as long as a whole conversation with a server nearby.
    """
    help_ = Option(("-h", "--help"), "")
    if any(map(help_.is_named, argv)):
        return spec
    return spec.replace(groups=tuple(Group(group.title, _named(group, argv)) for group in spec.groups))


def _named(group: Group, argv: Sequence[str]) -> tuple[Option, ...]:
    return tuple(o for o in group.options if not o.flags[0].startswith("-") or any(map(o.is_named, argv)))


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
