"""The extensions that an EHLO reply advertises: in one line, and explained one by one from the catalogue."""

from __future__ import annotations

from smtpscope.language import current, fill
from smtpscope.protocol.capability import parse_capabilities
from smtpscope.protocol.command import MAIL_PARAMETERS, RCPT_PARAMETERS
from smtpscope.render.visible import visible
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.protocol.capability import Capabilities
    from smtpscope.protocol.reply import Reply

_MEGABYTE, _KILOBYTE = 1 << 20, 1 << 10


def capability_lines(reply: Reply) -> list[str]:
    """A line for each known keyword of an EHLO reply, as in ``extension_lines``."""
    return extension_lines(parse_capabilities(reply))


def extension_lines(announced: Capabilities) -> list[str]:
    """A line for each keyword: what the extension does, and its specification. Unknown keywords are left out."""
    from smtpscope.knowledge.catalogue import extension

    known = [extension(keyword, current()) for keyword, _values in announced.keywords]
    return [visible(f"{entry.keyword}: {entry.meaning} ({entry.reference})") for entry in known if entry]


def summary(announced: Capabilities) -> str:
    """The keywords in one line, with the parameters that they allow: ``STARTTLS; SIZE (36 MB); DSN (NOTIFY= ...)``."""
    return visible("; ".join(_keyword_text(keyword, values, announced) for keyword, values in announced.keywords))


def _keyword_text(keyword: str, values: tuple[str, ...], announced: Capabilities) -> str:
    if keyword == "SIZE" and announced.size:
        return f"SIZE ({size_text(announced.size)})"
    allowed = [name for name, extension in {**MAIL_PARAMETERS, **RCPT_PARAMETERS}.items() if extension == keyword]
    parameters = " ".join(f"{name}=" for name in allowed if name != keyword)
    return " ".join((keyword, *values)) + (f" ({parameters})" if parameters else "")


def size_text(count: int) -> str:
    """A number of bytes for people: ``36 MB``. 1 MB is 1,048,576 bytes, as in the limits that administrators set."""
    for unit, size in (("MB", _MEGABYTE), ("kB", _KILOBYTE)):
        if count >= max(size, 10_000):
            return f"{count / size:.1f} {unit}".replace(".0 ", " ")
    return fill("{count} bytes", count=count)
