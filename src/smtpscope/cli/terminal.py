"""What the terminal can show."""

from __future__ import annotations

import os

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO


def columns(out: TextIO) -> int:
    """The width for prose: that of the terminal, between 40 and 120 columns; 100 where there is none."""
    try:
        return max(min(os.get_terminal_size(out.fileno()).columns, 120), 40)
    except (OSError, ValueError):
        return 100
