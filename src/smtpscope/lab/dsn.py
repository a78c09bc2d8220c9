"""Compose a delivery status notification (DSN): RFC 3464, multipart/report of RFC 6522, UTF-8 of RFC 6533."""

from __future__ import annotations

from smtpscope.dialogue.message import format_date
from smtpscope.lab.delivery import Outcome
from smtpscope.lab.scenario.model import DELAYED, DELIVERED, EXPANDED, FAILED, RELAYED
from smtpscope.protocol.command import xtext_decode
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from smtpscope.lab.mail import Mail

# Of a message with more bytes, only the header is returned, whatever RET says: as real servers do.
FULL_LIMIT = 1048576

_SUBJECTS = {FAILED: "Failure", DELAYED: "Delay"}

# The text for people is English, as that of most servers, in whatever language the lab runs.
_TEXTS = {
    FAILED: "Your message could not be delivered to these recipients, and no more attempts are made:",
    DELAYED: "Your message could not be delivered to these recipients yet; you need not send it again:",
    DELIVERED: "Your message was delivered to these recipients:",
    RELAYED: "Your message was relayed to a server that sends no notifications; no more are sent about:",
    EXPANDED: "Your message was delivered to these lists and sent on to their members:",
}


class Notice(Value):
    """A DSN before it is composed.

    id, boundary  unique names of the message and of its MIME boundary
    host          the reporting server
    at            seconds since the epoch
    mail          the message that the DSN reports on
    outcomes      what it reports; at least one
    returned      that message, or the beginning of it with its header (see ``returns_full``)
    """

    id: str
    boundary: str
    host: str
    at: float
    mail: Mail
    outcomes: tuple[Outcome, ...]
    returned: bytes


def returns_full(mail: Mail, outcomes: tuple[Outcome, ...]) -> bool:
    """Whether the whole message is returned: for a failure, unless RET=HDRS (RFC 3461 section 4.3)."""
    asked = dict(mail.parameters).get("RET", "FULL").upper()
    return asked == "FULL" and mail.octets <= FULL_LIMIT and any(outcome.action == FAILED for outcome in outcomes)


def compose_notice(notice: Notice) -> bytes:
    """The DSN as a message; its lines end with CRLF."""
    full = returns_full(notice.mail, notice.outcomes)
    returned = notice.returned if full else _header(notice.returned)
    utf8 = _is_utf8(notice)
    kind = "message/global" if utf8 else "message/rfc822"
    header_kind = "message/global-headers" if utf8 else "text/rfc822-headers"
    parts = (
        _part("text/plain; charset=utf-8", _human_text(notice).encode("utf-8", "surrogateescape")),
        _part("message/global-delivery-status" if utf8 else "message/delivery-status", _status(notice, utf8)),
        _part(kind if full else header_kind, returned),
    )
    edge = b"--" + notice.boundary.encode()
    body = b"".join(edge + b"\r\n" + part + b"\r\n" for part in parts)
    head = "\r\n".join(_head(notice)).encode("utf-8", "surrogateescape")
    return head + b"\r\n\r\n" + body + edge + b"--\r\n"


def _head(notice: Notice) -> Iterator[str]:
    subject = _SUBJECTS.get(notice.outcomes[0].action, "Success")
    yield f"Date: {format_date(notice.at, 0)}"
    yield f"From: Mail Delivery System <MAILER-DAEMON@{notice.host}>"
    yield f"To: <{notice.mail.sender}>"
    yield f"Subject: Delivery Status Notification ({subject})"
    yield f"Message-ID: <{notice.id}@{notice.host}>"
    yield "Auto-Submitted: auto-replied"  # RFC 3834 section 5
    yield "MIME-Version: 1.0"
    yield f'Content-Type: multipart/report; report-type=delivery-status; boundary="{notice.boundary}"'


def _part(kind: str, content: bytes) -> bytes:
    transfer = b"7bit" if content.isascii() else b"8bit"
    end = b"" if content.endswith(b"\r\n") else b"\r\n"
    return (
        b"Content-Type: " + kind.encode() + b"\r\nContent-Transfer-Encoding: " + transfer + b"\r\n\r\n" + content + end
    )


def _human_text(notice: Notice) -> str:
    lines = [f"This is {notice.host}. It reports about a message that you sent."]
    for action in dict.fromkeys(outcome.action for outcome in notice.outcomes):
        lines += ["", _TEXTS[action], ""]
        for outcome in notice.outcomes:
            if outcome.action == action:
                lines.append(f"  <{outcome.recipient.address}>  {outcome.diagnostic}".rstrip())
    return "\r\n".join(lines) + "\r\n"


def _status(notice: Notice, utf8: bool) -> bytes:
    groups = [_message_fields(notice), *(_recipient_fields(notice, outcome, utf8) for outcome in notice.outcomes)]
    text = "\r\n".join("".join(field + "\r\n" for field in group) for group in groups)
    return text.encode("utf-8", "surrogateescape")


def _message_fields(notice: Notice) -> Iterator[str]:
    """RFC 3464 section 2.2."""
    envid = dict(notice.mail.parameters).get("ENVID", "")
    if envid:
        yield f"Original-Envelope-Id: {xtext_decode(envid)}"
    yield f"Reporting-MTA: dns; {notice.host}"
    yield f"Received-From-MTA: dns; {notice.mail.helo}"
    yield f"Arrival-Date: {format_date(notice.mail.at, 0)}"


def _recipient_fields(notice: Notice, outcome: Outcome, utf8: bool) -> Iterator[str]:
    """RFC 3464 section 2.3."""
    kind, _semicolon, original = dict(outcome.recipient.parameters).get("ORCPT", "").partition(";")
    if original:
        yield f"Original-Recipient: {kind}; {xtext_decode(original)}"
    yield f"Final-Recipient: {_address(outcome.recipient.address)}"
    yield f"Action: {outcome.action}"
    yield f"Status: {outcome.status}"
    if outcome.remote:
        yield f"Remote-MTA: dns; {outcome.remote}"
    if outcome.diagnostic:
        yield f"Diagnostic-Code: smtp; {outcome.diagnostic}"
    yield f"Last-Attempt-Date: {format_date(notice.at, 0)}"
    if outcome.action == DELAYED:
        yield f"Will-Retry-Until: {format_date(notice.at + 5 * 86400, 0)}"


def _address(address: str) -> str:
    """The address with its type, which differs for addresses that are not ASCII (RFC 6533 section 3)."""
    return f"{'rfc822' if address.isascii() else 'utf-8'}; {address}"


def _is_utf8(notice: Notice) -> bool:
    """Whether the DSN needs the UTF-8 forms of RFC 6533."""
    originals = (dict(outcome.recipient.parameters).get("ORCPT", "") for outcome in notice.outcomes)
    addresses = (notice.mail.sender, *(outcome.recipient.address for outcome in notice.outcomes), *originals)
    return not all(text.isascii() for text in addresses)


def _header(message: bytes) -> bytes:
    head, _blank, _body = message.partition(b"\r\n\r\n")
    return head.removesuffix(b"\r\n") + b"\r\n"
