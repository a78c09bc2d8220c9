"""A sentence for each remark about a message: what is wrong with it, or may cause problems."""

from __future__ import annotations

from smtpscope.language import N_, fill
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smtpscope.dialogue.lint import Remark

REMARKS: dict[str, str] = {
    "header-translated": N_(
        "{written!r} is not a header field name; write {meant}: with an ASCII colon (RFC 5322 section 2.2)"
    ),
    "header-translated-more": N_(
        "{count} header field names are not ASCII, the first is {written!r}; write {meant}: with an ASCII colon "
        "(RFC 5322 section 2.2)"
    ),
    "byte-order-mark": N_(
        "the message starts with a byte order mark (EF BB BF), which makes the first header field invalid"
    ),
    "header-syntax": N_(
        "header lines that are neither a field nor a continuation of one: {count} (RFC 5322 section 2.2); "
        "servers treat what follows as the body"
    ),
    "no-empty-line": N_("the body starts here without an empty line after the header (RFC 5322 section 2.1)"),
    "no-body": N_("the message ends in its header, without an empty line and a body (RFC 5322 section 2.1)"),
    "missing-header": N_("missing header fields: {names}; every message has Date and From (RFC 5322 section 3.6)"),
    "duplicate-header": N_("header fields that may occur only once: {names} (RFC 5322 section 3.6)"),
    "header-8bit": N_(
        "header lines with non-ASCII bytes: {count}; use encoded-words (RFC 2047), or UTF-8 with SMTPUTF8 (RFC 6532)"
    ),
    "bare-lf": N_("lines that end with a bare LF instead of CRLF: {count}; many servers reject them"),
    "bare-cr": N_("CR without LF: {count}; the two occur only together (RFC 5322 section 2.3)"),
    "nul": N_("NUL bytes: {count}; a message has none (RFC 5322 section 3.5)"),
    "long-line": N_(
        "lines longer than {limit} bytes: {count}, the first has {length} (RFC 5322 section 2.1.1); "
        "only CRLF ends a line"
    ),
}


def remark_text(remark: Remark) -> str:
    """The sentence, without the line number."""
    return remark_sentence(remark.id, dict(remark.details))


def remark_sentence(id_: str, details: Mapping[str, str]) -> str:
    """The sentence for the details of a note. Raises LookupError for an unknown id or a missing detail."""
    more = id_ == "header-translated" and details["count"] != "1"
    return fill(REMARKS["header-translated-more" if more else id_], **details)
