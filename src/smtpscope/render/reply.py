"""A reply in one line, and where in a session it stood, in words."""

from __future__ import annotations

from smtpscope.language import N_, _
from smtpscope.model.event import Received
from smtpscope.protocol.phase import Phase
from smtpscope.render.visible import visible
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpscope.model.report import ServerReport
    from smtpscope.protocol.reply import Reply

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


def where_text(server: ServerReport) -> str:
    """Where it was decided, in words; of a command that no phase is named after, its verb."""
    outcome = server.outcome
    if outcome.phase in _NAMES:
        return _(_NAMES[outcome.phase])
    event = server.events[outcome.event] if outcome.event is not None else None
    return (event.verb if isinstance(event, Received) else "") or outcome.phase.value


def said(reply: Reply) -> str:
    """One line of the reply: of a good one the first, which names the server; of a rejection the last.

    To a BDAT chunk, Exim counts the bytes first: there, too, the last line says what became of the message.
    """
    counts = len(reply.lines) > 1 and "byte chunk" in reply.lines[0]
    line = reply.lines[0 if reply.kind == 2 and not counts else -1]
    return visible(f"{reply.code:03d} {line}" if reply.code else line)
