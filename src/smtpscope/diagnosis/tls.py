"""What it means when TLS is not to be had, or the handshake fails: events in, explanations out."""

from __future__ import annotations

from smtpscope.diagnosis.certificate import explain_certificate
from smtpscope.diagnosis.speech import first_line, recognise
from smtpscope.knowledge.entry import Explanation
from smtpscope.language import N_, _
from smtpscope.model.event import Failed, GaveUp, Secured, Unsecured
from smtpscope.model.vocabulary import Reason
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.model.event import Event
    from smtpscope.protocol.capability import Capabilities

HANDSHAKE, UNAVAILABLE = "tls.handshake", "tls.unavailable"

# RFC 8446 section 6: the alert record is type 21, version, length, level, description.
_ALERT = b"\x15\x03"


def explain_event(event: Event, announced: Capabilities | None = None) -> Explanation | None:
    """What ``event`` says about TLS; None where nothing is wrong. ``announced``: the answer to EHLO before it."""
    match event:
        case Secured(problem=problem) if problem:
            return explain_certificate(event)
        case Unsecured(kind="certificate"):
            return explain_certificate(event)
        case Unsecured():
            return explain_handshake(event)
        case Failed(kind="tls", reason=reason):
            return _by_reason(reason) or _unknown(reason)
        case GaveUp(why=Reason.TLS_NOT_ANNOUNCED):
            return _absence(announced)
    return None


# ----------------------------------------------------------------------------------------------------- handshakes


def explain_handshake(event: Unsecured) -> Explanation:
    """Why no encryption was agreed on."""
    if event.heard and not _is_tls(event.heard):
        return _plain_text(event)
    if event.kind in ("closed", "reset"):
        return _closed(event)
    if event.kind == "timeout":
        return _silence()
    return _by_reason(event.reason) or _unknown(event.reason)


def _is_tls(heard: bytes) -> bool:
    return recognise(heard) == "TLS" or (20 <= heard[0] <= 23 and heard[1:2] == b"\x03")


def _plain_text(event: Unsecured) -> Explanation:
    said = first_line(event.heard)
    protocol = recognise(event.heard)
    if protocol == "SMTP" and event.heard.startswith(b"220"):
        return _greeted(said)
    meaning = _("In place of TLS, plain text came: {said}").format(said=said)
    causes = (
        _("The server agreed to STARTTLS and did not begin: its TLS is set up wrongly or crashed."),
        _("A firewall or proxy in between answers in its place and does not speak TLS."),
    )
    steps = (
        (
            "their-admin",
            _("Look into the log of the mail service at this moment: the certificate or key often cannot be read."),
        ),
        ("you", _("To test the rest in clear: --tls never")),
    )
    rule = f"handshake.plain-{protocol.lower() or 'text'}"
    return Explanation(
        HANDSHAKE, "their-admin", "after-fix", meaning, causes, steps, ("RFC 3207 section 4",), rule, (f"heard={said}",)
    )


def _greeted(said: str) -> Explanation:
    meaning = _("The port speaks SMTP in clear and not TLS from the first octet: it greeted with {said}")
    return Explanation(
        HANDSHAKE,
        "you",
        "now",
        meaning.format(said=said),
        (_("It is a port for STARTTLS (25, 587), not for implicit TLS (465)."),),
        (("you", _("Leave --tls implicit out: TLS comes with STARTTLS then, --tls require insists on it.")),),
        ("RFC 8314 section 3.3", "RFC 3207"),
        "handshake.plain-smtp",
        (f"heard={said}",),
        ("connection.wrong-port",),
    )


def _closed(event: Unsecured) -> Explanation:
    return Explanation(
        UNAVAILABLE,
        "their-admin",
        "after-fix",
        _("The server agreed to TLS and ended the connection in place of the handshake."),
        (
            _("Its certificate or key is missing or cannot be read, so that each handshake ends the process."),
            _("A firewall or proxy in between cuts encrypted mail."),
            _("It takes no client without a certificate, or none of the versions that we offer."),
        ),
        (
            ("their-admin", _("Look into the log of the mail service at this moment.")),
            ("you", _("To test the rest in clear: --tls never")),
        ),
        ("RFC 3207 section 4",),
        "handshake.closed",
        (f"text={event.reason}",),
    )


def _silence() -> Explanation:
    return Explanation(
        HANDSHAKE,
        "their-admin",
        "after-fix",
        _("The server said nothing to our hello within the time limit."),
        (
            _("A firewall or proxy in between lets SMTP pass and swallows TLS."),
            _("The port does not speak TLS and waits for the end of a line."),
        ),
        (
            ("you", _("Try --tls never, or the port without implicit TLS: does it greet?")),
            ("network", _("Switch off the inspection of SMTP (such as ESMTP fixup) on the firewall.")),
        ),
        ("RFC 3207",),
        "handshake.silence",
    )


