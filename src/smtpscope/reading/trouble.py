"""Reads a program's error text about a failed connection, and makes an event of it.

This is the only place that distinguishes failures by text, as Telnet, swaks, curl, and the logs of mail servers write
it. Other modules use the kind of the event.
"""

from __future__ import annotations

import re

from smtpscope.model.event import Disconnected, Failed, GaveUp, Injected, TimedOut, Unsecured
from smtpscope.model.trouble import HandshakeFailure
from smtpscope.model.vocabulary import FailureKind, Party, Reason
from smtpscope.protocol.phase import Phase
from smtpscope.safetext import octets
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.model.event import Event

CLOSED = "closed"

# How smtpscope's own output reports unencrypted bytes before the TLS handshake, after which the session continues.
_INJECTED = re.compile(r"\d+ (?:octets came|bytes came|unencrypted bytes received) ")

# Kind of failure, and texts (in lower case) that report it. The first row that matches is used.
_KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (FailureKind.NULL_MX, ("null mx",)),
    (
        FailureKind.TLS,
        ("tls startup failed", "tls failed", "ssl connect error", "ssl routines", "handshake", "certificate "),
    ),
    (
        FailureKind.DNS,
        (
            "name or service not known",
            "nodename nor servname",
            "could not resolve",
            "couldn't resolve",
            "unknown host",
            "name resolution",
            ": lookup failed",
            ": dns did not",
        ),
    ),
    (FailureKind.REFUSED, ("connection refused", "actively refused", "winsock error code: 10061", ": refused:")),
    (FailureKind.TIMEOUT, ("timed out", "timeout", "winsock error code: 10060", "no answer within", "no reply within")),
    (FailureKind.UNREACHABLE, ("no route to host", "unreachable")),
    (FailureKind.DENIED, ("permission denied", "operation not permitted", ": denied:", "blocked by this")),
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
)

# Texts of a client that gave up by its own decision, and the decision.
_DECISIONS: tuple[tuple[str, GaveUp], ...] = (
    ("did not advertise starttls", GaveUp(0.0, Phase.STARTTLS, Reason.TLS_NOT_ANNOUNCED)),
    ("end of a reply", GaveUp(0.0, Phase.OTHER, Reason.REPLY_FLOOD, (("count", "?"),))),
    ("end of the reply", GaveUp(0.0, Phase.OTHER, Reason.REPLY_FLOOD, (("count", "?"),))),
)


def classify(words: str) -> str:
    """The FailureKind that ``words`` report, or CLOSED; OTHER if they report no known kind."""
    text = words.lower()
    return next((kind for kind, signs in _KINDS if any(sign in text for sign in signs)), FailureKind.OTHER)


def is_trouble(words: str) -> bool:
    """Whether ``words`` report that the connection failed, or that the client gave up."""
    return classify(words) != FailureKind.OTHER or _decision(words) is not None


def _decision(words: str) -> GaveUp | None:
    return next((decision for sign, decision in _DECISIONS if sign in words.lower()), None)


def trouble_event(words: str, phase: Phase, server: str) -> Event:
    """The event that ``words`` report, in ``phase`` of a session with ``server``."""
    if _INJECTED.search(words):
        return Injected(0.0, Phase.STARTTLS, octets(words))
    decided = _decision(words)
    if decided:
        return decided if decided.phase is not Phase.OTHER else decided.replace(phase=phase)
    kind = classify(words)
    if kind == CLOSED:
        return Disconnected(0.0, phase, Party.PEER)
    if kind == FailureKind.TLS:
        return Unsecured(0.0, Phase.TLS, server, HandshakeFailure.HANDSHAKE, words)
    if kind == FailureKind.TIMEOUT and phase is not Phase.CONNECT:
        return TimedOut(0.0, phase, 0.0, b"")
    return Failed(0.0, phase, FailureKind(kind), server, words)
