"""XCLIENT at the lab (Postfix's XCLIENT_README): a client on this machine sets the client data of the session."""

from __future__ import annotations

from smtpscope.protocol.address import is_loopback
from smtpscope.protocol.xclient import ATTRIBUTES, UNAVAILABLE, parse_xclient
from smtpscope.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smtpscope.lab.smtp.output import Output
    from smtpscope.lab.smtp.session import Session
    from smtpscope.protocol.command import Command

# Attributes of the session: they are forgotten unless they are sent again. The others belong to the connection.
_OF_SESSION = ("PROTO", "HELO", "LOGIN")


def offer_xclient(session: Session) -> Sequence[str]:
    """XCLIENT, if it is allowed and the client is on this machine."""
    allowed = session.site.service.xclient and is_loopback(session.connected)
    return ("XCLIENT " + " ".join(ATTRIBUTES),) if allowed else ()


def xclient(session: Session, command: Command) -> Output:
    """XCLIENT: not within a transaction; the session then starts again with the banner."""
    if not session.offers("XCLIENT"):
        hidden = session.site.service.xclient and not is_loopback(session.connected)
        return session.reject("xclient-refused" if hidden else "unknown")
    misplaced = session.out_of_order("XCLIENT")
    if misplaced:
        return session.reject(misplaced)
    claimed, wrong = parse_xclient(command.argument)
    if wrong:
        return session.reject("bad-parameter", keyword=wrong)
    before = {name: value for name, value in session.claimed.items() if name not in _OF_SESSION}
    session.start_over(session.tls)
    session.scenario = session.site.scenario
    session.set_client({**before, **claimed}, "XCLIENT")
    session.helo = session.named = _known(claimed, "HELO")
    session.login = _known(claimed, "LOGIN")
    return session.reply_at("connect", "banner")


def _known(claimed: dict[str, str], name: str) -> str:
    value = claimed.get(name, "")
    return "" if value in UNAVAILABLE else value
