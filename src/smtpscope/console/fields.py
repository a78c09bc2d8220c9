"""How a field of the library is set at the prompt of the console."""

from __future__ import annotations

from smtpscope.render.errors import error_text
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.errors import SmtpscopeError

SETTINGS: dict[str, str] = {
    "Tls.ca": "set ca",
    "Target.resolver": "mx",
    "script": "replay",
}


def complaint(error: SmtpscopeError) -> str:
    """The error as the console says it: the command or setting first."""
    name = SETTINGS.get(error.field, error.field)
    return f"{name}: {error_text(error)}" if name else error_text(error)
