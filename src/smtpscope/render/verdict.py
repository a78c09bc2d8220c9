"""The verdict in words, and as a mapping for JSON."""

from __future__ import annotations

from smtpscope.diagnosis.verdict import Status
from smtpscope.events import Secured
from smtpscope.language import N_, _
from smtpscope.protocol.phase import Phase
from smtpscope.render.visible import visible
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from smtpscope.diagnosis.verdict import RecipientResult, Verdict
    from smtpscope.protocol.reply import Reply
    from smtpscope.render.palette import Palette

_NAMES = {
    Phase.CONNECT: N_("the connection"),
    Phase.BANNER: N_("the greeting"),
    Phase.EHLO: N_("EHLO"),
    Phase.STARTTLS: N_("STARTTLS"),
    Phase.TLS: N_("the handshake"),
    Phase.AUTH: N_("the login"),
    Phase.MAIL: N_("MAIL FROM"),
    Phase.RCPT: N_("RCPT TO"),
    Phase.DATA: N_("DATA"),
    Phase.END_OF_DATA: N_("the message"),
    Phase.QUIT: N_("QUIT"),
}

_SENTENCES = {
    Status.DNS: N_("no mail server was found for this name"),
    Status.REFUSED: N_("connection refused: nothing listens on this port, or a filter says so"),
    Status.UNREACHABLE: N_("the host cannot be reached from here"),
    Status.TLS: N_("TLS failed"),
    Status.EXPECTATION: N_("not what the script expected; what follows in the script was not said"),
    Status.INTERRUPTED: N_("interrupted"),
}


def sentence(verdict: Verdict) -> str:
    """One sentence, plain text without control characters."""
    where = _(_NAMES.get(verdict.phase, verdict.phase.value))
    said = f": {_said(verdict.reply)}" if verdict.reply else ""
    match verdict.status:
        case Status.OK if verdict.queued:
            return _("accepted: the server took charge of the message") + said
        case Status.OK:
            return _("ok up to {where}, as asked").format(where=where) + said
        case Status.PARTIAL:
            refused = sum(not result.accepted for result in verdict.recipients)
            tail = _("; the message was accepted for the others") if verdict.queued else ""
            head = _("{refused} of {all} recipients refused").format(refused=refused, all=len(verdict.recipients))
            return head + said + tail
        case Status.TEMPORARY:
            return _("{where} refused for now").format(where=where) + said
        case Status.PERMANENT:
            return _("{where} refused for good").format(where=where) + said
        case Status.TIMEOUT:
            return _("no answer to {where} within our time limit").format(where=where)
        case Status.DROPPED:
            return _("the connection was lost at {where}").format(where=where)
        case Status.PROTOCOL:
            return _("the answer to {where} is not what SMTP allows there").format(where=where) + said
        case Status.UNMET if verdict.phase is Phase.STARTTLS:
            return _("STARTTLS was asked for and is not announced: nothing more was sent")
        case Status.UNMET:
            return _("the login (AUTH) cannot be made as it was asked for: the password was kept back")
        case _:
            return _(_SENTENCES[verdict.status])


def _said(reply: Reply) -> str:
    """One line of the reply: of a good one the first, which names the server; of a refusal the last."""
    line = reply.lines[0 if reply.kind == 2 else -1]
    return visible(f"{reply.code:03d} {line}" if reply.code else line)


def conclusion(verdict: Verdict) -> str:
    """The sentence, and the id of the cause where one is known: ``... (recipient.unknown)``."""
    return sentence(verdict) + (f" ({verdict.explanation.cause})" if verdict.explanation else "")


def verdict_lines(
    verdicts: Sequence[Verdict], code: int, palette: Palette, ascii_only: bool = False, columns: int = 100
) -> list[str]:
    """The end of the terminal view: one line a recipient where there are several, then the verdict."""
    lines = [""]
    for verdict in verdicts:
        style = palette.good if verdict.status is Status.OK else palette.bad
        if len(verdict.recipients) > 1:
            lines += [_recipient_line(result, palette) for result in verdict.recipients]
        host = f"{visible(verdict.host)}: " if verdict.host else ""
        lines.append(f"{style}{host}{conclusion(verdict)}{palette.reset}")
        if verdict.secured and verdict.secured.problem:
            text = _("TLS proved nothing here: {problem}").format(problem=visible(verdict.secured.problem))
            lines.append(f"{palette.warn}{text}{palette.reset}")
        if verdict.diagnosis:
            from smtpscope.render.diagnosis import diagnosis_lines

            lines += diagnosis_lines(verdict.diagnosis, palette, ascii_only, columns)
    return [*lines, palette.dim + _("exit code {code}").format(code=code) + palette.reset]


def _recipient_line(result: RecipientResult, palette: Palette) -> str:
    style = palette.good if result.accepted else palette.bad
    return f"  {style}{visible(result.recipient)}{palette.reset}  {_said(result.reply)}"


def result(verdicts: Sequence[Verdict], code: int) -> Mapping[str, object]:
    """The final record of the JSON output."""
    return {"exit": code, "servers": [_server(verdict) for verdict in verdicts]}


def _diagnosis(verdict: Verdict) -> Mapping[str, object] | None:
    if verdict.diagnosis is None:
        return None
    from smtpscope.render.diagnosis import diagnosis_record

    return diagnosis_record(verdict.diagnosis)


def _cause(verdict: Verdict) -> Mapping[str, object]:
    """The cause, and what a program decides on; null where nothing was refused.

    A failed connection has no reply to explain: its cause is the likeliest of the diagnosis.
    """
    from smtpscope.render.explanation import summary

    if verdict.explanation:
        return summary(verdict.explanation)
    if verdict.diagnosis and verdict.diagnosis.causes and verdict.reply is None:
        from smtpscope.knowledge.catalogue import explain_cause

        likeliest = verdict.diagnosis.causes[0]
        known = summary(explain_cause(likeliest.id))
        return {**known, "rule": "diagnosis", "evidence": [fact.text for fact in likeliest.evidence]}
    return dict.fromkeys(("cause", "family", "actor", "retry", "rule", "evidence"))


def _server(verdict: Verdict) -> Mapping[str, object]:
    return {
        "host": verdict.host,
        "status": verdict.status.value,
        "phase": verdict.phase.value,
        "reply": _reply(verdict.reply) if verdict.reply else None,
        "queued": verdict.queued,
        "tls": _tls(verdict.secured) if verdict.secured else None,
        **_cause(verdict),
        "diagnosis": _diagnosis(verdict),
        "recipients": [
            {"recipient": item.recipient, "accepted": item.accepted, "reply": _reply(item.reply)}
            for item in verdict.recipients
        ],
    }


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
