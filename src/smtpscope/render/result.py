"""The report of a test as a mapping for JSON."""

from __future__ import annotations

from smtpscope.model.event import Secured
from smtpscope.render.front import LIBRARY, in_its_language
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smtpscope.model.report import Proof, Report, ServerReport
    from smtpscope.protocol.reply import Reply
    from smtpscope.render.front import Front


@in_its_language
def report_record(report: Report, code: int, front: Front = LIBRARY) -> Mapping[str, object]:
    """The last record of the JSON output; ``code`` is the exit code."""
    servers = [_server(server, front) for server in report.servers]
    return {"exit": code, "status": report.status.value, "servers": servers}


def _server(server: ServerReport, front: Front) -> Mapping[str, object]:
    outcome = server.outcome
    findings: list[Mapping[str, object]] = []
    if server.findings:
        from smtpscope.render.findings import finding_record

        findings = [finding_record(finding, front) for finding in server.findings]
    diagnosis: Mapping[str, object] | None = None
    if server.diagnosis:
        from smtpscope.render.diagnosis import diagnosis_record

        diagnosis = diagnosis_record(server.diagnosis, front)
    return {
        "host": server.host,
        "status": outcome.status.value,
        "phase": outcome.phase.value,
        "why": outcome.why or None,
        "reply": _reply(outcome.reply),
        "claims": [_claim(proof) for proof in server.proofs],
        "queued": server.queued,
        "accepted": _reply(server.accepted),
        "tls": _tls(server.secured),
        **_cause(server),
        "findings": findings,
        "diagnosis": diagnosis,
        "recipients": [
            {"recipient": result.recipient, "accepted": result.accepted, "reply": _reply(result.reply)}
            for result in server.recipients
        ],
    }


def _claim(proof: Proof) -> Mapping[str, object]:
    claim = proof.claim
    return {"claim": claim.goal.value, "subject": claim.subject or None, "proven": proof.holds, "event": proof.event}


def _tls(secured: Secured | None) -> Mapping[str, object] | None:
    if secured is None:
        return None
    fields = [field for field in Secured.fields() if field not in ("at", "phase", "certificates")]
    return {field: getattr(secured, field) for field in fields}


def _cause(server: ServerReport) -> Mapping[str, object]:
    """The cause, with what a program decides on; null values if nothing failed.

    After a failed connection, or without a valid banner, it is the most likely cause of the diagnosis: the probes show
    more than one reply.
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


def _reply(reply: Reply | None) -> Mapping[str, object] | None:
    if reply is None:
        return None
    return {
        "code": reply.code,
        "enhanced": str(reply.enhanced) if reply.enhanced else None,
        "text": reply.text,
        "defects": [defect.value for defect in reply.defects],
    }
