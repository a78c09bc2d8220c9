"""What every reader yields: replies in their place, and, where the text holds a session, its events."""

from __future__ import annotations

from smtpscope.model.conversation import Exchange
from smtpscope.protocol.reply import Reply, parse_reply
from smtpscope.protocol.secret import hide_in_text
from smtpscope.safetext import octets
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from smtpscope.model.event import Event


class Reading(Value):
    """What was found in a text, and the form that it was read as; no form when nothing was found.

    found   the replies in the order of the text, and what came in their place
    cut     how many lines were looked at, where the text is longer than what is looked at; 0: all of it was
    events  of the sessions in the text, Done behind each; empty where it holds single replies or lines of a log
    """

    form: str = ""
    found: tuple[Exchange, ...] = ()
    cut: int = 0
    events: tuple[Event, ...] = ()


def text_reply(text: str) -> Reply:
    """``text`` as a reply: with its code where it has one, else as words alone (code 0, no defects).

    Credentials in it are hidden: what somebody pasted is shown again.
    """
    text = hide_in_text(text)
    reply = parse_reply(octets(text))
    return reply if reply.code else reply.replace(lines=tuple(text.split("\n")), defects=())
