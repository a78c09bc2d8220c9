"""A sentence for a failed connection or lookup: its kind, and the error message of the system."""

from __future__ import annotations

from smtpscope.language import N_, fill
from smtpscope.model.vocabulary import FailureKind
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.model.event import Failed

# The sentence for each kind: without the system's error message, and with it.
_KINDS: dict[FailureKind, tuple[str, str]] = {
    FailureKind.DNS: (N_("{target}: DNS did not respond in time"), N_("{target}: lookup failed: {reason}")),
    FailureKind.NULL_MX: (
        N_("{target}: the domain does not accept mail (null MX, RFC 7505)"),
        N_("{target}: the domain does not accept mail (null MX, RFC 7505)"),
    ),
    FailureKind.REFUSED: (N_("{target}: connection refused"), N_("{target}: connection refused ({reason})")),
    FailureKind.TIMEOUT: (N_("{target}: timed out"), N_("{target}: timed out ({reason})")),
    FailureKind.UNREACHABLE: (N_("{target}: unreachable"), N_("{target}: unreachable ({reason})")),
    FailureKind.RESET: (N_("{target}: connection reset"), N_("{target}: connection reset ({reason})")),
    FailureKind.DENIED: (
        N_("{target}: blocked by this machine"),
        N_("{target}: blocked by this machine ({reason})"),
    ),
    FailureKind.TLS: (N_("{target}: TLS failed"), N_("{target}: TLS failed: {reason}")),
    FailureKind.OTHER: (N_("{target}: connection failed"), N_("{target}: connection failed: {reason}")),
}


def failure_text(event: Failed) -> str:
    """What failed. The system's error message is shown as is: people search for it."""
    plain, with_reason = _KINDS[event.kind]
    return fill(with_reason if event.reason else plain, target=event.target, reason=event.reason)
