"""Notes and defects in words."""

from __future__ import annotations

from smtpscope.language import N_, _, fill
from smtpscope.protocol.reply import Defect
from smtpscope.render.front import LIBRARY
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smtpscope.render.front import Front

_NOTES = {
    "using": N_("using {extension}: {why}"),
    "not-using": N_("{extension} not used: {why}"),
    "size-exceeded": N_(
        "message size {size} bytes exceeds the server limit of {limit} bytes (SIZE); it will be rejected"
    ),
    "lint": N_("message, line {line}: {text}"),
    "retry": N_("temporarily rejected; retrying in {seconds} s (accepted then if it is greylisting)"),
    "partial": N_("{refused} rejected, {accepted} accepted; sending to the accepted recipients"),
    "stop": N_("stopping after {after}, as requested"),
    "dsn-unavailable": N_("DSN requested ({asked}) but not advertised by the server; not sent"),
    "helo-fallback": N_("EHLO rejected; trying HELO (no extensions)"),
    "mx-copy": N_("message already accepted by another MX; testing only the recipients on {host}"),
    "met": "",
    "tls-not-announced": N_("STARTTLS is required but not advertised; stopping"),
    "tls-refused": N_("STARTTLS advertised but rejected; continuing unencrypted"),
    "auth": N_("logging in as {user} with {mechanism}"),
    "auth-in-clear": N_("connection not encrypted; password not sent"),
    "auth-not-announced": N_("AUTH not advertised; password not sent"),
    "auth-not-offered": N_("the server advertises {offered}, not the requested mechanism; password not sent"),
    "auth-challenge": N_("challenge: {text}"),
    "auth-aborted": N_("login canceled: {why}"),
    "auth-unproven": N_("the server accepted the login without proof that it knows the password"),
    "unasked": N_("{count} more unsolicited replies received"),
    "dsn-waiting": N_("waiting up to {seconds} s for DSNs (envelope ID {envid})"),
    "dsn-delivered": N_("{recipient}: delivered to the mailbox (DSN from {reporter} after {seconds} s)"),
    "dsn-relayed": N_(
        "{recipient}: relayed (DSN from {reporter} after {seconds} s); the next server does not support DSN, "
        "so only a failure will be reported"
    ),
    "dsn-expanded": N_(
        "{recipient}: expanded (DSN from {reporter} after {seconds} s); the message went to a list or to several "
        "addresses, and only a failure will be reported"
    ),
    "dsn-failed": N_("{recipient}: bounced (DSN from {reporter} after {seconds} s): {words}. {meaning}"),
    "dsn-delayed": N_("{recipient}: delayed (DSN from {reporter} after {seconds} s): {words}. {meaning}"),
    "dsn-other": N_("{recipient}: DSN from {reporter} with the unknown action {action}: {words}"),
    "dsn-none": N_(
        "{recipient}: no DSN within {seconds} s; the message may be in transit, a later server may not send DSNs, "
        "or the DSN went to another address"
    ),
    "dsn-no-failure": N_("{recipient}: no bounce within {seconds} s; one may still arrive"),
    "claimed": N_("{by} names the client {address}"),
    "no-proxy-header": N_("connection closed: {why}"),
    "text-cut": N_("{octets} bytes of the message are not in this transcript"),
    "flood": N_("{octets} bytes received without the end of a reply; giving up"),
}

# Notes that a setting would have changed: the field of the plan, its value, and the sentence that names it.
_CHANGED_BY = {
    "auth-in-clear": (
        "login.in_clear",
        "yes",
        N_("connection not encrypted; password not sent (use {setting} to send it)"),
    ),
    "auth-not-announced": (
        "login.unannounced",
        "yes",
        N_("AUTH not advertised; password not sent (use {setting} to send it)"),
    ),
    "dsn-no-failure": (
        "envelope.notify",
        "success",
        N_("{recipient}: no bounce within {seconds} s; one may still arrive, and only {setting} confirms delivery"),
    ),
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


def note_text(topic: str, details: Mapping[str, str], front: Front = LIBRARY) -> str:
    """The sentence for a note; an unknown topic shows its details as they are."""
    pattern = _NOTES.get(topic)
    if pattern is None:
        return _bare(topic, details)
    try:
        details = {**details, **_worded(topic, details, front)}
        return fill(pattern if "setting" not in details else _CHANGED_BY[topic][2], **details)
    except (LookupError, ValueError):  # from a file that somebody has edited, or that an earlier version wrote
        return _bare(topic, details)


def _worded(topic: str, details: Mapping[str, str], front: Front) -> dict[str, str]:
    """What the sentence needs beside the details: the words for their ids."""
    match topic:
        case "lint" if "id" in details:
            from smtpscope.render.lint import remark_sentence

            return {"text": remark_sentence(details["id"], details)}
        case "using" | "not-using":
            return {"why": _why_used(details["extension"], details["why"], front)}
        case "auth-aborted":
            return {"why": fill(_WHY_ABORTED.get(details["why"], "{why}"), **details)}
        case "no-proxy-header":
            from smtpscope.render.faults import reason_text

            return {"why": reason_text(details["why"], details)}
    setting = front.setting(*_CHANGED_BY[topic][:2]) if topic in _CHANGED_BY else ""
    return {"setting": setting} if setting else {}


def _why_used(extension: str, why: str, front: Front) -> str:
    force = front.setting(f"use.{extension}", "force") if why == "data-is-sufficient" else ""
    if force:
        return fill(N_("DATA is sufficient; {setting} uses BDAT"), setting=force)
    return _(_WHY_USED.get(why, why))


def _bare(topic: str, details: Mapping[str, str]) -> str:
    return f"{topic}: " + ", ".join(f"{name} {value}" for name, value in details.items())


def defect_text(defect: Defect) -> str:
    """What is wrong with a reply, in words."""
    return _(_DEFECTS[defect])


def difference_lines(details: Mapping[str, str]) -> list[str]:
    """Where a reply is not what a script expected: the line of the script, what was expected, what came."""
    expected, came = details["expected"].split("\n"), details["came"].split("\n")
    first = _("line {line} of the script expected: {text}").format(line=details["line"], text=expected[0])
    return [first, *(f"    {text}" for text in expected[1:]), *(_("came: {text}").format(text=text) for text in came)]