# Words in OpenSSL's reason -> (rule, who can mend it, meaning, step). The first that fits counts.
_REASONS: tuple[tuple[tuple[str, ...], str, str, str, str], ...] = (
    (
        ("protocol version", "unsupported protocol", "version too low", "no protocols available"),
        "version",
        "their-admin",
        N_("There is no version of TLS that both sides allow."),
        N_("Allow TLS 1.2 and 1.3 on the server (RFC 9325); --tls-version 1.1 shows whether it has only old ones."),
    ),
    (
        ("handshake failure", "no shared cipher", "no ciphers available", "no cipher match"),
        "cipher",
        "their-admin",
        N_("There is no cipher, or kind of key, that both sides allow."),
        N_("Compare the cipher lists: --tls-ciphers offers others; a server with an old list needs a new one."),
    ),
    (
        ("certificate required", "peer did not return a certificate"),
        "client-certificate",
        "you",
        N_("The server takes only clients that show a certificate."),
        N_("Show yours: --tls-cert FILE --tls-key FILE"),
    ),
    (
        ("alert unknown ca", "alert bad certificate", "alert certificate", "alert unsupported certificate"),
        "our-certificate",
        "you",
        N_("The server does not accept the certificate that we show."),
        N_("Take one from an authority that the server trusts, or leave --tls-cert out."),
    ),
    (
        ("unrecognized name",),
        "server-name",
        "you",
        N_("The server knows no service of the name that we asked for."),
        N_("Give the name that it is known by: --tls-name NAME"),
    ),
    (
        ("too small", "too weak", "wrong signature type", "legacy"),
        "weak",
        "their-admin",
        N_("The server's settings are too old and weak for OpenSSL on this machine."),
        N_("Renew the server's TLS settings: keys of 2048 bits and more, secure renegotiation (RFC 9325)."),
    ),
    (
        ("internal error",),
        "internal",
        "their-admin",
        N_("The server broke off with an internal error of its TLS."),
        N_("Look into the log of the mail service at this moment."),
    ),
)


def _by_reason(reason: str) -> Explanation | None:
    for words, rule, actor, meaning, step in _REASONS:
        if any(word in reason for word in words):
            evidence = (f"text={reason}",)
            steps = ((actor, _(step)),)
            references = ("RFC 8446 section 6.2",)
            rule = f"handshake.{rule}"
            return Explanation(HANDSHAKE, actor, "after-fix", _(meaning), (), steps, references, rule, evidence)
    return None


def _unknown(reason: str) -> Explanation:
    meaning = _("The handshake failed. OpenSSL says: {reason}").format(reason=reason or "-")
    step = _("Look into the log of the mail service at this moment.")
    steps = (("their-admin", step),)
    evidence = (f"text={reason}",)
    return Explanation(HANDSHAKE, "their-admin", "after-fix", meaning, (), steps, (), "handshake.other", evidence)


# -------------------------------------------------------------------------------------------------- not announced


def _absence(announced: Capabilities | None) -> Explanation:
    """TLS is required, and the answer to EHLO has no STARTTLS in it. A firewall's traces in the answer are evidence."""
    keywords = announced.keywords if announced else ()
    traces = [name for name, _values in keywords if name.startswith("XXXX") and not name.strip("XA")]
    causes = [
        _("The server does no TLS on this port, or has no certificate to show."),
        _("Somebody in between takes STARTTLS out of the answer, to read along or to filter."),
    ]
    meaning = _("The server does not announce STARTTLS, so the conversation would go on in clear.")
    if traces:
        causes.reverse()
        meaning = _("STARTTLS was overwritten on the way: the answer to EHLO holds {traces}.")
        meaning = meaning.format(traces=", ".join(traces))
    return Explanation(
        UNAVAILABLE,
        "network" if traces else "their-admin",
        "after-fix",
        meaning,
        tuple(causes),
        (
            ("you", _("Test from another network, or port 465 (--tls implicit): does TLS work there?")),
            ("network", _("Switch off the inspection of SMTP (such as ESMTP fixup) on the firewall.")),
            ("their-admin", _("Give the mail service a certificate and announce STARTTLS.")),
        ),
        ("RFC 3207 section 6", "RFC 8314 section 3"),
        "starttls.overwritten" if traces else "starttls.absent",
        tuple(f"keyword={name}" for name in traces),
    )
