"""A reply in one line, and the name of the step that it belongs to."""

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
    """The step that decided the outcome. A command without a phase of its own is named by its verb."""
    outcome = server.outcome
    if outcome.phase in _NAMES:
        return _(_NAMES[outcome.phase])
    event = server.events[outcome.event] if outcome.event is not None else None
    return (event.verb if isinstance(event, Received) else "") or outcome.phase.value


def reply_line(reply: Reply) -> str:
    """One line of the reply: the first line of a 2xx reply, which names the server, else the last line.

    Exim's reply to a BDAT chunk starts with a byte count, so its last line is used, as for a rejection.
    """
    has_byte_count = len(reply.lines) > 1 and "byte chunk" in reply.lines[0]
    line = reply.lines[0 if reply.kind == 2 and not has_byte_count else -1]
    return visible(f"{reply.code:03d} {line}" if reply.code else line)
