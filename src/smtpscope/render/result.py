"""The report as a mapping for JSON."""

from __future__ import annotations

from smtpscope.model.event import Secured
from smtpscope.render.front import LIBRARY, in_its_language
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smtpscope.model.report import Proof, RecipientResult, Report, ServerReport
    from smtpscope.protocol.reply import Reply
    from smtpscope.render.front import Front


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
