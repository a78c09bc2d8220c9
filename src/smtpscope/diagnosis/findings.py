"""Findings about one session besides its outcome, also after a success, from its events."""

from __future__ import annotations

from smtpscope.model.claim import Goal
from smtpscope.model.event import Disconnected, Failed, Injected, Received, Secured, Sent, Unsolicited
from smtpscope.model.vocabulary import Party
from smtpscope.protocol.capability import parse_capabilities
from smtpscope.protocol.phase import Phase
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from smtpscope.model.event import Event
    from smtpscope.model.finding import Finding
    from smtpscope.model.report import Proof

# Largest number of replies without a command that get a finding each.
MOST = 5

# TLS versions that are deprecated (RFC 8996, RFC 7568).
_OLD = ("SSLv3", "TLSv1", "TLSv1.1")

# How much each finding matters, and who can change it (model.finding: Severity, Actor).
_KINDS: dict[str, tuple[str, str]] = {
    "unasked-reply": ("warning", "their-admin"),
    "more-unasked-replies": ("warning", "their-admin"),
    "quit-reply": ("notice", "their-admin"),
    "injected-before-tls": ("error", "network"),
    "certificate-unverified": ("warning", "their-admin"),
    "old-tls": ("warning", "their-admin"),
    "starttls-overwritten": ("warning", "network"),
    "starttls-unused": ("notice", "you"),
    "closed-after-acceptance": ("info", "their-admin"),
    "closed-after-last-chunk": ("warning", "network"),
    "reset-after-acceptance": ("warning", "network"),
}


def find_findings(events: Sequence[Event], proofs: Sequence[Proof]) -> tuple[Finding, ...]:
    """Every finding about the session with one server."""
    return (*_unasked(events), *_encryption(events), *_end(events, proofs))


def _finding(name: str, /, **details: object) -> Finding:
    from smtpscope.model.finding import Action, Actor, Finding, NextStep, Severity

    severity, actor = _KINDS[name]
    compared = NextStep(Action.COMPARE_WITH_DATA, settings=(("use.CHUNKING", "forbid"),))
    steps = (compared,) if name == "closed-after-last-chunk" else ()
    texts = tuple((key, str(value)) for key, value in details.items())
    return Finding(name, texts, Severity(severity), Actor(actor), steps)


def _unasked(events: Sequence[Event]) -> Iterator[Finding]:
    """Replies without a command, and a reply to QUIT that is not 221."""
    replies = [event for event in events if isinstance(event, Unsolicited)]
    for event in replies[:MOST]:
        yield _finding("unasked-reply", phase=event.phase.value, said=_text(event))
    if len(replies) > MOST:
        yield _finding("more-unasked-replies", count=len(replies) - MOST)
    farewell = next((event for event in events if isinstance(event, Received) and event.phase is Phase.QUIT), None)
    if farewell and farewell.reply.code not in (221, 421):
        yield _finding("quit-reply", said=_text(farewell))


def _text(event: Received | Unsolicited) -> str:
    return f"{event.reply.code:03d} {event.reply.lines[-1]}"


def _encryption(events: Sequence[Event]) -> Iterator[Finding]:
    """Injected bytes, an unverified certificate, an old TLS version, or no encryption."""
    for event in events:
        if isinstance(event, Injected):
            yield _finding("injected-before-tls", count=len(event.data))
    secured = next((event for event in reversed(events) if isinstance(event, Secured)), None)
    if secured is None:
        yield from _unencrypted(events)
        return
    if secured.problem:
        yield _finding("certificate-unverified", problem=secured.problem, name=secured.name)
    if secured.version in _OLD:
        yield _finding("old-tls", version=secured.version)


def _unencrypted(events: Sequence[Event]) -> Iterator[Finding]:
    """A firewall has overwritten STARTTLS, or STARTTLS was not used although mail or a login was sent."""
    received = (event for event in events if isinstance(event, Received))
    hello = next((event for event in received if event.phase is Phase.EHLO and event.reply.code == 250), None)
    sent = any(isinstance(event, Sent) and event.verb in ("MAIL", "AUTH") for event in events)
    if hello is None or hello.command[:4].upper() == "HELO":
        return
    announced = parse_capabilities(hello.reply)
    if announced.overwritten:
        yield _finding("starttls-overwritten", keyword=announced.overwritten[0])
    elif sent and announced.has("STARTTLS"):
        yield _finding("starttls-unused")


def _end(events: Sequence[Event], proofs: Sequence[Proof]) -> Iterator[Finding]:
    """A connection that ended after the message was accepted, instead of a reply to QUIT."""
    accepted = any(proof.holds and proof.claim.goal is Goal.MESSAGE for proof in proofs)
    farewell = any(isinstance(event, Received) and event.phase is Phase.QUIT for event in events)
    if not accepted or farewell:
        return
    chunked = any(isinstance(event, Sent) and event.verb == "BDAT" for event in events)
    for event in events:
        if isinstance(event, Failed) and event.phase is Phase.QUIT:
            yield _finding("closed-after-last-chunk" if chunked else "reset-after-acceptance")
            return
        if isinstance(event, Disconnected) and event.by is Party.PEER and event.phase is Phase.QUIT:
            yield _finding("closed-after-last-chunk" if chunked else "closed-after-acceptance")
            return
