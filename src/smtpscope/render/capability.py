"""The lines of the EHLO answer in words, from the catalogue."""

from __future__ import annotations

from smtpscope.language import current
from smtpscope.protocol.capability import parse_capabilities
from smtpscope.render.visible import visible
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.protocol.reply import Reply


def capability_lines(reply: Reply) -> list[str]:
    """What each keyword offers and where it is specified; one that nobody knows is left out."""
    from smtpscope.knowledge.catalogue import extension

    known = [extension(keyword, current()) for keyword, _parameters in parse_capabilities(reply).keywords]
    return [visible(f"{entry.keyword}: {entry.meaning} ({entry.reference})") for entry in known if entry]
