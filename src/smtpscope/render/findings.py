"""Findings: lines for people, and a mapping for JSON."""

from __future__ import annotations

from smtpscope.language import N_, _, fill
from smtpscope.model.finding import Severity
from smtpscope.render.front import LIBRARY, in_its_language
from smtpscope.render.steps import step_lines, step_record
from smtpscope.render.visible import visible
from smtpscope.render.wrap import wrap
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from smtpscope.model.finding import Finding
    from smtpscope.render.front import Front
    from smtpscope.render.palette import Palette

# Severities that are shown without color.
_QUIET = (Severity.INFO, Severity.NOTICE)

_SENTENCES: dict[str, str] = {
    "unasked-reply": N_("the server sent a reply without a command, at {phase}: {said}"),
    "more-unasked-replies": N_("the server sent {count} more replies without a command"),
    "quit-reply": N_("the reply to QUIT is not 221: {said}"),
    "injected-before-tls": N_("{count} bytes came unencrypted before the TLS handshake; they were not used"),
    "certificate-unverified": N_("certificate not verified: {problem}"),
    "old-tls": N_("{version} is outdated (RFC 8996)"),
    "starttls-overwritten": N_(
        "the session was not encrypted: STARTTLS was overwritten on the way; the EHLO reply has {keyword}"
    ),
    "starttls-unused": N_("the session was not encrypted, although the server advertises STARTTLS"),
    "closed-after-acceptance": N_(
        "the server closed the connection right after it accepted the message, without a reply to QUIT"
    ),
    "closed-after-last-chunk": N_(
        "the server closed the connection right after it accepted the last BDAT chunk, without a reply to QUIT, as a "
        "proxy does that does not support BDAT"
    ),
    "reset-after-acceptance": N_(
        "the connection was reset right after the message was accepted; some of it may not have been read"
    ),
}


def finding_text(finding: Finding) -> str:
    """The sentence for a finding, plain text without control characters."""
    return visible(fill(_SENTENCES[finding.id], **dict(finding.details)))


@in_its_language
def finding_lines(
    findings: Sequence[Finding], palette: Palette, ascii_only: bool, columns: int, front: Front = LIBRARY
) -> Iterator[str]:
    """A heading, then each finding with its next steps."""
    yield f"{palette.head}{_('Worth knowing')}{palette.reset}"
    for finding in findings:
        style = "" if finding.severity in _QUIET else palette.warn
        for line in wrap(finding_text(finding), columns, "    ", "  "):
            yield f"{style}{line}{palette.reset if style else ''}"
        for step in finding.steps:
            yield from step_lines(N_("Next ({actor}): {step}"), step, "    ", palette, ascii_only, columns, front)


@in_its_language
def finding_record(finding: Finding, front: Front = LIBRARY) -> Mapping[str, object]:
    """The finding for JSON."""
    return {
        "finding": finding.id,
        "severity": finding.severity.value,
        "actor": finding.actor.value,
        "text": finding_text(finding),
        "details": dict(finding.details),
        "steps": [step_record(step, front) for step in finding.steps],
    }
