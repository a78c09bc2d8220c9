"""Sentences for notes, decisions of the client, delivery status notifications, and defects of a reply."""

from __future__ import annotations

from smtpscope.language import N_, _, fill
from smtpscope.model.event import Expected, GaveUp, LoggedIn, Noted, Notified, Skipped, Stopped, Unnotified
from smtpscope.model.vocabulary import DsnAction, Reason, Skip, Topic
from smtpscope.protocol.reply import Defect
from smtpscope.render.front import LIBRARY, in_its_language
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smtpscope.model.event import Event
    from smtpscope.render.front import Front

_NOTES: dict[Topic, str] = {
    Topic.USING: N_("using {extension}: {why}"),
    Topic.NOT_USING: N_("{extension} not used: {why}"),
    Topic.SIZE_EXCEEDED: N_(
        "message size {size} bytes exceeds the server limit of {limit} bytes (SIZE); it will be rejected"
    ),
    Topic.LINT: N_("message, line {line}: {text}"),
    Topic.RETRY: N_("temporarily rejected; retrying in {seconds} s (accepted then if it is greylisting)"),
    Topic.PARTIAL: N_("{refused} rejected, {accepted} accepted; sending to the accepted recipients"),
    Topic.DSN_UNAVAILABLE: N_(
        "DSN requested ({asked}) but not advertised by the server; not sent, so only a bounce can arrive"
    ),
    Topic.HELO_FALLBACK: N_("EHLO rejected; trying HELO (no extensions)"),
    Topic.MX_COPY: N_("message already accepted by another MX; testing only the recipients on {host}"),
    Topic.MX_LIMIT: N_("the domain has {count} MX hosts; only the first {limit} are tested"),
    Topic.ADDRESS_LIMIT: N_("{host} has {count} addresses; only the first {limit} are tried"),
    Topic.TLS_REFUSED: N_("STARTTLS advertised but rejected; continuing unencrypted"),
    Topic.AUTH: N_("logging in as {user} with {mechanism}"),
    Topic.AUTH_CHALLENGE: N_("challenge: {text}"),
    Topic.UNASKED: N_("{count} more unsolicited replies received"),
    Topic.DSN_WAITING: N_("waiting up to {seconds} s for DSNs (envelope ID {envid})"),
    Topic.CLAIMED: N_("{by} names the client {address}"),
    Topic.NO_PROXY_HEADER: N_("connection closed: {why}"),
    Topic.UNREAD: N_("line {line} is not understood: {text}"),
    Topic.TEXT_CUT: N_("{octets} bytes of the message are not in this transcript"),
}

_REASONS: dict[Reason, str] = {
    Reason.TLS_NOT_ANNOUNCED: N_("STARTTLS is required but not advertised; stopped without sending anything else"),
    Reason.AUTH_IN_CLEAR: N_("connection not encrypted; password not sent"),
    Reason.AUTH_NOT_ANNOUNCED: N_("AUTH not advertised; password not sent"),
    Reason.AUTH_NOT_OFFERED: N_("the server advertises {offered}, not the requested mechanism; password not sent"),
    Reason.AUTH_ABORTED: N_("login canceled: {why}"),
    Reason.AUTH_UNPROVEN: N_("the server replied 235 before the {mechanism} exchange was complete; login not proven"),
    Reason.REPLY_FLOOD: N_("too much was received without the end of a reply ({count}); giving up"),
    Reason.LINES_UNSENT: N_("lines not sent: {count}"),
    Reason.SERVER_CLOSES: N_("the server is closing the session (421); no more commands are sent"),
}

# Decisions that a setting changes: the field of the plan, its value, and the sentence with the setting.
_CHANGED_BY: dict[Reason, tuple[str, str, str]] = {
    Reason.AUTH_IN_CLEAR: (
        "login.in_clear",
        "yes",
        N_("connection not encrypted; password not sent (use {setting} to send it)"),
    ),
    Reason.AUTH_NOT_ANNOUNCED: (
        "login.unannounced",
        "yes",
        N_("AUTH not advertised; password not sent (use {setting} to send it)"),
    ),
}

_ACTIONS: dict[DsnAction, str] = {
    DsnAction.DELIVERED: N_("{recipient}: delivered to the mailbox (DSN from {reporter} after {seconds} s)"),
    DsnAction.RELAYED: N_(
        "{recipient}: relayed (DSN from {reporter} after {seconds} s); the next server does not support DSN, "
        "so only a failure will be reported"
    ),
    DsnAction.EXPANDED: N_(
        "{recipient}: expanded (DSN from {reporter} after {seconds} s); the message went to a list or to several "
        "addresses, and only a failure will be reported"
    ),
    DsnAction.FAILED: N_("{recipient}: bounced (DSN from {reporter} after {seconds} s): {said}"),
    DsnAction.DELAYED: N_("{recipient}: delayed (DSN from {reporter} after {seconds} s): {said}"),
    DsnAction.OTHER: N_("{recipient}: DSN from {reporter} with the unknown action {word}: {said}"),
}

# Why an extension is used or not: dialogue.envelope.Why.
_WHY_USED = {
    "advertised": N_("advertised"),
    "forced": N_("forced, although not advertised"),
    "forbidden": N_("disabled by an option"),
    "address-not-ascii": N_("not advertised, although an address is not ASCII"),
    "message-ascii": N_("the message is ASCII only"),
    "message-8bit": N_("not used, although the message has non-ASCII bytes; sent as is"),
    "nothing-to-group": N_("no commands to send together"),
    "data-is-sufficient": N_("DATA is sufficient"),
}

