"""Hold an SMTP conversation, see every line, know what it means."""

from __future__ import annotations

__all__ = [
    "Envelope",
    "Plan",
    "Target",
    "Tls",
    "__version__",
    "await_dsn",
    "explain",
    "explain_text",
    "judge",
    "lab_running",
    "perform",
    "run_in_lab",
    "run_script",
    "run_test",
]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from smtpscope.api import perform
    from smtpscope.diagnosis.outcome import judge
    from smtpscope.dialogue.plan import Envelope, Plan, Target, Tls
    from smtpscope.knowledge.catalogue import explain
    from smtpscope.services.explain import explain_text
    from smtpscope.services.lab import run_in_lab
    from smtpscope.services.notification import await_dsn
    from smtpscope.services.script import run_script
    from smtpscope.services.test import run_test
    from smtpscope.testing import lab_running
    from smtpscope.version import __version__

# The module that each public name is taken from when it is first used: a probe on the command line needs few of them.
_HOMES = {
    "__version__": "smtpscope.version",
    "Envelope": "smtpscope.dialogue.plan",
    "Plan": "smtpscope.dialogue.plan",
    "Target": "smtpscope.dialogue.plan",
    "Tls": "smtpscope.dialogue.plan",
    "await_dsn": "smtpscope.services.notification",
    "explain": "smtpscope.knowledge.catalogue",
    "explain_text": "smtpscope.services.explain",
    "judge": "smtpscope.diagnosis.outcome",
    "lab_running": "smtpscope.testing",
    "perform": "smtpscope.api",
    "run_in_lab": "smtpscope.services.lab",
    "run_script": "smtpscope.services.script",
    "run_test": "smtpscope.services.test",
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
