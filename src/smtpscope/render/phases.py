"""The name and the purpose of each phase of a session, in words."""

from __future__ import annotations

from smtpscope.language import N_, _
from smtpscope.model.event import Received
from smtpscope.protocol.phase import Phase
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.model.report import ServerReport

_NAMES = {
    Phase.CONNECT: N_("the connection"),
    Phase.PROXY: N_("the PROXY header"),
    Phase.BANNER: N_("the banner"),
    Phase.EHLO: N_("EHLO"),
    Phase.STARTTLS: N_("STARTTLS"),
    Phase.TLS: N_("the TLS handshake"),
    Phase.XCLIENT: N_("XCLIENT"),
    Phase.AUTH: N_("AUTH"),
    Phase.MAIL: N_("MAIL FROM"),
    Phase.RCPT: N_("RCPT TO"),
    Phase.DATA: N_("DATA"),
    Phase.END_OF_DATA: N_("the message"),
    Phase.QUIT: N_("QUIT"),
}

PURPOSES: dict[Phase, str] = {
    Phase.RESOLVE: N_("find the server: the MX of the recipient domain, or the address of the given name"),
    Phase.CONNECT: N_("connect to the server (TCP)"),
    Phase.PROXY: N_("tell the server whom the connection comes from, as a proxy does"),
    Phase.BANNER: N_("wait for the banner; 220 means the server is ready"),
    Phase.EHLO: N_("identify this client; the reply lists the extensions that the server supports"),
    Phase.STARTTLS: N_("switch to TLS"),
    Phase.TLS: N_("TLS handshake; the server presents its certificate"),
    Phase.XCLIENT: N_("stand for another client, so that the server applies its rules to that one"),
    Phase.AUTH: N_("log in"),
    Phase.MAIL: N_("set the envelope sender, which receives bounces"),
    Phase.RCPT: N_("set a recipient; the server replies whether it accepts mail for that address"),
    Phase.DATA: N_("request to send the message"),
    Phase.END_OF_DATA: N_("send the message and a line with a single dot; 250 means accepted for delivery"),
    Phase.OTHER: N_("another command"),
    Phase.QUIT: N_("end the session"),
    Phase.CLOSED: N_("connection closed"),
}


def purpose(phase: Phase) -> str:
    """What the phase is for, in the current language."""
    return _(PURPOSES[phase])


def where_text(server: ServerReport) -> str:
    """Where it was decided, in words; of a command that no phase is named after, its verb."""
    outcome = server.outcome
    if outcome.phase in _NAMES:
        return _(_NAMES[outcome.phase])
    event = server.events[outcome.event] if outcome.event is not None else None
    return (event.verb if isinstance(event, Received) else "") or outcome.phase.value
