"""Sentences about encryption and certificates."""

from __future__ import annotations

from smtpscope.language import N_, _, fill
from smtpscope.model.event import Injected, Secured, Unsecured
from smtpscope.render.timestamp import utc_time
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smtpscope.protocol.certificate import Certificate

# How many names of a certificate are shown. Some certificates have a hundred.
NAMES = 12

# Fewer days than this until the certificate expires: it should have been renewed already.
WARNING_DAYS = 21


# How a handshake ended if OpenSSL has no error message for it.
_ENDS = {
    "closed": N_("connection closed during the TLS handshake"),
    "reset": N_("connection reset during the TLS handshake"),
    "timeout": N_("no reply to the TLS handshake in time"),
}


def tls_lines(event: Secured | Unsecured | Injected) -> Iterator[tuple[str, str]]:
    """The lines for an event, each with the name of its style in the palette: good, warn, bad, or dim."""
    match event:
        case Injected(data=data):
            text = N_("{octets} unencrypted bytes received before the handshake; discarded: {text}")
            yield fill(text, octets=len(data), text=data.decode("utf-8", "surrogateescape")), "bad"
        case Secured(name=name):
            session = {"version": event.version, "cipher": event.cipher, "bits": event.bits}
            yield fill("encrypted: {version}, {cipher}, {bits} bits", **session), "good"
            yield from _chain(event.certificates, event.at)
            if name and event.verified:
                yield fill("certificate verified for {name}", name=name), "good"
            elif name:  # empty in the lab, which does not verify its own certificate
                text = N_("certificate not verified: {problem} (checked for {name}); continuing")
                yield fill(text, problem=problem_text(event.problem), name=name), "warn"
        case Unsecured():
            yield _failure_text(event), "bad"
            yield from _chain(event.certificates, event.at)


def problem_text(problem: str) -> str:
    """What is wrong with a certificate: OpenSSL's message, or a sentence if there was no certificate to verify."""
    return _("the server sent no certificate") if problem == "no certificate" else problem


def _failure_text(event: Unsecured) -> str:
    if event.kind == "certificate":
        return fill(
            "certificate verification failed: {reason} (checked for {name})", reason=event.reason, name=event.name
        )
    if not event.reason and event.kind in _ENDS:
        return _(_ENDS[event.kind])
    return fill("TLS handshake failed: {reason}", reason=event.reason or event.kind)


def _chain(certificates: tuple[Certificate, ...], now: float) -> Iterator[tuple[str, str]]:
    """The server's certificate, its issuers, and the last issuer if its certificate was not sent."""
    for index, certificate in enumerate(certificates):
        if index == 0:
            yield from _server_certificate(certificate, now)
        else:
            end = utc_time(certificate.not_after)
            yield fill("issuer: {subject}, valid to {end}", subject=certificate.subject, end=end), "dim"
    if certificates and certificates[-1].issuer != certificates[-1].subject:
        yield fill("issuer: {issuer} (certificate not sent)", issuer=certificates[-1].issuer), "dim"


def _server_certificate(certificate: Certificate, now: float) -> Iterator[tuple[str, str]]:
    """The server's own certificate: subject, key, names, period of validity, and fingerprint."""
    yield fill("certificate: {subject}, {key}", subject=certificate.subject, key=certificate.key), "dim"
    names, more = ", ".join(certificate.names[:NAMES]), len(certificate.names) - NAMES
    if not certificate.names:
        yield _("valid for no name"), "dim"
    elif more > 0:
        yield fill("valid for: {names}, and {count} more", names=names, count=more), "dim"
    else:
        yield fill("valid for: {names}", names=names), "dim"
    days = int((certificate.not_after - now) // 86400)
    span = {"begin": utc_time(certificate.not_before), "end": utc_time(certificate.not_after)}
    if days >= 0:
        text = fill("valid from {begin} to {end} ({days} days left)", **span, days=days)
    else:
        text = fill("valid from {begin} to {end} (expired)", **span)
    yield text, "dim" if days >= WARNING_DAYS else "warn"
    yield f"SHA-256 {certificate.fingerprint}", "dim"
