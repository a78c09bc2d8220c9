"""Hold an SMTP conversation, see every line, know what it means."""

from __future__ import annotations

__version__ = "0.1.0"

__all__ = [
    "Envelope",
    "Plan",
    "Target",
    "Tls",
    "__version__",
    "check",
    "explain",
    "judge",
    "lab_running",
    "perform",
]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from smtpscope.api import check, perform
    from smtpscope.diagnosis.verdict import judge
    from smtpscope.dialogue.plan import Envelope, Plan, Target, Tls
    from smtpscope.knowledge.catalogue import explain
    from smtpscope.testing import lab_running

# The module that each public name is taken from when it is first used: a probe on the command line needs few of them.
_HOMES = {
    "Envelope": "smtpscope.dialogue.plan",
    "Plan": "smtpscope.dialogue.plan",
    "Target": "smtpscope.dialogue.plan",
    "Tls": "smtpscope.dialogue.plan",
    "check": "smtpscope.api",
    "explain": "smtpscope.knowledge.catalogue",
    "judge": "smtpscope.diagnosis.verdict",
    "lab_running": "smtpscope.testing",
    "perform": "smtpscope.api",
}


def __getattr__(name: str) -> object:
    """A public name, loaded now."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(__import__(_HOMES[name], fromlist=[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*globals(), *_HOMES]
