"""The help of a command, which argparse lays out."""

from __future__ import annotations

import argparse
import os

from smtpscope.language import _
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from smtpscope.cli.options.spec import Option, Options


def show_help(kind: type[Options]) -> None:
    """Write the help of a command on standard output, in the language in use."""
    make_parser(kind).print_help()


def make_parser(kind: type[Options]) -> argparse.ArgumentParser:
    """What argparse makes of the options of a command, without the values that their texts stand for."""
    argparse._ = _  # type: ignore[attr-defined] # its own words, too, in the language in use
    summary = _(kind.command.summary)
    parser = argparse.ArgumentParser(
        prog=f"smtpscope {kind.command.name}",
        description=_("{summary}.").format(summary=summary[:1].upper() + summary[1:]),
        epilog=_(kind.command.epilog),
        argument_default=argparse.SUPPRESS,
        formatter_class=lambda prog: argparse.HelpFormatter(prog, width=_columns()),
        allow_abbrev=False,
        exit_on_error=False,
    )
    for group in kind.groups:
        target = parser.add_argument_group(_(group.title))
        for field, option in group.members:
            _add(target, field, option)
    return parser


def _add(target: argparse._ArgumentGroup, field: str, option: Option) -> None:
    settings: dict[str, Any] = {"help": option.shown_help}
    if option.kind == "flag":
        settings["action"] = "store_true"
    else:
        settings["metavar"] = _metavar(option)
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


def _columns() -> int:
    """The width of the help, in columns: COLUMNS, else that of the terminal, else 100."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isascii() and columns.isdigit():
        return max(int(columns) - 2, 40)
    try:
        return max(min(os.get_terminal_size(1).columns, 120) - 2, 40)
    except OSError:
        return 100
