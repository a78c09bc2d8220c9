"""What it means when a certificate does not stand the test (RFC 5280 section 6, RFC 9525)."""

from __future__ import annotations

from smtpscope.knowledge.entry import Explanation
from smtpscope.language import _
from smtpscope.model.event import Secured
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.model.event import Unsecured
    from smtpscope.protocol.certificate import Certificate

CERTIFICATE = "tls.certificate"

# OpenSSL's numbers (X509_V_ERR_...), which have not changed since they were given out.
_DATES = {9: "not-yet-valid", 10: "expired"}
_SELF_SIGNED, _NAMES = (18,), (62, 64)
_NO_ISSUER = (2, 19, 20, 21)
_WEAK = (66, 67, 68)


def explain_certificate(event: Secured | Unsecured) -> Explanation:
    """Why the certificate proves nothing."""
    own = event.certificates[0] if event.certificates else None
    reason = event.problem if isinstance(event, Secured) else event.reason
    if event.code in _DATES and own:
        found = _dates(event, own)
    elif event.code in _NAMES and own:
        found = _name(event, own)
    elif event.code in _SELF_SIGNED:
        found = _self_signed()
    elif event.code in _NO_ISSUER and event.certificates:
        found = _no_issuer(event.certificates)
    elif event.code in _WEAK:
        found = _weak()
    else:
        meaning = _("OpenSSL says about the certificate: {reason}").format(reason=reason)
        found = Explanation(CERTIFICATE, "their-admin", "after-fix", meaning)
    rule = f"certificate.{_RULES.get(event.code, 'other')}"
    evidence = (f"openssl={event.code}", f"text={reason}", f"name={event.name}")
    go_on = _("To test the rest all the same: --no-verify. A password is best not sent then.")
    steps = found.steps if isinstance(event, Secured) else (*found.steps, ("you", go_on))
    return found.replace(rule=rule, evidence=evidence, steps=steps)


_RULES = {
    **_DATES,
    **dict.fromkeys(_NAMES, "wrong-name"),
    **dict.fromkeys(_SELF_SIGNED, "self-signed"),
    **dict.fromkeys(_NO_ISSUER, "unknown-authority"),
    **dict.fromkeys(_WEAK, "weak"),
}


def _dates(event: Secured | Unsecured, own: Certificate) -> Explanation:
    expired = event.code == 10
    days = abs(int((event.at - (own.not_after if expired else own.not_before)) // 86400))
    if expired:
        meaning = _("The certificate has expired, {days} days ago. Clients that look at it do not trust the server.")
        causes = (
            _("The renewal was forgotten, or failed without anybody noticing."),
            _("It was renewed, but the mail service was not reloaded and still shows the old one."),
        )
        step = _("Renew the certificate and reload the mail service; check that the renewal reloads it from now on.")
    else:
        meaning = _("The certificate is not valid yet: it begins in {days} days.")
        causes = (_("The clock of this machine or of the authority is wrong."), _("It was put into service too early."))
        step = _("Compare the clocks; go back to the former certificate until the new one is valid.")
    return Explanation(
        CERTIFICATE,
        "their-admin",
        "after-fix",
        meaning.format(days=days),
        causes,
        (("their-admin", step),),
        ("RFC 5280 section 4.1.2.5",),
    )


def _name(event: Secured | Unsecured, own: Certificate) -> Explanation:
    names = ", ".join(own.names[:5]) or _("no name at all")
    meaning = _("The certificate is for {names}, and not for {name}: it proves that another server is speaking.")
    better = next((name for name in own.names if not name.startswith("*.")), "NAME")
    return Explanation(
        CERTIFICATE,
        "their-admin",
        "after-fix",
        meaning.format(names=names, name=event.name),
        (
            _("The server has another name than the one that you connect to (an alias, an address, a cluster)."),
            _("The wrong certificate of several is shown, or the web server's."),
            _("You are not speaking to the server that you mean."),
        ),
        (
            ("you", _("If {better} is the server's true name: --tls-name {better}").format(better=better)),
            ("their-admin", _("Get a certificate that names {name} too.").format(name=event.name)),
        ),
        ("RFC 9525 section 6", "RFC 8314 section 3.4"),
    )


def _self_signed() -> Explanation:
    return Explanation(
        CERTIFICATE,
        "their-admin",
        "after-fix",
        _("The certificate is signed by itself: nobody vouches for the server."),
        (
            _("The certificate that came with the installation was never replaced."),
            _("It is meant so: between mail servers on port 25 most senders take any certificate (RFC 7435)."),
        ),
        (
            ("you", _("If you have this certificate from its owner: --tls-ca FILE trusts it.")),
            ("their-admin", _("Get one from an authority that clients know; for submission they insist on it.")),
        ),
        ("RFC 7435", "RFC 8314 section 3.4"),
    )


def _no_issuer(chain: tuple[Certificate, ...]) -> Explanation:
    last = chain[-1]
    root = last.issuer == last.subject
    if root:
        meaning = _("The certificate leads to the authority {issuer}, which this machine does not trust.")
        causes = (_("It is an authority of their own."), _("The list of trusted authorities of this machine is old."))
        fix = _("Give the certificate of the authority to those who connect, or take one from a public authority.")
    else:
        meaning = _("The certificate is signed by {issuer}, which was not sent and which this machine does not know.")
        causes = (
            _("The intermediate certificate is missing in the server's file; browsers hide this, mailers do not."),
            _("It is an authority of their own."),
        )
        fix = _("Put the whole chain into the server's file: its own certificate first, then the intermediates.")
    return Explanation(
        CERTIFICATE,
        "their-admin",
        "after-fix",
        meaning.format(issuer=last.issuer),
        causes,
        (
            ("their-admin", fix),
            ("you", _("If it is an authority of your own: --tls-ca FILE trusts it.")),
        ),
        ("RFC 5280 section 6", "RFC 8446 section 4.4.2"),
    )


def _weak() -> Explanation:
    return Explanation(
        CERTIFICATE,
        "their-admin",
        "after-fix",
        _("The key or the signature of the certificate is too weak for OpenSSL's settings on this machine."),
        (_("It was made long ago: RSA with less than 2048 bits, or a SHA-1 signature."),),
        (("their-admin", _("Make a new key (RSA 2048 bits, or EC P-256) and get a new certificate for it.")),),
        ("RFC 9325 section 4.2",),
    )
