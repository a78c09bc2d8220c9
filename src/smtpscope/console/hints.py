"""What to type next, and hints while the input line is empty. The diagnosis explains replies. No I/O."""

from __future__ import annotations

from smtpscope.console.advice import WARNING, Advice, advise
from smtpscope.console.draft import BODY, CHUNK, HEADER
from smtpscope.language import N_, _, fill
from smtpscope.model.event import Received
from smtpscope.protocol.phase import Phase
from smtpscope.protocol.tracking import State
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.console.session import Snapshot
    from smtpscope.model.event import Event

# The port with implicit TLS (RFC 8314 section 3.3).
IMPLICIT_PORT = 465


# What to type in each part of a message.
_CONTENT_STEPS = {
    HEADER: N_("header lines (Subject: ...), an empty line, the body, a line with a single dot"),
    BODY: N_("body; a line with a single dot ends the message"),
    CHUNK: N_("the bytes of the chunk"),
}


def has_telnet_options(raw: bytes) -> bool:
    """Whether ``raw`` contains the start of a Telnet command: IAC and WILL, WONT, DO, or DONT (RFC 854)."""
    return any(bytes((0xFF, verb)) in raw for verb in (0xFB, 0xFC, 0xFD, 0xFE))


def announced(event: Event, snapshot: Snapshot) -> str:
    """The extensions of an EHLO reply in one line; empty for any other event."""
    if not isinstance(event, Received) or event.verb not in ("EHLO", "LHLO") or event.reply.code != 250:
        return ""
    from smtpscope.render.capability import summary

    known = summary(snapshot.offers)
    return fill("advertised: {list}", list=known) if known else _("no extensions advertised")


def next_step(snapshot: Snapshot) -> str:
    """What to type now; empty if it is obvious or unknown."""
    if not snapshot.connected:
        return _("open HOST [PORT]")
    if snapshot.content:
        return _(_CONTENT_STEPS[snapshot.content])
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
            return _("MAIL FROM:<sender>") + _before_mail(snapshot)
        case State.SENDER:
            return _("RCPT TO:<recipient>") + (" NOTIFY=SUCCESS,FAILURE" if snapshot.offers.has("DSN") else "")
        case State.RECIPIENT:
            text = N_("DATA, or another RCPT TO:<recipient> ({count} accepted so far)")
            return fill(text, count=snapshot.recipients)
    return ""


def _before_mail(snapshot: Snapshot) -> str:
    """What can be done before the first MAIL: STARTTLS, or a login."""
    if snapshot.offers.has("STARTTLS") and not snapshot.secure:
        return _(", or STARTTLS first")
    if snapshot.offers.has("AUTH") and not snapshot.logged_in:
        return _(", or Ctrl-] and auth to log in first")
    return ""


def advise_session(line: str, snapshot: Snapshot) -> Advice:
    """The hint for a line of a session; what to type next if the line is empty."""
    if line or snapshot.content:
        return advise(line, snapshot)
    step = next_step(snapshot)
    return Advice(fill("next: {step}", step=step)) if step else Advice("")


def advise_patience(seconds: float, port: int, snapshot: Snapshot) -> Advice:
    """The hint while the client waits for a reply. ``seconds``: how long it has waited."""
    if port == IMPLICIT_PORT and snapshot.phase is Phase.BANNER and not snapshot.secure:
        text = _("no response: this port uses implicit TLS; press Ctrl-], then close, then open HOST 465 tls")
        return Advice(text, level=WARNING)
    return Advice(fill("waiting for the reply… {seconds:.0f} s", seconds=seconds))
