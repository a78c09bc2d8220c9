"""Encryption and certificates in words."""

from __future__ import annotations

from smtpscope.language import N_, _, fill
from smtpscope.model.event import Injected, Secured, Unsecured
from smtpscope.render.timestamp import utc_time
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smtpscope.protocol.certificate import Certificate

# Names of a certificate that are shown; there are some with a hundred.
NAMES = 12

# Days before the end at which a certificate should long have been renewed.
WARNING_DAYS = 21


# How a handshake ended where OpenSSL has no words for it.
_ENDS = {
    "closed": N_("connection closed during the TLS handshake"),
    "reset": N_("connection reset during the TLS handshake"),
    "timeout": N_("no reply to the TLS handshake in time"),
}


def tls_lines(event: Secured | Unsecured | Injected) -> Iterator[tuple[str, str]]:
    """What the event says, line by line, each with its style: good, warn, bad or dim."""
    match event:
        case Injected(data=data):
            yield (
                fill(
                    "{octets} unencrypted bytes received before the handshake; discarded: {text}",
                    octets=len(data),
                    text=data.decode("utf-8", "surrogateescape"),
                ),
                "bad",
            )
        case Secured():
            agreed = {"version": event.version, "cipher": event.cipher, "bits": event.bits}
            yield fill("encrypted: {version}, {cipher}, {bits} bits", **agreed), "good"
            yield from _chain(event.certificates, event.at)
            if event.name:  # the lab does not judge its own certificate
                yield _judgement(event), "good" if event.verified else "warn"
        case Unsecured():
            yield _failure(event), "bad"
            yield from _chain(event.certificates, event.at)


def _judgement(event: Secured) -> str:
    if event.verified:
        return fill("certificate verified for {name}", name=event.name)
    return fill(
        "certificate not verified: {problem} (checked for {name}); continuing",
        problem=problem_text(event.problem),
        name=event.name,
    )


def problem_text(problem: str) -> str:
    """What is wrong with a certificate: OpenSSL's words, or ours where it was not asked."""
    return _("the server sent no certificate") if problem == "no certificate" else problem


def _failure(event: Unsecured) -> str:
    if event.kind == "certificate":
        return fill(
            "certificate verification failed: {reason} (checked for {name})", reason=event.reason, name=event.name
        )
    if not event.reason and event.kind in _ENDS:
        return _(_ENDS[event.kind])
    return fill("TLS handshake failed: {reason}", reason=event.reason or event.kind)


def _chain(certificates: tuple[Certificate, ...], now: float) -> Iterator[tuple[str, str]]:
    for place, certificate in enumerate(certificates):
        if place:
            end = utc_time(certificate.not_after)
            yield fill("issuer: {subject}, valid to {end}", subject=certificate.subject, end=end), "dim"
        else:
            yield from _own(certificate, now)
    if certificates and certificates[-1].issuer != certificates[-1].subject:
        yield fill("issuer: {issuer} (certificate not sent)", issuer=certificates[-1].issuer), "dim"


def _own(certificate: Certificate, now: float) -> Iterator[tuple[str, str]]:
    """The server's own certificate: whose, for what names, how long, and by what it is recognised."""
    yield fill("certificate: {subject}, {key}", subject=certificate.subject, key=certificate.key), "dim"
    yield _valid_for(certificate.names), "dim"
    days = int((certificate.not_after - now) // 86400)
    span = {"begin": utc_time(certificate.not_before), "end": utc_time(certificate.not_after)}
    if days >= 0:
        text = fill("valid from {begin} to {end} ({days} days left)", **span, days=days)
    else:
        text = fill("valid from {begin} to {end} (expired)", **span)
    yield text, "dim" if days >= WARNING_DAYS else "warn"
    yield f"SHA-256 {certificate.fingerprint}", "dim"


def _valid_for(names: tuple[str, ...]) -> str:
    shown, more = ", ".join(names[:NAMES]), len(names) - NAMES
    if not names:
        return _("valid for no name")
    if more > 0:
        return fill("valid for: {names}, and {count} more", names=shown, count=more)
    return fill("valid for: {names}", names=shown)
