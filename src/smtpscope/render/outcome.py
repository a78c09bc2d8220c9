"""A sentence for each outcome of a test other than success."""

from __future__ import annotations

from smtpscope.language import N_, _, fill
from smtpscope.model.event import Expected, Failed, Sent, Unsecured
from smtpscope.model.report import Status
from smtpscope.model.vocabulary import DsnAction, Reason
from smtpscope.protocol.phase import Phase
from smtpscope.render.reply import reply_line, where_text
from smtpscope.render.visible import visible
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.model.report import ServerReport

_SENTENCES = {
    Status.DNS: N_("no mail server found for this name"),
    Status.REFUSED: N_("connection refused: nothing is listening on this port, or a firewall rejects it"),
    Status.UNREACHABLE: N_("host unreachable from this machine"),
    Status.TLS: N_("TLS failed"),
    Status.DSN_FAILED: N_("accepted, but a notification reports: not delivered"),
    Status.DSN_DELAYED: N_("accepted, but a notification reports: not delivered yet"),
    Status.DSN_MISSING: N_("accepted, but no notification came in time"),
    Status.OTHER_SERVER: N_("another server of the domain failed"),
    Status.NOT_OFFERED: N_("the server does not advertise what was required; nothing else was sent"),
    Status.GAVE_UP: N_("stopped by this client"),
    Status.UNPROVEN: N_("not known: nothing shows how this ended"),
}

# How the server violated SMTP, or what this client decided, where the id says more than the status.
_WHY = {
    "null-mx": N_("the domain accepts no mail (null MX, RFC 7505)"),
    "early-reply": N_("the server replied before the end of the message was sent"),
    "surplus-replies": N_("the server sent more replies than commands; which reply answers which is not certain"),
    "shifted-replies": N_("the reply to QUIT does not fit; the replies before it may belong to other commands"),
    "mixed-codes": N_("the lines of one reply have different codes"),
    "injected": N_(
        "unencrypted bytes came ahead of the TLS handshake: someone on the way may have changed the session"
    ),
    "lines-unsent": N_("the session ended before every line was sent"),
    "reply-flood": N_("the server sent a reply without an end"),
    "tls-not-announced": N_("STARTTLS is required but not advertised; stopped without sending anything else"),
    "auth-in-clear": N_("cannot log in as requested; password not sent"),
    "auth-not-announced": N_("cannot log in as requested; password not sent"),
    "auth-not-offered": N_("cannot log in as requested; password not sent"),
    "auth-aborted": N_("login canceled: the server's challenge is not valid"),
    "auth-unproven": N_("login not finished: the server replied 235 before the exchange was complete"),
    "unread": N_("not known: a line of the session is not understood"),
    "proxy-refused": N_("the server does not accept a PROXY header from this address"),
}


# The statuses for which a sentence of _WHY says more.
_SPECIFIC = (Status.PROTOCOL, Status.NOT_OFFERED, Status.GAVE_UP, Status.LOST, Status.UNPROVEN, Status.DNS)
_REJECTED = (Status.TEMPORARY, Status.PERMANENT)


def outcome_text(server: ServerReport, brief: bool) -> str:
    """One sentence, plain text without control characters. ``brief``: without the reply."""
    outcome = server.outcome
    reply = f": {reply_line(outcome.reply)}" if outcome.reply and not brief else ""
    if outcome.why in _WHY and outcome.status in _SPECIFIC:
        with_reply = outcome.status not in (Status.LOST, Status.UNPROVEN, Status.DNS)
        return _(_WHY[outcome.why]) + (reply + _warn_accepted(server) if with_reply else "")
    if outcome.status in _REJECTED:
        return _rejected(server) + reply
    match outcome.status:
        case Status.PARTIAL:
            return _partial(server) + reply
        case Status.INTERRUPTED if server.accepted:
            return _("interrupted; the message was accepted") + f": {reply_line(server.accepted)}"
        case Status.INTERRUPTED:
            return _("interrupted") + _warn_doubt(server)
        case Status.PROTOCOL:
            text = _("unexpected reply at {where}; SMTP does not allow it there").format(where=where_text(server))
            return text + reply + _warn_accepted(server)
        case Status.EXPECTATION:
            return _unexpected(server)
        case Status.TIMEOUT | Status.LOST:
            return _unanswered(server)
        case Status.UNPROVEN if outcome.phase is not Phase.CLOSED:
            return _("not known: no reply to {where} is shown").format(where=where_text(server))
    return _(_SENTENCES[outcome.status]) + _details(server)


