"""What the terminal can show."""

from __future__ import annotations

import os
import sys

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO


def complain(text: str, who: str = "smtpscope") -> None:
    """One complaint on standard error. What the user gave stands in it, as far as it can be shown.

    A line behind the first is indented, so that no value can look like a complaint of its own.
    """
    from smtpscope.render.visible import visible

    first, *others = map(visible, text.split("\n"))
    sys.stderr.write(f"{who}: {first}\n" + "".join(f"    {line.removeprefix('    ')}\n" for line in others))


def columns(out: TextIO) -> int:
    """The width for prose: that of the terminal, between 40 and 120 columns; 100 where there is none."""
    try:
        return max(min(os.get_terminal_size(out.fileno()).columns, 120), 40)
    except (OSError, ValueError):
        return 100
