"""How a field of the library is set at the prompt of the console, and how a next step is taken there."""

from __future__ import annotations

from smtpscope.render.errors import error_text
from smtpscope.render.front import Front
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.errors import SmtpscopeError
    from smtpscope.model.finding import NextStep

SETTINGS: dict[str, str] = {
    "Tls.ca": "set ca",
    "Target.resolver": "mx",
    "script": "replay",
}

# Fields of a plan, and the line that sets them, at the session's prompt or at the client's; ``tls.mode`` by its value.
_LINES: dict[str, str] = {
    "tls.mode=require": "STARTTLS",
    "tls.ca": "set ca {value}",
    "tls.verify": "set verify off",
    "envelope.helo": "EHLO {value}",
    "login.user": "auth MECHANISM {value}",
}


def complaint(error: SmtpscopeError) -> str:
    """The error as the console says it: the command or setting first."""
    name = SETTINGS.get(error.field, error.field)
    return f"{name}: {error_text(error)}" if name else error_text(error)


class ConsoleLine(Front):
    """The front of the console: a step is taken by a line at one of its prompts."""

    def setting(self, field: str, value: str = "") -> str:
        """The line that sets ``field``; empty where the console has none."""
        line = _LINES.get(f"{field}={value}", _LINES.get(field, ""))
        return line.format(value=value)

    def command(self, step: NextStep) -> str:
        """The first line to type; empty where there is none."""
        changes = dict(step.settings)
        if "target.host" in changes or "target.port" in changes or changes.get("tls.mode") == "implicit":
            return _open(step.target, changes)
        lines = (self.setting(field, value) for field, value in step.settings)
        return next(filter(None, lines), super().command(step))


def _open(target: str, changes: dict[str, str]) -> str:
    """``open HOST PORT tls``; the port of implicit TLS is 465 where no other is named (RFC 8314)."""
    tls = changes.get("tls.mode") == "implicit"
    host, port = changes.get("target.host", target), changes.get("target.port", "465" if tls else "")
    return " ".join(word for word in ("open", host or "HOST", port, "tls" if tls else "") if word)


CONSOLE = ConsoleLine()
