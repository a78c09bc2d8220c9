"""STARTTLS at the lab (RFC 3207)."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smtpscope.lab.smtp.output import Output
    from smtpscope.lab.smtp.session import Session
    from smtpscope.protocol.command import Command


def offer_starttls(session: Session) -> Sequence[str]:
    """STARTTLS, as long as the connection is in clear (RFC 3207 section 4.2)."""
    wanted = session.site.security.starttls or session.scenario.starttls
    return ("STARTTLS",) if wanted and not session.tls else ()


def starttls(session: Session, command: Command) -> Output:
    """STARTTLS (RFC 3207 section 4). A rule may refuse it, choose the certificate, or say more than it should."""
    if session.tls:
        return session.complain("tls-already")
    if not session.offers("STARTTLS"):
        return session.complain("unknown")
    if command.argument:
        return session.complain("bad-parameter", keyword=command.argument)
    action = session.action("starttls")
    output = session.carry_out(action, "tls-ready")
    shakes = output.code == 220 and not output.end and (action is None or action.certificate != "none")
    session.certificate = action.certificate if action else ""
    return output.replace(encrypt=shakes)
