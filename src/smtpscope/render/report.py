"""The report in words, and as a mapping for JSON."""

from __future__ import annotations

from smtpscope.language import N_, _, fill
from smtpscope.model.claim import Goal
from smtpscope.model.event import Expected, Failed, Received, Secured, Sent, Stopped, Unsecured
from smtpscope.model.report import Status
from smtpscope.model.vocabulary import DsnAction, Reason
from smtpscope.protocol.phase import Phase
from smtpscope.render.front import LIBRARY, in_its_language
from smtpscope.render.visible import visible
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from smtpscope.model.report import Proof, RecipientResult, Report, ServerReport
    from smtpscope.protocol.reply import Reply
    from smtpscope.render.front import Front
    from smtpscope.render.palette import Palette

_NAMES = {
    Phase.CONNECT: N_("the connection"),
    Phase.PROXY: N_("the PROXY header"),
    Phase.BANNER: N_("the banner"),
    Phase.EHLO: N_("EHLO"),
    Phase.STARTTLS: N_("STARTTLS"),
    Phase.TLS: N_("the TLS handshake"),
    Phase.XCLIENT: N_("XCLIENT"),
    Phase.AUTH: N_("AUTH"),
    Phase.MAIL: N_("MAIL FROM"),
    Phase.RCPT: N_("RCPT TO"),
    Phase.DATA: N_("DATA"),
    Phase.END_OF_DATA: N_("the message"),
    Phase.QUIT: N_("QUIT"),
}

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


def sentence(server: ServerReport, brief: bool = False) -> str:
    """One sentence about a server, plain text without control characters; ``brief``: without the reply."""
    outcome = server.outcome
    where = _where(server)
    said = f": {_said(outcome.reply)}" if outcome.reply and not brief else ""
    match outcome.status:
        case Status.OK if server.accepted:
            return _("accepted for delivery") + ("" if brief else f": {_said(server.accepted)}")
        case Status.OK if any(proof.claim.goal is Goal.EXPECTATION for proof in server.proofs):
            return _("every reply is as the script expects it")
        case Status.OK if _is_unplanned(server):
            return _("OK up to {where}").format(where=where) + said
        case Status.OK:
            return _("OK up to {where}; stopped there as requested").format(where=where) + said
        case Status.PARTIAL:
            return _partial(server) + said
        case Status.INTERRUPTED:
            return _interrupted(server)
        case Status.PROTOCOL | Status.NOT_OFFERED | Status.GAVE_UP if outcome.why in _WHY:
            return _(_WHY[outcome.why]) + said + _taken(server)
        case Status.TEMPORARY | Status.PERMANENT if outcome.why == "proxy-refused":
            return _(_WHY[outcome.why]) + said
        case Status.TEMPORARY if outcome.why == Reason.SERVER_CLOSES:
            return _("the server closed the session before {where}").format(where=where) + said
        case Status.TEMPORARY:
            return _("{where} rejected temporarily").format(where=where) + said
        case Status.PERMANENT:
            return _("{where} rejected permanently").format(where=where) + said
        case Status.TIMEOUT:
            return _("{where} timed out").format(where=where) + _doubt(server)
        case Status.LOST if outcome.why in _WHY:
            return _(_WHY[outcome.why])
        case Status.LOST if outcome.phase is Phase.CONNECT:
            return _("connection failed")
        case Status.UNPROVEN if outcome.why in _WHY:
            return _(_WHY[outcome.why])
        case Status.UNPROVEN if outcome.phase is not Phase.CLOSED:
            return _("not known: no reply to {where} is shown").format(where=where)
        case Status.LOST:
            return _("connection lost at {where}").format(where=where) + _doubt(server) + _header(server)
        case Status.PROTOCOL:
            text = _("unexpected reply at {where}; SMTP does not allow it there").format(where=where)
            return text + said + _taken(server)
        case Status.DNS if outcome.why == "null-mx":
            return _(_WHY["null-mx"])
        case Status.TLS:
            return _(_SENTENCES[outcome.status]) + _broken(server)
        case Status.EXPECTATION:
            return _unexpected(server)
        case Status.DSN_FAILED | Status.DSN_DELAYED:
            return _(_SENTENCES[outcome.status]) + _reported(server)
    return _(_SENTENCES[outcome.status])


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


def _is_unplanned(server: ServerReport) -> bool:
    """Whether nobody asked the session to end where it ended: its plan is not known, so its claims were inferred."""
    inferred = any(proof.claim.goal is Goal.COMPLETE for proof in server.proofs)
    return inferred and not any(isinstance(event, Stopped) for event in server.events)


def _where(server: ServerReport) -> str:
    """Where it was decided, in words; of a command that no phase is named after, its verb."""
    outcome = server.outcome
    if outcome.phase in _NAMES:
        return _(_NAMES[outcome.phase])
    event = server.events[outcome.event] if outcome.event is not None else None
    return (event.verb if isinstance(event, Received) else "") or outcome.phase.value


def short(server: ServerReport) -> str:
    """The sentence without the reply, and the id of the cause: the same for all that ended in the same way."""
    return sentence(server, brief=True) + (f" ({server.explanation.cause})" if server.explanation else "")


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
        return _("interrupted; the message was accepted") + f": {_said(server.accepted)}"
    return _("interrupted") + _doubt(server)


def _reported(server: ServerReport) -> str:
    bad = (told for told in server.notified if told.action in (DsnAction.FAILED, DsnAction.DELAYED))
    told = next(bad, None)
    return f": {visible(told.recipient)}: {visible(told.said)}" if told else ""


