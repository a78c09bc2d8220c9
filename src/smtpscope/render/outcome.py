"""How a test ended that is no success, in words."""

from __future__ import annotations

from smtpscope.language import N_, _, fill
from smtpscope.model.event import Expected, Failed, Sent, Unsecured
from smtpscope.model.report import Status
from smtpscope.model.vocabulary import DsnAction, Reason
from smtpscope.protocol.phase import Phase
from smtpscope.render.phases import where_text
from smtpscope.render.visible import reply_line, visible
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

# How SMTP was violated, or what we decided, where the id says more than the status.
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


# Statuses that the id says more of.
_SPECIFIC = (Status.PROTOCOL, Status.NOT_OFFERED, Status.GAVE_UP, Status.LOST, Status.UNPROVEN, Status.DNS)
_REJECTED = (Status.TEMPORARY, Status.PERMANENT)


def outcome_text(server: ServerReport, brief: bool) -> str:
    """One sentence, plain text without control characters; ``brief``: without the reply."""
    outcome = server.outcome
    reply = f": {reply_line(outcome.reply)}" if outcome.reply and not brief else ""
    if outcome.why in _WHY and outcome.status in _SPECIFIC:
        told = outcome.status not in (Status.LOST, Status.UNPROVEN, Status.DNS)
        return _(_WHY[outcome.why]) + (reply + _taken(server) if told else "")
    if outcome.status in _REJECTED:
        return _rejected(server) + reply
    match outcome.status:
        case Status.PARTIAL:
            return _partial(server) + reply
        case Status.INTERRUPTED:
            return _interrupted(server)
        case Status.PROTOCOL:
            text = _("unexpected reply at {where}; SMTP does not allow it there").format(where=where_text(server))
            return text + reply + _taken(server)
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


def _unanswered(server: ServerReport) -> str:
    """No reply came, in time or at all."""
    outcome, where = server.outcome, where_text(server)
    if outcome.status is Status.TIMEOUT:
        return _("{where} timed out").format(where=where) + _doubt(server)
    if outcome.phase is Phase.CONNECT:
        return _("connection failed")
    return _("connection lost at {where}").format(where=where) + _doubt(server) + _header(server)


def _details(server: ServerReport) -> str:
    """What the sentence of the status alone does not tell."""
    if server.status is Status.TLS:
        return _broken(server)
    return _reported(server) if server.status in (Status.DSN_FAILED, Status.DSN_DELAYED) else ""


def _unexpected(server: ServerReport) -> str:
    """The line of the script, what it expected, and what came."""
    place = server.outcome.event
    told = server.events[place] if place is not None else None
    if not isinstance(told, Expected):
        return _("the script was not played to its end")
    if not told.came:
        return fill(
            "line {line} of the script: expected {expected}; received no reply",
            line=told.line,
            expected=visible(told.expected.replace("\n", " / ")),
        )
    text = _("line {line} of the script: expected {expected}; received {came}")
    shown = {name: visible(getattr(told, name).replace("\n", " / ")) for name in ("expected", "came")}
    return text.format(line=told.line, **shown)


def _taken(server: ServerReport) -> str:
    """Where SMTP was violated, a message that seems to have been accepted is told of: sent again, it may come twice."""
    return _("; the message seems to have been accepted") if server.accepted else ""


def _doubt(server: ServerReport) -> str:
    """Behind the end of the data, the server may have accepted the message all the same (RFC 1047)."""
    sent = any(isinstance(event, Sent) and event.body and event.final for event in server.events)
    in_doubt = sent and server.outcome.phase is Phase.END_OF_DATA and not server.accepted
    return _("; whether the message was accepted is not known") if in_doubt else ""


def _header(server: ServerReport) -> str:
    """A server that does not know the header of a proxy may close the connection in the place of its banner."""
    sent = any(isinstance(event, Sent) and event.verb == "PROXY" for event in server.events)
    early = server.outcome.phase in (Phase.BANNER, Phase.TLS)
    return _("; it may not accept a PROXY header from this address") if sent and early else ""


def _broken(server: ServerReport) -> str:
    """Why TLS failed, in OpenSSL's words or the system's."""
    event = server.events[server.outcome.event] if server.outcome.event is not None else None
    return f": {visible(event.reason)}" if isinstance(event, Unsecured | Failed) and event.reason else ""


def _partial(server: ServerReport) -> str:
    """How many recipients were rejected, or had no reply: the message may or may not have been accepted for those."""
    every = len(server.recipients)
    open_ = sum(result.reply is None for result in server.recipients)
    rejected = sum(not result.accepted for result in server.recipients) - open_
    parts = [_("{refused} of {all} recipients rejected").format(refused=rejected, all=every)] if rejected else []
    parts += [_("no reply about {open} of {all} recipients").format(open=open_, all=every)] if open_ else []
    return "; ".join(parts) + (_("; the message was accepted for the others") if server.accepted else "")


def _interrupted(server: ServerReport) -> str:
    if server.accepted:
        return _("interrupted; the message was accepted") + f": {reply_line(server.accepted)}"
    return _("interrupted") + _doubt(server)


def _reported(server: ServerReport) -> str:
    bad = (told for told in server.notified if told.action in (DsnAction.FAILED, DsnAction.DELAYED))
    told = next(bad, None)
    return f": {visible(told.recipient)}: {visible(told.said)}" if told else ""
