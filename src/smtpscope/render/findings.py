"""Findings in words, and as a mapping for JSON."""

from __future__ import annotations

from smtpscope.language import N_, _, fill
from smtpscope.render.front import LIBRARY, in_its_language
from smtpscope.render.visible import visible
from smtpscope.render.wrap import wrap
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from smtpscope.diagnosis.findings import Finding
    from smtpscope.render.front import Front
    from smtpscope.render.palette import Palette

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

# Findings that another setting would tell more of: the field of the plan, its value, and the sentence that names it.
_COMPARED: dict[str, tuple[str, str, str]] = {
    "closed-after-last-chunk": (
        "use.CHUNKING",
        "forbid",
        N_(
            "the server closed the connection right after it accepted the last BDAT chunk, without a reply to QUIT, as "
            "a proxy does that does not support BDAT; compare with {setting}"
        ),
    ),
}


@in_its_language
def finding_text(finding: Finding, front: Front = LIBRARY) -> str:
    """One sentence, plain text without control characters."""
    details = dict(finding.details)
    if finding.id in _COMPARED:
        field, value, text = _COMPARED[finding.id]
        setting = front.setting(field, value)
        if setting:
            return visible(fill(text, **{**details, "setting": setting}))
    return visible(fill(_SENTENCES[finding.id], **details))


@in_its_language
def finding_lines(findings: Sequence[Finding], palette: Palette, columns: int, front: Front = LIBRARY) -> Iterator[str]:
    """A heading and a line for each finding."""
    yield f"{palette.head}{_('Worth knowing')}{palette.reset}"
    for finding in findings:
        yield from (
            f"{palette.warn}{line}{palette.reset}" for line in wrap(finding_text(finding, front), columns, "    ", "  ")
        )


@in_its_language
def finding_record(finding: Finding, front: Front = LIBRARY) -> Mapping[str, object]:
    """The finding for JSON."""
    return {"finding": finding.id, "text": finding_text(finding, front), "details": dict(finding.details)}
