"""What to type next, and what is said while nothing is typed. What a reply means is diagnosis' to say. Pure."""

from __future__ import annotations

from smtpscope.console.advice import WARNING, Advice, advise
from smtpscope.console.draft import BODY, HEADER
from smtpscope.language import N_, _, fill
from smtpscope.model.event import Received
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.tracking import State
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.console.session import Snapshot
    from smtpscope.model.event import Event

# Where TLS begins with the first octet (RFC 8314 section 3.3).
IMPLICIT_PORT = 465


def has_telnet_options(raw: bytes) -> bool:
    """Whether ``raw`` holds the beginning of a Telnet command: IAC and WILL, WONT, DO or DONT (RFC 854)."""
    return any(bytes((0xFF, verb)) in raw for verb in (0xFB, 0xFC, 0xFD, 0xFE))


def announced(event: Event, snapshot: Snapshot) -> str:
    """What the reply to EHLO advertised, in one line; empty for any other event."""
    if not isinstance(event, Received) or event.verb not in ("EHLO", "LHLO") or event.reply.code != 250:
        return ""
    from smtpscope.render.capability import summary

    known = summary(snapshot.offers)
    return fill("advertised: {list}", list=known) if known else _("no extensions advertised")


def next_step(snapshot: Snapshot) -> str:
    """What to type now; empty where that is plain or unknown."""
    if not snapshot.connected:
        return _("open HOST [PORT]")
    if snapshot.content:
        return _in_content(snapshot.content)
    if snapshot.challenged:
        return _("the response, in base64; it is not shown")
    if snapshot.waiting:
        return ""
    match snapshot.place:
        case State.HELLO:
            return _("EHLO and the name of this machine: EHLO contoso.com")
        case State.READY if snapshot.accepted:
            return _("QUIT, or MAIL FROM:<...> for another message")
        case State.READY:
            return _("MAIL FROM:<sender>") + _choices(snapshot)
        case State.SENDER:
            return _("RCPT TO:<recipient>") + (" NOTIFY=SUCCESS,FAILURE" if snapshot.offers.has("DSN") else "")
        case State.RECIPIENT:
            said = N_("DATA, or another RCPT TO:<recipient> ({count} accepted so far)")
            return fill(said, count=snapshot.recipients)
    return ""


def _in_content(part: str) -> str:
    if part == HEADER:
        return _("header lines (Subject: ...), an empty line, the body, a line with a single dot")
    if part == BODY:
        return _("body; a line with a single dot ends the message")
    return _("the bytes of the chunk")


def _choices(snapshot: Snapshot) -> str:
    if snapshot.offers.has("STARTTLS") and not snapshot.secure:
        return _(", or STARTTLS first")
    if snapshot.offers.has("AUTH") and not snapshot.logged_in:
        return _(", or Ctrl-] and auth to log in first")
    return ""


def advise_session(line: str, snapshot: Snapshot) -> Advice:
    """What is said under the line of a session: the advice on it, or what to type next while it is empty."""
    if line or snapshot.content:
        return advise(line, snapshot)
    following = next_step(snapshot)
    return Advice(fill("next: {step}", step=following)) if following else Advice("")


def advise_patience(seconds: float, port: int, snapshot: Snapshot) -> Advice:
    """What is said while a reply is awaited; ``seconds``: for how long it has been."""
    if port == IMPLICIT_PORT and snapshot.phase is Phase.BANNER and not snapshot.secure:
        said = _("no response: this port uses implicit TLS; press Ctrl-], then close, then open HOST 465 tls")
        return Advice(said, level=WARNING)
    return Advice(fill("waiting for the reply… {seconds:.0f} s", seconds=seconds))
