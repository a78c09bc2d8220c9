"""Notes and defects in words."""

from __future__ import annotations

from smtpscope.language import N_, _, fill
from smtpscope.protocol.reply import Defect
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOTES = {
    "using": N_("using {extension}: {why}"),
    "not-using": N_("not using {extension}: {why}"),
    "size-exceeded": N_("the message has {size} octets, the server takes at most {limit} (SIZE): it will be refused"),
    "lint": N_("message, line {line}: {text}"),
    "retry": N_("refused for now: trying again in {seconds} s; if it was greylisting, that is accepted"),
    "partial": N_("{refused} refused, {accepted} accepted: the message goes to those that were accepted"),
    "stop": N_("ending after {after}, as asked"),
    "dsn-unavailable": N_("DSN was asked for ({asked}), but the server does not announce it: nothing is requested"),
    "helo-fallback": N_("EHLO was refused: trying HELO, without extensions"),
    "mx-copy": N_("another MX took the message: {host} is asked about the recipients only"),
    "met": "",
    "tls-not-announced": N_("encryption is asked for, and the server does not announce STARTTLS: nothing more is said"),
    "tls-refused": N_("the server announces STARTTLS and refuses it: the conversation goes on in clear"),
    "auth": N_("logging in as {user} with {mechanism}"),
    "auth-in-clear": N_("the connection is not encrypted: the password is kept back (--auth-in-clear sends it)"),
    "auth-not-announced": N_(
        "the server does not announce AUTH here: the password is kept back (--auth-force sends it)"
    ),
    "auth-not-offered": N_("the server offers {offered}, which is not what was asked for: the password is kept back"),
    "auth-challenge": N_("the challenge says: {text}"),
    "auth-aborted": N_("giving up the login: {why}"),
    "auth-unproven": N_("the server accepted the login without the proof that it knows the password"),
    "unasked": N_("{count} more replies came that nobody asked for"),
    "dsn-waiting": N_("waiting up to {seconds} s for notifications about envelope id {envid}"),
    "dsn-delivered": N_("{recipient}: delivered, says {reporter} after {seconds} s: it lies in the mailbox"),
    "dsn-relayed": N_(
        "{recipient}: relayed, says {reporter} after {seconds} s: the next server sends no notifications, "
        "so nothing more will be heard unless it fails"
    ),
    "dsn-expanded": N_(
        "{recipient}: expanded, says {reporter} after {seconds} s: it went to a list or to several addresses, "
        "of which nothing more will be heard unless one fails"
    ),
    "dsn-failed": N_("{recipient}: not delivered, says {reporter} after {seconds} s: {words}. {meaning}"),
    "dsn-delayed": N_("{recipient}: not delivered yet, says {reporter} after {seconds} s: {words}. {meaning}"),
    "dsn-other": N_("{recipient}: {reporter} says {action} {words}, which RFC 3464 does not know"),
    "dsn-none": N_(
        "{recipient}: no notification within {seconds} s: it is on its way, or a server after this one drops "
        "notifications, or they arrive elsewhere"
    ),
    "dsn-no-failure": N_(
        "{recipient}: no failure was reported within {seconds} s; it may still come, and only "
        "--notify success would tell of a delivery"
    ),
    "claimed": N_("{by} says that the client is {address}"),
    "no-proxy-header": N_("the connection is closed: {why}"),
    "flood": N_("{octets} octets without an end of the reply: giving up on this server"),
}

_DEFECTS = {
    Defect.BARE_LF: N_("a line ends with a bare LF instead of CRLF"),
    Defect.BARE_CR: N_("a CR stands in the middle of a line"),
    Defect.NO_CODE: N_("a line has no three-digit code: this is no SMTP reply"),
    Defect.CODE_RANGE: N_("the code is none that SMTP knows"),
    Defect.SEPARATOR: N_("behind the code stands neither a blank nor a hyphen"),
    Defect.MIXED_CODES: N_("the lines of one reply have different codes"),
    Defect.CLASS_MISMATCH: N_("the code and the enhanced code contradict each other"),
    Defect.LONG_LINE: N_("a line is longer than 512 octets"),
    Defect.TOO_LONG: N_("the reply is too long: not all of it was kept"),
    Defect.EIGHT_BIT: N_("the reply has 8-bit octets"),
    Defect.CONTROL: N_("the reply has control characters, shown here as escapes"),
    Defect.TRUNCATED: N_("the connection ended in the middle of the reply"),
}


def note_text(topic: str, details: Mapping[str, str]) -> str:
    """The sentence for a note; an unknown topic shows its details as they are."""
    pattern = _NOTES.get(topic)
    if pattern is None:
        return _bare(topic, details)
    if "why" in details:
        details = {**details, "why": _reason(topic, details["why"], details)}
    try:
        return fill(pattern, **details)
    except (LookupError, ValueError):  # from a file that somebody has edited
        return _bare(topic, details)


def _reason(topic: str, why: str, details: Mapping[str, str]) -> str:
    if topic != "no-proxy-header":
        return _(why)
    from smtpscope.render.faults import reason_text

    return reason_text(why, details)


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
