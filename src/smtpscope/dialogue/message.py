"""The test message: composed from a draft, in the form that the server's capabilities allow."""

from __future__ import annotations

from smtpscope.dialogue.mime import Part, file_part, mixed, text_part
from smtpscope.values import Value

_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
_DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Attachment(Value):
    """A file to attach: its name without a path, its octets, its media type."""

    name: str
    content: bytes
    media_type: str = "application/octet-stream"


class Draft(Value):
    """What a message is to say, before it is known what the server can take.

    sender      address for From, empty for the null sender
    recipients  addresses for To
    date        the Date field, as format_date gives it
    run_id      marks the message: in Message-ID, X-Smtpscope-Run and the MIME boundary
    host        domain for Message-ID, and for From where the sender is null
    headers     further fields, each (name, text); the first of a name replaces the default field of that name
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
    """The whole message (RFC 5322), every line with its CRLF.

    ``eight_bit``: the server takes an 8-bit body (RFC 6152). ``utf8``: it takes UTF-8 addresses in the header
    (RFC 6532). Without that, an international domain is written in its ASCII form, but an address with a non-ASCII
    local part has no other form and stays as it is.

    Content-Type and Content-Transfer-Encoding among the draft's headers are about the text: beside attachments they go
    to the text's own part, and the text is encoded as they say.
    """
    headers = list(draft.headers)
    media_type = _take(headers, "Content-Type", "")[1]
    transfer = _take(headers, "Content-Transfer-Encoding", "")[1]
    entity = text_part(draft.body, eight_bit, media_type, transfer)
    if draft.attachments:
        entity = _attach(entity, draft)
    fields = [_take(headers, name, default) for name, default in _defaults(draft, utf8)]
    return Part((*fields, *headers, *entity.header), entity.content).render()


def header_of(draft: Draft) -> bytes:
    """The header that the message has whatever the server can take, such as its Message-ID; no body behind it."""
    return compose(draft.replace(body="", attachments=()), eight_bit=False, utf8=False)


def _take(headers: list[tuple[str, str]], name: str, default: str) -> tuple[str, str]:
    """Remove the first field called ``name`` from ``headers`` and return it, or else the default."""
    for index, (given, _) in enumerate(headers):
        if given.lower() == name.lower():
            return headers.pop(index)
    return name, default


def _defaults(draft: Draft, utf8: bool) -> tuple[tuple[str, str], ...]:
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


def _attach(text: Part, draft: Draft) -> Part:
    files = (file_part(file.name, file.content, file.media_type) for file in draft.attachments)
    return mixed((text, *files), f"=_smtpscope-{_token(draft.run_id)[:40]}")  # 70 at most (RFC 2046 section 5.1.1)


def _mailbox(address: str, utf8: bool) -> str:
    local, at, domain = address.rpartition("@")
    if at and not utf8 and local.isascii():
        domain = domain if domain.isascii() else _ascii_domain(domain)
    return f"<{local}{at}{domain}>"


def _token(text: str) -> str:
    """``text`` with nothing in it that could end a message id, a boundary or a line."""
    return "".join(char if char in _SAFE else "-" for char in text)


def _ascii_domain(domain: str) -> str:
    """A domain or address literal in ASCII: labels as A-labels (RFC 5890), what has no such form as hyphens."""
    try:
        ascii_form = domain.encode("idna").decode() if not domain.isascii() else domain
    except UnicodeError:
        ascii_form = domain
    return "".join(char if char in _SAFE or char in ":[]" else "-" for char in ascii_form) or "localhost"


def format_date(timestamp: float, offset_minutes: int) -> str:
    """A date for a header (RFC 5322 section 3.3), with English names in every locale.

    ``timestamp`` is seconds since the epoch, ``offset_minutes`` the zone's distance from UTC, positive to the east.
    """
    days, second = divmod(int(timestamp // 1) + offset_minutes * 60, 86400)
    year, month, day = civil(days)
    clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    hours, minutes = divmod(abs(offset_minutes), 60)
    zone = f"{'-' if offset_minutes < 0 else '+'}{hours:02}{minutes:02}"
    return f"{_DAYS[(days + 4) % 7]}, {day:02} {_MONTHS[month - 1]} {year:04} {clock} {zone}"


def civil(days: int) -> tuple[int, int, int]:
    """Year, month and day of the date that is ``days`` after 1970-01-01, in the Gregorian calendar.

    Counted in years that begin on 1 March, so that the leap day is the last day of its year.
    """
    era, day_of_era = divmod(days + 719468, 146097)  # 400 years
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153  # 0 is March
    day = day_of_year - (153 * shifted + 2) // 5 + 1
    month = shifted + 3 if shifted < 10 else shifted - 9
    return era * 400 + year_of_era + (month <= 2), month, day
