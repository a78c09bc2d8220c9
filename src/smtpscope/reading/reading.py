"""The result of every reader: replies with their place, and the events if the text has a session."""

from __future__ import annotations

from smtpscope.model.conversation import Exchange
from smtpscope.protocol.reply import Reply, parse_reply
from smtpscope.protocol.secret import hide_in_text
from smtpscope.safetext import octets
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from smtpscope.model.event import Event


class Reading(Value):
    """What was found in a text, and the form in which it was read; no form if nothing was found.

    found   the replies in the order of the text, and what happened instead of a reply
    cut     how many lines were read, if the text is longer than the limit; 0: all lines
    events  the events of the sessions in the text, with Done after each; empty for single replies and for logs
    """

    form: str = ""
    found: tuple[Exchange, ...] = ()
    cut: int = 0
    events: tuple[Event, ...] = ()


def text_reply(text: str) -> Reply:
    """``text`` as a reply: with its code if it has one, else with code 0 and no defects.

    Credentials in it are hidden, because pasted text is shown again.
    """
    text = hide_in_text(text)
    reply = parse_reply(octets(text))
    return reply if reply.code else reply.replace(lines=tuple(text.split("\n")), defects=())
