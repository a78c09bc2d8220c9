"""Encryption and certificates in words."""

from __future__ import annotations

from smtpscope.language import _
from smtpscope.model.event import Injected, Secured, Unsecured
from smtpscope.render.moment import moment
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smtpscope.protocol.certificate import Certificate

# Names of a certificate that are shown; there are some with a hundred.
NAMES = 12

# Days before the end at which a certificate should long have been renewed.
WARNING_DAYS = 21


def tls_lines(event: Secured | Unsecured | Injected) -> Iterator[tuple[str, str]]:
    """What the event says, line by line, each with its style: good, warn, bad or dim."""
    match event:
        case Injected(data=data):
            text = _("{octets} octets came in clear ahead of the handshake and are not used: {text}")
            yield text.format(octets=len(data), text=data.decode("utf-8", "surrogateescape")), "bad"
        case Secured():
            text = _("encrypted: {version}, {cipher}, {bits} bits")
            yield text.format(version=event.version, cipher=event.cipher, bits=event.bits), "good"
            yield from _chain(event.certificates, event.at)
            if event.name:  # the lab does not judge its own certificate
                yield _judgement(event), "good" if event.verified else "warn"
        case Unsecured():
            yield _failure(event), "bad"
            yield from _chain(event.certificates, event.at)


def _judgement(event: Secured) -> str:
    if event.verified:
        return _("the certificate is good for {name}").format(name=event.name)
    text = _("the certificate proves nothing: {problem} (held against {name}); going on all the same")
    return text.format(problem=event.problem, name=event.name)


def _failure(event: Unsecured) -> str:
    if event.kind == "certificate":
        text = _("the certificate does not stand the test: {reason} (held against {name})")
    else:
        text = _("the handshake failed: {reason}")
    return text.format(reason=event.reason, name=event.name)


def _chain(certificates: tuple[Certificate, ...], now: float) -> Iterator[tuple[str, str]]:
    for place, certificate in enumerate(certificates):
        if place:
            text = _("signed by: {subject}, until {end}")
            yield text.format(subject=certificate.subject, end=moment(certificate.not_after)), "dim"
        else:
            yield from _own(certificate, now)
    if certificates and certificates[-1].issuer != certificates[-1].subject:
        yield _("signed by: {issuer} (not sent)").format(issuer=certificates[-1].issuer), "dim"


def _own(certificate: Certificate, now: float) -> Iterator[tuple[str, str]]:
    """The server's own certificate: whose, for what names, how long, and by what it is recognised."""
    yield _("certificate of {subject}, {key}").format(subject=certificate.subject, key=certificate.key), "dim"
    names = ", ".join(certificate.names[:NAMES]) or _("none")
    more = len(certificate.names) - NAMES
    tail = _(" and {count} more").format(count=more) if more > 0 else ""
    yield _("good for the names {names}").format(names=names) + tail, "dim"
    days = int((certificate.not_after - now) // 86400)
    span = _("from {begin} until {end}").format(begin=moment(certificate.not_before), end=moment(certificate.not_after))
    left = _(" ({days} days left)").format(days=days) if days >= 0 else _(" (expired)")
    yield span + left, "dim" if days >= WARNING_DAYS else "warn"
    yield f"SHA-256 {certificate.fingerprint}", "dim"
