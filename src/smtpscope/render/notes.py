"""Notes, decisions, notifications and defects in words."""

from __future__ import annotations

from smtpscope.language import N_, _
from smtpscope.model.event import Expected, GaveUp, LoggedIn, Noted, Notified, Stopped, Unnotified
from smtpscope.model.vocabulary import DsnAction, Reason, Topic
from smtpscope.protocol.reply import Defect
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smtpscope.model.event import Event

_NOTES: dict[Topic, str] = {
    Topic.USING: N_("using {extension}: {why}"),
    Topic.NOT_USING: N_("not using {extension}: {why}"),
    Topic.SIZE_EXCEEDED: N_(
        "the message has {size} bytes, the server accepts at most {limit} (SIZE): it will be rejected"
    ),
    Topic.LINT: N_("message, line {line}: {text}"),
    Topic.RETRY: N_("temporarily rejected; retrying in {seconds} s (accepted then if it is greylisting)"),
    Topic.PARTIAL: N_("{refused} rejected, {accepted} accepted: the message goes to those that were accepted"),
    Topic.DSN_UNAVAILABLE: N_(
        "DSN was requested ({asked}), but the server does not advertise it: nothing is requested, and only a bounce "
        "can come"
    ),
    Topic.HELO_FALLBACK: N_("EHLO was rejected: trying HELO, without extensions"),
    Topic.MX_COPY: N_("another MX accepted the message: {host} is asked about the recipients only"),
    Topic.MX_LIMIT: N_("the domain has {count} MX hosts; the first {limit} are tested (--mx-limit sets the number)"),
    Topic.ADDRESS_LIMIT: N_("{host} has {count} addresses; the first {limit} are tried"),
    Topic.TLS_REFUSED: N_("the server advertises STARTTLS and rejects it: the session goes on unencrypted"),
    Topic.AUTH: N_("logging in as {user} with {mechanism}"),
    Topic.AUTH_CHALLENGE: N_("the challenge says: {text}"),
    Topic.UNASKED: N_("{count} more replies came without a command"),
    Topic.DSN_WAITING: N_("waiting up to {seconds} s for notifications about envelope id {envid}"),
    Topic.CLAIMED: N_("{by} says that the client is {address}"),
    Topic.NO_PROXY_HEADER: N_("the connection is closed: {why}"),
    Topic.TEXT_CUT: N_("{octets} more bytes of messages were not recorded"),
}

_REASONS: dict[Reason, str] = {
    Reason.TLS_NOT_ANNOUNCED: N_("STARTTLS is required but not advertised; stopped without sending anything else"),
    Reason.AUTH_IN_CLEAR: N_("the connection is not encrypted; password not sent (--auth-in-clear sends it)"),
    Reason.AUTH_NOT_ANNOUNCED: N_("the server does not advertise AUTH here; password not sent (--auth-force sends it)"),
    Reason.AUTH_NOT_OFFERED: N_("the server advertises AUTH {offered}, not what was requested; password not sent"),
    Reason.AUTH_ABORTED: N_("login canceled: {why}"),
    Reason.AUTH_UNPROVEN: N_("the server replied 235 before the {mechanism} exchange was complete: login not proven"),
    Reason.REPLY_FLOOD: N_("{octets} bytes received without the end of a reply; giving up"),
    Reason.UNASKED_FLOOD: N_("more than {count} replies received without a command; giving up"),
    Reason.LINES_UNSENT: N_("lines not sent: {count}"),
    Reason.SERVER_CLOSES: N_("the server closes the session (421): no further command is sent"),
}

_ACTIONS: dict[DsnAction, str] = {
    DsnAction.DELIVERED: N_("{recipient}: delivered, reported by {reporter} after {seconds} s"),
    DsnAction.RELAYED: N_(
        "{recipient}: relayed, reported by {reporter} after {seconds} s: the next server sends no notifications, so "
        "nothing more comes unless it fails"
    ),
    DsnAction.EXPANDED: N_(
        "{recipient}: expanded to several addresses, reported by {reporter} after {seconds} s: nothing more comes "
        "unless one of them fails"
    ),
    DsnAction.FAILED: N_("{recipient}: not delivered, reported by {reporter} after {seconds} s: {said}"),
    DsnAction.DELAYED: N_("{recipient}: not delivered yet, reported by {reporter} after {seconds} s: {said}"),
    DsnAction.OTHER: N_("{recipient}: {reporter} reports {word} {said}, which RFC 3464 does not know"),
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


def note_text(topic: Topic, details: Mapping[str, str]) -> str:
    """The sentence for a note."""
    return _(_NOTES[topic]).format_map({**details, "why": _(details.get("why", ""))})


def event_text(event: Event) -> str:
    """The sentence for a decision, a notification, or a note; empty for an event that has none."""
    match event:
        case Noted(topic=topic, details=details):
            return note_text(topic, dict(details))
        case Stopped(phase=phase):
            return _("stopping after {after}, as requested").format(after=phase.value)
        case GaveUp(why=why, details=details):
            given = dict(details)
            return _(_REASONS[why]).format_map({**given, "why": _(given.get("why", ""))})
        case LoggedIn(mechanism=mechanism, user=user):
            return _("logged in as {user} with {mechanism}").format(user=user, mechanism=mechanism)
        case Notified():
            return _notified(event)
        case Unnotified(recipient=recipient, waited=waited):
            text = _("{recipient}: no notification within {seconds} s; it may still come")
            return text.format(recipient=recipient, seconds=f"{waited:g}")
    return ""


def _notified(event: Notified) -> str:
    fields = {name: getattr(event, name) for name in ("recipient", "reporter", "said", "word")}
    return _(_ACTIONS[event.action]).format(**fields, seconds=f"{event.waited:.1f}")


def defect_text(defect: Defect) -> str:
    """What is wrong with a reply, in words."""
    return _(_DEFECTS[defect])


def difference_lines(event: Expected) -> list[str]:
    """Where a reply is not what a script expected: the line of the script, what was expected, what came."""
    expected, came = event.expected.split("\n"), event.came.split("\n")
    first = _("line {line} of the script expected: {text}").format(line=event.line, text=expected[0])
    return [first, *(f"    {text}" for text in expected[1:]), *(_("came: {text}").format(text=text) for text in came)]
