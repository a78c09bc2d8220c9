"""Error messages on standard error, and the width of the terminal."""

from __future__ import annotations

import os
import sys

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO


def complain(text: str, who: str = "smtpscope") -> None:
    """Write one error message to standard error. Unsafe characters in it are shown as escapes.

    Lines after the first are indented, so that no value can look like another error message.
    """
    from smtpscope.render.visible import visible

    first, *others = map(visible, text.split("\n"))
    sys.stderr.write(f"{who}: {first}\n" + "".join(f"    {line.removeprefix('    ')}\n" for line in others))


def columns(out: TextIO) -> int:
    """The width for text, in columns: that of the terminal, from 40 to 120; 100 without a terminal."""
    try:
        return max(min(os.get_terminal_size(out.fileno()).columns, 120), 40)
    except (OSError, ValueError):
        return 100
