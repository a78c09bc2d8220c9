"""Writes the parts of the reference that follow from the code. `python docs/generate.py`; a test holds them equal."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from smtpscope.cli.exit import Exit, meaning
from smtpscope.cli.main import COMMANDS
from smtpscope.cli.options.spec import CommandSpec, Option

REFERENCE = Path(__file__).parent / "reference"


def exit_codes() -> str:
    """The table of exit codes, as Markdown."""
    rows = [f"| {code.value} | {code.name} | {meaning(code)} |" for code in Exit]
    return "\n".join(["# Exit codes", "", "| code | name | meaning |", "|---|---|---|", *rows, ""])


def specs() -> list[CommandSpec]:
    """The options of every command."""
    return [import_module(f"smtpscope.cli.options.{name}").SPEC for name in COMMANDS]


def options() -> str:
    """The options of every command, as Markdown."""
    lines = ["# Options", ""]
    for command in specs():
        lines += [f"## smtpscope {command.name}", "", command.summary.capitalize() + ".", ""]
        for group in command.groups:
            lines += [f"### {group.title}", "", "| option | meaning |", "|---|---|"]
            lines += [_row(option) for option in group.options] + [""]
    return "\n".join(lines)


def _row(option: Option) -> str:
    value = "|".join(option.choices) or option.metavar
    shown = ", ".join(f"`{flag}`" for flag in option.flags) + (f" {value}" if value else "")
    return "| " + shown.replace("|", "\\|") + f" | {option.shown_help} |"


PAGES = {"exit-codes.md": exit_codes, "options.md": options}


def main() -> None:
    """Write every page."""
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
