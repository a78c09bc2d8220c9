"""Colors: the escape sequences of a view. All are empty for output without color."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Mapping


class Palette(Value):
    """The escape sequence before each kind of text; ``reset`` follows the text."""

    head: str = ""
    dim: str = ""
    sent: str = ""
    good: str = ""
    warn: str = ""
    bad: str = ""
    reset: str = ""


# The values of --color.
AUTO, ALWAYS, NEVER = "auto", "always", "never"
COLOURS = (AUTO, ALWAYS, NEVER)

PLAIN = Palette()
COLOUR = Palette(
    head="\x1b[1m",
    dim="\x1b[2m",
    sent="\x1b[36m",
    good="\x1b[32m",
    warn="\x1b[33m",
    bad="\x1b[31m",
    reset="\x1b[0m",
)


def choose(tty: bool, environ: Mapping[str, str], when: str) -> Palette:
    """The palette for ``when``: auto, always, or never. Auto: on a terminal, unless NO_COLOR or TERM=dumb is set."""
    if when == AUTO:
        wanted = tty and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
    else:
        wanted = when == ALWAYS
    return COLOUR if wanted else PLAIN
