"""Explains a certificate that fails verification (RFC 5280 section 6, RFC 9525)."""

from __future__ import annotations

from smtpscope.model.event import Secured
from smtpscope.model.explanation import Explanation
from smtpscope.model.finding import Action, Actor, NextStep
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.model.event import Unsecured
    from smtpscope.protocol.certificate import Certificate

CERTIFICATE = "tls.certificate"

# OpenSSL's numbers (X509_V_ERR_...). They do not change between versions.
_DATES = {9: "not-yet-valid", 10: "expired"}
_SELF_SIGNED, _NAMES = (18,), (62, 64)
_NO_ISSUER = (2, 19, 20, 21)
_WEAK = (66, 67, 68)

_RULES = {
    **_DATES,
    **dict.fromkeys(_NAMES, "wrong-name"),
    **dict.fromkeys(_SELF_SIGNED, "self-signed"),
    **dict.fromkeys(_NO_ISSUER, "unknown-authority"),
    **dict.fromkeys(_WEAK, "weak"),
}

_IGNORE = NextStep(Action.IGNORE_CERTIFICATE, settings=(("tls.verify", "no"),))


def explain_certificate(event: Secured | Unsecured) -> Explanation:
    """Why the certificate is not verified, by OpenSSL's number in ``event``."""
    own = event.certificates[0] if event.certificates else None
    reason = event.problem if isinstance(event, Secured) else event.reason
    if event.code in _DATES and own:
        found = _dates(event, own)
    elif event.code in _NAMES and own:
        found = _name(event, own)
    elif event.code in _SELF_SIGNED:
        found = _found(
            (
                NextStep(Action.TRUST_CERTIFICATE, settings=(("tls.ca", "FILE"),)),
                NextStep(Action.PUBLIC_CERTIFICATE, Actor.THEIR_ADMIN),
            ),
            ("RFC 7435", "RFC 8314 section 3.4"),
        )
    elif event.code in _NO_ISSUER and event.certificates:
        found = _no_issuer(event.certificates)
    elif event.code in _WEAK:
        found = _found((NextStep(Action.STRONGER_KEY, Actor.THEIR_ADMIN),), ("RFC 9325 section 4.2",))
    else:
        found = _found((), (), reason=reason).replace(message="certificate.other")
    advice = found.advice if isinstance(event, Secured) else (*found.advice, _IGNORE)
    return found.replace(
        rule=f"certificate.{_RULES.get(event.code, 'other')}",
        evidence=(f"openssl={event.code}", f"text={reason}", f"name={event.name}"),
        advice=advice,
    )


def _found(advice: tuple[NextStep, ...], references: tuple[str, ...], **details: object) -> Explanation:
    """What all explanations of a certificate have in common."""
    return Explanation(
        CERTIFICATE,
        "their-admin",
        "after-fix",
        details=tuple((name, str(value)) for name, value in details.items()),
        advice=advice,
        references=references,
    )


def _dates(event: Secured | Unsecured, own: Certificate) -> Explanation:
    """The certificate has expired, or is not valid yet; with the number of days."""
    expired = event.code == 10
    days = abs(int((event.at - (own.not_after if expired else own.not_before)) // 86400))
    action = Action.RENEW_CERTIFICATE if expired else Action.COMPARE_CLOCKS
    return _found((NextStep(action, Actor.THEIR_ADMIN),), ("RFC 5280 section 4.1.2.5",), days=days)


def _name(event: Secured | Unsecured, own: Certificate) -> Explanation:
    """The certificate is not for this name; with a name that it is for."""
    better = next((name for name in own.names if not name.startswith("*.")), "")
    advice = (
        *(
            (NextStep(Action.CERTIFICATE_NAME, settings=(("tls.name", better),), details=(("name", better),)),)
            if better
            else ()
        ),
        NextStep(Action.NAME_IN_CERTIFICATE, Actor.THEIR_ADMIN, details=(("name", event.name),)),
    )
    found = _found(
        advice, ("RFC 9525 section 6", "RFC 8314 section 3.4"), names=", ".join(own.names[:5]), name=event.name
    )
    return found if own.names else found.replace(message="certificate.without-name")


def _no_issuer(chain: tuple[Certificate, ...]) -> Explanation:
    """The issuer of the last certificate is not known, or not trusted if the chain ends with a root certificate."""
    last = chain[-1]
    root = last.issuer == last.subject
    advice = (
        NextStep(Action.PUBLISH_CA if root else Action.FULL_CHAIN, Actor.THEIR_ADMIN),
        NextStep(Action.TRUST_CA, settings=(("tls.ca", "FILE"),)),
    )
    found = _found(advice, ("RFC 5280 section 6", "RFC 8446 section 4.4.2"), issuer=last.issuer)
    return found.replace(message="certificate.unknown-root" if root else "certificate.unknown-issuer")
