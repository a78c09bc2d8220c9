"""Explains why TLS is not available, or why the handshake failed: events in, explanations out."""

from __future__ import annotations

from smtpscope.diagnosis.certificate import explain_certificate
from smtpscope.diagnosis.service import first_line, identify_service
from smtpscope.model.event import Failed, GaveUp, Secured, Unsecured
from smtpscope.model.explanation import Explanation
from smtpscope.model.finding import Action, Actor, NextStep
from smtpscope.model.vocabulary import Reason
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.model.event import Event
    from smtpscope.protocol.capability import Capabilities

HANDSHAKE, UNAVAILABLE = "tls.handshake", "tls.unavailable"

# RFC 8446 section 6: the alert record is type 21, version, length, level, description.
_ALERT = b"\x15\x03"


def explain_event(event: Event, announced: Capabilities | None = None) -> Explanation | None:
    """The explanation of a failure of TLS; None for any other event. ``announced``: the extensions before it."""
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
    """Why the TLS handshake failed."""
    heard = event.heard
    is_tls = identify_service(heard) == "TLS" or (heard[1:2] == b"\x03" and 20 <= heard[0] <= 23)
    if heard and not is_tls:
        return _plain_text(event)
    if event.kind in ("closed", "reset"):
        return _closed(event)
    if event.kind == "timeout":
        return _silence()
    return _by_reason(event.reason) or _unknown(event.reason)


_CHECK_LOG = NextStep(Action.CHECK_TLS_LOG, Actor.THEIR_ADMIN)
_UNENCRYPTED = NextStep(Action.WITHOUT_TLS, settings=(("tls.mode", "never"),))
_INSPECTION_OFF = NextStep(Action.INSPECTION_OFF, Actor.NETWORK)


def _plain_text(event: Unsecured) -> Explanation:
    """The server sent plain text instead of TLS."""
    line = first_line(event.heard)
    protocol = identify_service(event.heard)
    if protocol == "SMTP" and event.heard.startswith(b"220"):
        return _greeted(line)
    return Explanation(
        HANDSHAKE,
        "their-admin",
        "after-fix",
        rule=f"handshake.plain-{protocol.lower() or 'text'}",
        message="handshake.plain-text",
        details=(("said", line),),
        advice=(_CHECK_LOG, _UNENCRYPTED),
        references=("RFC 3207 section 4",),
        evidence=(f"heard={line}",),
    )


def _greeted(line: str) -> Explanation:
    """The server sent an SMTP banner: the port does not use implicit TLS."""
    return Explanation(
        HANDSHAKE,
        "you",
        "now",
        rule="handshake.plain-smtp",
        message="handshake.banner",
        details=(("said", line),),
        advice=(NextStep(Action.STARTTLS_INSTEAD, settings=(("tls.mode", "require"),)),),
        references=("RFC 8314 section 3.3", "RFC 3207"),
        evidence=(f"heard={line}",),
        alternatives=("connection.wrong-port",),
    )


def _closed(event: Unsecured) -> Explanation:
    """The server closed or reset the connection during the handshake."""
    return Explanation(
        UNAVAILABLE,
        "their-admin",
        "after-fix",
        rule="handshake.closed",
        advice=(_CHECK_LOG, _UNENCRYPTED),
        references=("RFC 3207 section 4",),
        evidence=(f"text={event.reason}",) if event.reason else (),
    )


def _silence() -> Explanation:
    """The server did not reply to the ClientHello in time."""
    return Explanation(
        HANDSHAKE,
        "their-admin",
        "after-fix",
        rule="handshake.silence",
        advice=(_UNENCRYPTED, _INSPECTION_OFF),
        references=("RFC 3207",),
    )


# Texts in OpenSSL's reason, the rule, and the next steps. The first step has the actor. The first match is used.
_REASONS: tuple[tuple[tuple[str, ...], str, tuple[NextStep, ...]], ...] = (
    (
        ("protocol version", "unsupported protocol", "version too low", "no protocols available"),
        "version",
        (
            NextStep(Action.ALLOW_TLS_VERSIONS, Actor.THEIR_ADMIN),
            NextStep(Action.OLD_TLS_VERSION, settings=(("tls.version", "1.1"),)),
        ),
    ),
    (
        ("handshake failure", "no shared cipher", "no ciphers available", "no cipher match"),
        "cipher",
        (
            NextStep(Action.COMPARE_CIPHERS, Actor.THEIR_ADMIN),
            NextStep(Action.OTHER_CIPHERS, settings=(("tls.ciphers", "LIST"),)),
        ),
    ),
    (
        ("certificate required", "peer did not return a certificate"),
        "client-certificate",
        (NextStep(Action.CLIENT_CERTIFICATE, settings=(("tls.certificate", "FILE"), ("tls.key", "FILE"))),),
    ),
    (
        ("alert unknown ca", "alert bad certificate", "alert certificate", "alert unsupported certificate"),
        "our-certificate",
        (NextStep(Action.OTHER_CLIENT_CERTIFICATE, settings=(("tls.certificate", ""), ("tls.key", ""))),),
    ),
    (("unrecognized name",), "server-name", (NextStep(Action.SERVER_NAME, settings=(("tls.name", "NAME"),)),)),
    (
        ("too small", "too weak", "wrong signature type", "legacy"),
        "weak",
        (NextStep(Action.RENEW_TLS_SETTINGS, Actor.THEIR_ADMIN),),
    ),
    (("internal error",), "internal", (_CHECK_LOG,)),
)


def _by_reason(reason: str) -> Explanation | None:
    """The explanation of a reason in the table; None for any other reason."""
    for words, rule, advice in _REASONS:
        if any(word in reason for word in words):
            return Explanation(
                HANDSHAKE,
                advice[0].actor.value,
                "after-fix",
                rule=f"handshake.{rule}",
                advice=advice,
                references=("RFC 8446 section 6.2",),
                evidence=(f"text={reason}",),
            )
    return None


def _unknown(reason: str) -> Explanation:
    """The explanation of any other reason."""
    return Explanation(
        HANDSHAKE,
        "their-admin",
        "after-fix",
        rule="handshake.other",
        details=(("reason", reason or "-"),),
        advice=(_CHECK_LOG,),
        evidence=(f"text={reason}",),
    )


# -------------------------------------------------------------------------------------------------- not advertised


def _absence(announced: Capabilities | None) -> Explanation:
    """TLS is required, but STARTTLS is not advertised. Keywords overwritten by a firewall are evidence."""
    traces = announced.overwritten if announced else ()
    elsewhere = NextStep(Action.TLS_ELSEWHERE, settings=(("target.port", "465"), ("tls.mode", "implicit")))
    return Explanation(
        UNAVAILABLE,
        "network" if traces else "their-admin",
        "after-fix",
        rule="starttls.overwritten" if traces else "starttls.absent",
        details=(("traces", ", ".join(traces)),) if traces else (),
        advice=(elsewhere, _INSPECTION_OFF, NextStep(Action.OFFER_STARTTLS, Actor.THEIR_ADMIN)),
        references=("RFC 3207 section 6", "RFC 8314 section 3"),
        evidence=tuple(f"keyword={name}" for name in traces),
    )
