"""STARTTLS at the lab (RFC 3207)."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smtpscope.lab.smtp.output import Output
    from smtpscope.lab.smtp.session import Session
    from smtpscope.protocol.command import Command


def offer_starttls(session: Session) -> Sequence[str]:
    """STARTTLS, while the connection is not encrypted (RFC 3207 section 4.2)."""
    wanted = session.site.security.starttls or session.scenario.starttls
    return ("STARTTLS",) if wanted and not session.tls else ()


def starttls(session: Session, command: Command) -> Output:
    """STARTTLS (RFC 3207 section 4). A rule can reject it, choose the certificate, or add unencrypted replies."""
    if session.tls:
        return session.reject("tls-already")
    if not session.offers("STARTTLS"):
        return session.reject("unknown")
    if command.argument:
        return session.reject("bad-parameter", keyword=command.argument)
    action = session.action("starttls")
    output = session.apply(action, "tls-ready")
    shakes = output.code == 220 and not output.end and (action is None or action.certificate != "none")
    session.certificate = action.certificate if action else ""
    return output.replace(encrypt=shakes)