def _said(reply: Reply) -> str:
    """One line of the reply: of a good one the first, which names the server; of a rejection the last.

    To a BDAT chunk, Exim counts the bytes first: there, too, the last line says what became of the message.
    """
    counts = len(reply.lines) > 1 and "byte chunk" in reply.lines[0]
    line = reply.lines[0 if reply.kind == 2 and not counts else -1]
    return visible(f"{reply.code:03d} {line}" if reply.code else line)


def conclusion(server: ServerReport) -> str:
    """The sentence, and the id of the cause where one is known: ``... (recipient.unknown)``."""
    return sentence(server) + (f" ({server.explanation.cause})" if server.explanation else "")


@in_its_language
def report_lines(
    report: Report, code: int, palette: Palette, ascii_only: bool = False, columns: int = 100, front: Front = LIBRARY
) -> list[str]:
    """The end of the terminal view: each server with what is worth knowing beside it, and the whole of several."""
    lines = [""]
    for server in report.servers:
        lines += server_lines(server, palette, ascii_only, columns, front)
    if len(report.servers) > 1:
        style = palette.good if report.status is Status.OK else palette.bad
        lines.append(f"{style}{summary(report)}{palette.reset}")
    return [*lines, palette.dim + _("exit code {code}").format(code=code) + palette.reset]


@in_its_language
def server_lines(
    server: ServerReport, palette: Palette, ascii_only: bool = False, columns: int = 100, front: Front = LIBRARY
) -> Iterator[str]:
    """The result of one server: its recipients, the conclusion, what is worth knowing, and the diagnosis."""
    style = palette.good if server.status is Status.OK else palette.bad
    if len(server.recipients) > 1:
        yield from (_recipient_line(result, palette) for result in server.recipients)
    host = f"{visible(server.host)}: " if server.host else ""
    yield f"{style}{host}{conclusion(server)}{palette.reset}"
    if server.findings:
        from smtpscope.render.findings import finding_lines

        yield from finding_lines(server.findings, palette, columns, front)
    if server.diagnosis:
        from smtpscope.render.diagnosis import diagnosis_lines

        yield from diagnosis_lines(server.diagnosis, palette, ascii_only, columns, front)


def summary(report: Report) -> str:
    """One line about several servers: ``3 servers: 2 OK, 1 failed; message accepted by mx1``."""
    good = sum(server.status is Status.OK for server in report.servers)
    failed = len(report.servers) - good
    text = _("{all} servers: {good} OK, {failed} failed").format(all=len(report.servers), good=good, failed=failed)
    taken = next((server.host for server in report.servers if server.accepted), "")
    return text + (_("; message accepted by {host}").format(host=visible(taken)) if taken else "")


def _recipient_line(result: RecipientResult, palette: Palette) -> str:
    style = palette.good if result.accepted else palette.bad
    said = _said(result.reply) if result.reply else _("no reply: not known")
    return f"  {style}{visible(result.recipient)}{palette.reset}  {said}"


@in_its_language
def report_record(report: Report, code: int, front: Front = LIBRARY) -> Mapping[str, object]:
    """The final record of the JSON output."""
    servers = [_server(server, front) for server in report.servers]
    return {"exit": code, "status": report.status.value, "servers": servers}


def _diagnosis(server: ServerReport, front: Front) -> Mapping[str, object] | None:
    if server.diagnosis is None:
        return None
    from smtpscope.render.diagnosis import diagnosis_record

    return diagnosis_record(server.diagnosis, front)


def _cause(server: ServerReport) -> Mapping[str, object]:
    """The cause, and what a program decides on; null where nothing was refused.

    Of a failed connection, and of a banner that is none, the probes know more than one reply: the likeliest cause.
    """
    from smtpscope.render.explanation import summary

    if server.explanation:
        return summary(server.explanation)
    if server.diagnosis and server.diagnosis.causes:
        from smtpscope.knowledge.catalogue import find_cause

        likeliest = server.diagnosis.causes[0]
        known = summary(find_cause(likeliest.id))
        return {**known, "rule": "diagnosis", "evidence": [f"fact={fact.id}" for fact in likeliest.evidence]}
    return dict.fromkeys(("cause", "family", "actor", "retry", "rule", "evidence"))


def _server(server: ServerReport, front: Front) -> Mapping[str, object]:
    outcome = server.outcome
    return {
        "host": server.host,
        "status": outcome.status.value,
        "phase": outcome.phase.value,
        "why": outcome.why or None,
        "reply": _reply(outcome.reply) if outcome.reply else None,
        "claims": [_claim(proof) for proof in server.proofs],
        "queued": server.queued,
        "accepted": _reply(server.accepted) if server.accepted else None,
        "tls": _tls(server.secured) if server.secured else None,
        **_cause(server),
        "findings": _findings(server, front),
        "diagnosis": _diagnosis(server, front),
        "recipients": [_recipient(result) for result in server.recipients],
    }


def _claim(proof: Proof) -> Mapping[str, object]:
    claim = proof.claim
    return {"claim": claim.goal.value, "subject": claim.subject or None, "proven": proof.holds, "event": proof.event}


def _recipient(result: RecipientResult) -> Mapping[str, object]:
    reply = _reply(result.reply) if result.reply else None
    return {"recipient": result.recipient, "accepted": result.accepted, "reply": reply}


def _findings(server: ServerReport, front: Front) -> list[Mapping[str, object]]:
    if not server.findings:
        return []
    from smtpscope.render.findings import finding_record

    return [finding_record(finding, front) for finding in server.findings]


def _tls(secured: Secured) -> Mapping[str, object]:
    return {
        field: getattr(secured, field) for field in Secured.fields() if field not in ("at", "phase", "certificates")
    }


def _reply(reply: Reply) -> Mapping[str, object]:
    return {
        "code": reply.code,
        "enhanced": str(reply.enhanced) if reply.enhanced else None,
        "text": reply.text,
        "defects": [defect.value for defect in reply.defects],
    }
