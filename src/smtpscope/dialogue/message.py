"""The test message, composed from a draft in the form that the server's extensions allow."""

from __future__ import annotations

from smtpscope.dialogue.mime import Part, file_part, mixed, text_part
from smtpscope.values import Value

_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
_DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Attachment(Value):
    """A file to attach: its name without a path, its bytes, and its media type."""

    name: str
    content: bytes
    media_type: str = "application/octet-stream"


class Draft(Value):
    """The content of a message, before the server's extensions are known.

    sender      address for From; empty for the null sender
    recipients  addresses for To
    date        the Date field, as ``format_date`` returns it
    run_id      identifies the message: in Message-ID, X-Smtpscope-Run, and the MIME boundary
    host        domain for Message-ID, and for From with the null sender
    headers     more fields, each (name, text); the first one of a name replaces the default field of that name
    """

    sender: str
    recipients: tuple[str, ...]
    subject: str
    body: str
    date: str
    run_id: str
    host: str
    headers: tuple[tuple[str, str], ...] = ()
    attachments: tuple[Attachment, ...] = ()


def compose(draft: Draft, eight_bit: bool, utf8: bool) -> bytes:
    """The whole message (RFC 5322), with CRLF after every line.

    ``eight_bit``: the server accepts an 8-bit body (RFC 6152). ``utf8``: it accepts UTF-8 addresses in the header
    (RFC 6532). Without ``utf8``, an international domain is written in its ASCII form. A local part that is not ASCII
    has no such form, and stays as is.

    Content-Type and Content-Transfer-Encoding among the draft's headers describe the text. With attachments, they are
    fields of the text's own part. The text is encoded accordingly.
    """
    headers = list(draft.headers)
    media_type = _take(headers, "Content-Type", "")[1]
    transfer = _take(headers, "Content-Transfer-Encoding", "")[1]
    entity = text_part(draft.body, eight_bit, media_type, transfer)
    if draft.attachments:
        files = (file_part(file.name, file.content, file.media_type) for file in draft.attachments)
        boundary = f"=_smtpscope-{_token(draft.run_id)[:40]}"  # 70 characters at most (RFC 2046 section 5.1.1)
        entity = mixed((entity, *files), boundary)
    fields = [_take(headers, name, default) for name, default in _defaults(draft, utf8)]
    return Part((*fields, *headers, *entity.header), entity.content).render()


def header_of(draft: Draft) -> bytes:
    """The header in its most restricted form, for fields that do not depend on the server, such as Message-ID."""
    return compose(draft.replace(body="", attachments=()), eight_bit=False, utf8=False)


def _take(headers: list[tuple[str, str]], name: str, default: str) -> tuple[str, str]:
    """Remove the first field called ``name`` from ``headers`` and return it; if there is none, return the default."""
    for index, (given, _) in enumerate(headers):
        if given.lower() == name.lower():
            return headers.pop(index)
    return name, default


def _defaults(draft: Draft, utf8: bool) -> tuple[tuple[str, str], ...]:
    """The fields that every message has, each (name, value)."""
    run_id, host = _token(draft.run_id), _ascii_domain(draft.host)
    recipients = ", ".join(_mailbox(recipient, utf8) for recipient in draft.recipients)
    return (
        ("Date", draft.date),
        ("From", _mailbox(draft.sender or f"smtpscope@{host}", utf8)),
        ("To", recipients or "undisclosed-recipients:;"),  # an empty group (RFC 5322 section 3.4)
        ("Subject", draft.subject),
        ("Message-ID", f"<{run_id}.smtpscope@{host}>"),
        ("X-Smtpscope-Run", run_id),
        ("MIME-Version", "1.0"),
    )


def _mailbox(address: str, utf8: bool) -> str:
    """``address`` in angle brackets; without ``utf8``, its domain in ASCII if the local part is ASCII."""
    local, at, domain = address.rpartition("@")
    if at and not utf8 and local.isascii():
        domain = domain if domain.isascii() else _ascii_domain(domain)
    return f"<{local}{at}{domain}>"


def _token(text: str) -> str:
    """``text`` with a hyphen for each character that could end a message ID, a boundary, or a line."""
    return "".join(char if char in _SAFE else "-" for char in text)


def _ascii_domain(domain: str) -> str:
    """A domain or address literal in ASCII: A-labels (RFC 5890); a hyphen for each character without such a form."""
    try:
        ascii_form = domain.encode("idna").decode() if not domain.isascii() else domain
    except UnicodeError:
        ascii_form = domain
    return "".join(char if char in _SAFE or char in ":[]" else "-" for char in ascii_form) or "localhost"


def format_date(timestamp: float, offset_minutes: int) -> str:
    """A date for a header (RFC 5322 section 3.3), with English names in every locale.

    ``timestamp``: seconds since the epoch. ``offset_minutes``: the difference of the time zone from UTC, positive east.
    """
    days, second = divmod(int(timestamp // 1) + offset_minutes * 60, 86400)
    year, month, day = civil(days)
    clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    hours, minutes = divmod(abs(offset_minutes), 60)
    zone = f"{'-' if offset_minutes < 0 else '+'}{hours:02}{minutes:02}"
    return f"{_DAYS[(days + 4) % 7]}, {day:02} {_MONTHS[month - 1]} {year:04} {clock} {zone}"


def civil(days: int) -> tuple[int, int, int]:
    """Year, month, and day of the date that is ``days`` after 1970-01-01, in the Gregorian calendar.

    The calculation uses years that begin on 1 March, so that the leap day is the last day of its year.
    """
    era, day_of_era = divmod(days + 719468, 146097)  # 400 years
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153  # 0 is March
    day = day_of_year - (153 * shifted + 2) // 5 + 1
    month = shifted + 3 if shifted < 10 else shifted - 9
    return era * 400 + year_of_era + (month <= 2), month, day