def _rejected(server: ServerReport) -> str:
    outcome, where = server.outcome, where_text(server)
    if outcome.why == "proxy-refused":
        return _(_WHY[outcome.why])
    if outcome.why == Reason.SERVER_CLOSES and outcome.status is Status.TEMPORARY:
        return _("the server closed the session before {where}").format(where=where)
    if outcome.status is Status.TEMPORARY:
        return _("{where} rejected temporarily").format(where=where)
    return _("{where} rejected permanently").format(where=where)


def _partial(server: ServerReport) -> str:
    """How many recipients were rejected or have no reply. Without a reply, it is not known what the server decided."""
    every = len(server.recipients)
    unknown = sum(result.reply is None for result in server.recipients)
    rejected = sum(not result.accepted for result in server.recipients) - unknown
    parts = [_("{refused} of {all} recipients rejected").format(refused=rejected, all=every)] if rejected else []
    parts += [_("no reply about {open} of {all} recipients").format(open=unknown, all=every)] if unknown else []
    return "; ".join(parts) + (_("; the message was accepted for the others") if server.accepted else "")


def _unexpected(server: ServerReport) -> str:
    """The line of the script, what it expected, and what was received."""
    index = server.outcome.event
    event = server.events[index] if index is not None else None
    if not isinstance(event, Expected):
        return _("the script was not played to its end")
    expected, received = (visible(text.replace("\n", " / ")) for text in (event.expected, event.came))
    if not event.came:
        return fill(
            "line {line} of the script: expected {expected}; received no reply", line=event.line, expected=expected
        )
    text = _("line {line} of the script: expected {expected}; received {came}")
    return text.format(line=event.line, expected=expected, came=received)


def _unanswered(server: ServerReport) -> str:
    """No reply was received: not in time, or not before the connection closed."""
    outcome, where = server.outcome, where_text(server)
    if outcome.status is Status.TIMEOUT:
        return _("{where} timed out").format(where=where) + _warn_doubt(server)
    if outcome.phase is Phase.CONNECT:
        return _("connection failed")
    text = _("connection lost at {where}").format(where=where) + _warn_doubt(server)
    # A server that does not support the PROXY header may close the connection instead of sending its banner.
    with_header = any(isinstance(event, Sent) and event.verb == "PROXY" for event in server.events)
    if with_header and outcome.phase in (Phase.BANNER, Phase.TLS):
        text += _("; it may not accept a PROXY header from this address")
    return text


def _details(server: ServerReport) -> str:
    """Why TLS failed, as OpenSSL or the system reports it; or the recipient and the reply of the first bad DSN."""
    outcome = server.outcome
    if outcome.status is Status.TLS:
        event = server.events[outcome.event] if outcome.event is not None else None
        return f": {visible(event.reason)}" if isinstance(event, Unsecured | Failed) and event.reason else ""
    if outcome.status in (Status.DSN_FAILED, Status.DSN_DELAYED):
        for dsn in server.notified:
            if dsn.action in (DsnAction.FAILED, DsnAction.DELAYED):
                return f": {visible(dsn.recipient)}: {visible(dsn.said)}"
    return ""


def _warn_accepted(server: ServerReport) -> str:
    """After a violation of SMTP: the message may have been accepted, so sending it again may deliver it twice."""
    return _("; the message seems to have been accepted") if server.accepted else ""


def _warn_doubt(server: ServerReport) -> str:
    """After the end of the data, the server may have accepted the message without a reply (RFC 1047)."""
    sent = any(isinstance(event, Sent) and event.body and event.final for event in server.events)
    in_doubt = sent and server.outcome.phase is Phase.END_OF_DATA and not server.accepted
    return _("; whether the message was accepted is not known") if in_doubt else ""