# Why a login was canceled: protocol.sasl.AbortId.
_WHY_ABORTED = {
    "not-base64": N_("the challenge is not valid base64"),
    "too-many-challenges": N_("the server sends more challenges than the mechanism has"),
    "server-error": N_("the server reports an error: {error}"),
    "unknown-extension": N_("the server requires an unknown extension of the mechanism"),
    "wrong-nonce": N_("the nonce from the server does not start with that of this client"),
    "no-salt": N_("the server sent no salt"),
    "bad-rounds": N_("the server requires {rounds} iterations; {fewest} to {most} are allowed"),
    "wrong-signature": N_("the signature from the server is wrong; it does not prove that it knows the password"),
}

_DEFECTS = {
    Defect.BARE_LF: N_("a line ends with a bare LF instead of CRLF"),
    Defect.BARE_CR: N_("a line contains a bare CR"),
    Defect.NO_CODE: N_("a line has no three-digit code; not an SMTP reply"),
    Defect.CODE_RANGE: N_("unknown reply code"),
    Defect.SEPARATOR: N_("the code is not followed by a space or a hyphen"),
    Defect.MIXED_CODES: N_("the lines of one reply have different codes"),
    Defect.CLASS_MISMATCH: N_("reply code and enhanced status code do not match"),
    Defect.LONG_LINE: N_("a line is longer than 512 bytes"),
    Defect.TOO_LONG: N_("the reply is too long; only its start was kept"),
    Defect.EIGHT_BIT: N_("the reply contains non-ASCII bytes"),
    Defect.CONTROL: N_("the reply contains control characters (shown as escapes)"),
    Defect.TRUNCATED: N_("connection closed in the middle of a reply"),
}


@in_its_language
def note_text(topic: Topic, details: Mapping[str, str], front: Front = LIBRARY) -> str:
    """The sentence for a note. Shows the details as is if they do not fit, as in a transcript that was edited."""
    try:
        return fill(_NOTES[topic], **{**details, **_translated(topic, details, front)})
    except (LookupError, ValueError):
        return _as_is(topic, details)


def _as_is(id_: str, details: Mapping[str, str]) -> str:
    return f"{id_}: " + ", ".join(f"{name} {value}" for name, value in details.items())


def _translated(topic: Topic, details: Mapping[str, str], front: Front) -> dict[str, str]:
    """The fields of the sentence for which the details have only an id."""
    match topic:
        case Topic.LINT if "id" in details:
            from smtpscope.render.lint import remark_sentence

            return {"text": remark_sentence(details["id"], details)}
        case Topic.USING | Topic.NOT_USING:
            extension, why = details["extension"], details["why"]
            setting = front.setting(f"use.{extension}", "force") if why == "data-is-sufficient" else ""
            if setting:
                return {"why": fill(N_("DATA is sufficient; {setting} uses BDAT"), setting=setting)}
            return {"why": _(_WHY_USED.get(why, why))}
        case Topic.NO_PROXY_HEADER:
            from smtpscope.render.faults import reason_text

            return {"why": reason_text(details["why"], details)}
    return {}


@in_its_language
def event_text(event: Event, front: Front = LIBRARY) -> str:
    """The sentence for a decision, a notification, or a note. Empty for any other event."""
    match event:
        case Noted(topic=topic, details=details):
            return note_text(topic, dict(details), front)
        case Skipped(host=host, why=Skip.NULL_MX):
            return _("the null MX is ignored, because the domain has other MX hosts (RFC 7505 section 3)")
        case Skipped(host=host, address=address):
            return fill("{host} skipped: address {address} was already tested", host=host, address=address)
        case Stopped(phase=phase):
            return fill("stopping after {after}, as requested", after=phase.value)
        case GaveUp(why=why, details=details):
            return _reason_text(why, dict(details), front)
        case LoggedIn(mechanism=mechanism, user=""):
            return fill("logged in with {mechanism}", mechanism=mechanism)
        case LoggedIn(mechanism=mechanism, user=user):
            return fill("logged in as {user} with {mechanism}", user=user, mechanism=mechanism)
        case Notified(action=action, waited=waited):
            fields = {name: getattr(event, name) for name in ("recipient", "reporter", "said", "word")}
            return fill(_ACTIONS[action], **fields, seconds=f"{waited:.1f}")
        case Unnotified(recipient=recipient, waited=waited):
            return fill(
                "{recipient}: no DSN within {seconds} s; one may still arrive",
                recipient=recipient,
                seconds=f"{waited:g}",
            )
    return ""


def _reason_text(why: Reason, details: Mapping[str, str], front: Front) -> str:
    """The sentence for a decision to stop. Shows the details as is if they do not fit, as in an edited transcript."""
    try:
        field, value, sentence = _CHANGED_BY.get(why, ("", "", ""))
        setting = front.setting(field, value) if field else ""
        if setting:
            return fill(sentence, **details, setting=setting)
        if why is Reason.AUTH_ABORTED:
            cause = fill(_WHY_ABORTED.get(details.get("why", ""), "{why}"), **details)
            return fill(_REASONS[why], **{**details, "why": cause})
        return fill(_REASONS[why], **details)
    except (LookupError, ValueError):
        return _as_is(why, details)


def defect_text(defect: Defect) -> str:
    """What is wrong with a reply, in the current language."""
    return _(_DEFECTS[defect])


def difference_lines(event: Expected) -> list[str]:
    """The difference between a reply and the expectation of a script: the line, what was expected and received."""
    expected = event.expected.split("\n")
    received = event.came.split("\n") if event.came else [_("no reply")]
    return [
        fill("line {line} of the script expected: {text}", line=event.line, text=expected[0]),
        *(f"    {text}" for text in expected[1:]),
        *(fill("received: {text}", text=text) for text in received),
    ]
