"""What programs say of a connection that failed, in their own words, as events.

This is the one place that tells the kinds of failure apart by words: Telnet, swaks, curl and the logs of mail servers
say them. Behind it, only the kind of the event counts.
"""

from __future__ import annotations

from smtpscope.model.event import Disconnected, Failed, GaveUp, TimedOut, Unsecured
from smtpscope.model.vocabulary import FailureKind, Party, Reason
from smtpscope.protocol.phase import Phase
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.model.event import Event

CLOSED = "closed"

# Words, in lower case, and the kind of failure that they name. The first row that fits counts.
_KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        FailureKind.DNS,
        (
            "name or service not known",
            "nodename nor servname",
            "could not resolve",
            "couldn't resolve",
            "unknown host",
            "name resolution",
        ),
    ),
    (FailureKind.REFUSED, ("connection refused", "actively refused", "winsock error code: 10061", ": refused:")),
    (FailureKind.TIMEOUT, ("timed out", "timeout", "winsock error code: 10060", "no answer within", "no reply within")),
    (FailureKind.UNREACHABLE, ("no route to host", "unreachable")),
    (FailureKind.DENIED, ("permission denied", "operation not permitted", ": denied:")),
    (FailureKind.RESET, ("connection reset", "broken pipe", ": reset:")),
    (
        CLOSED,
        (
            "closed by foreign host",
            "host lost",
            "closed connection",
            "connection closed",
            "lost connection",
            "遗失",
            "失去",
        ),
    ),
    (FailureKind.TLS, ("tls startup failed", "ssl connect error", "ssl routines", "handshake")),
)

# What a client says that does not go on without something that the server does not advertise.
_ABSENT = (("did not advertise starttls", Phase.STARTTLS, Reason.TLS_NOT_ANNOUNCED),)


def classify(words: str) -> str:
    """The FailureKind that ``words`` name, or CLOSED; OTHER where they name none."""
    text = words.lower()
    return next((kind for kind, signs in _KINDS if any(sign in text for sign in signs)), FailureKind.OTHER)


def is_trouble(words: str) -> bool:
    """Whether ``words`` say that the connection failed, or that the client gave up."""
    return classify(words) != FailureKind.OTHER or any(sign in words.lower() for sign, _phase, _why in _ABSENT)


def trouble_event(words: str, phase: Phase, server: str) -> Event:
    """The event that ``words``, said in ``phase`` of a session with ``server``, tell of."""
    for sign, at, why in _ABSENT:
        if sign in words.lower():
            return GaveUp(0.0, at, why)
    kind = classify(words)
    if kind == CLOSED:
        return Disconnected(0.0, phase, Party.PEER)
    if kind == FailureKind.TLS:
        return Unsecured(0.0, Phase.TLS, server, "handshake", words)
    if kind == FailureKind.TIMEOUT and phase is not Phase.CONNECT:
        return TimedOut(0.0, phase, 0.0, b"")
    return Failed(0.0, phase, FailureKind(kind), server, words)
