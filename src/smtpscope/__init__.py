"""Hold an SMTP conversation, see every line, know what it means."""

from __future__ import annotations

__version__ = "0.1.0"

__all__ = ["__version__", "explain", "lab_running"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from smtpscope.knowledge.catalogue import explain
    from smtpscope.testing import lab_running


def __getattr__(name: str) -> object:
    """The public functions, loaded when they are first used: a probe on the command line needs none of them."""
    if name == "explain":
        from smtpscope.knowledge.catalogue import explain

        return explain
    if name == "lab_running":
        from smtpscope.testing import lab_running

        return lab_running
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
