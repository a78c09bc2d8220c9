"""Error messages for HOST:PORT."""

from __future__ import annotations

from smtpscope.language import _
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.protocol.endpoint import EndpointError


def endpoint_fault(error: EndpointError, lowest: int = 1) -> str:
    """One sentence in the current language. ``lowest`` is the lowest port allowed."""
    if error.part == "port":
        text = _("{value!r} is no port; give a number from {lowest} to 65535")
        return text.format(value=error.text, lowest=lowest)
    if error.part == "form":
        return _("{text!r} is no [ADDRESS] or [ADDRESS]:PORT").format(text=error.text)
    return _("{text!r} is no host name or address").format(text=error.text)
