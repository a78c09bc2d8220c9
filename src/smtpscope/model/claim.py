"""What a test claims: the things that must be proven before it may be called a success."""

from __future__ import annotations

from enum import StrEnum

from smtpscope.protocol.phase import Phase
from smtpscope.values import Value


class Goal(StrEnum):
    """What is claimed. The event that proves each stands in diagnosis/outcome.py."""

    CONNECTED = "connected"
    PROXY = "proxy-accepted"
    ENCRYPTED = "encrypted"
    GREETED = "greeted"
    HELLO = "hello-accepted"
    XCLIENT = "xclient-accepted"
    LOGGED_IN = "logged-in"
    SENDER = "sender-accepted"
    RECIPIENT = "recipient-accepted"
    DATA = "data-accepted"
    MESSAGE = "message-accepted"
    COMMAND = "command-accepted"
    EXPECTATION = "expectation-met"
    DELIVERED = "delivery-reported"
    NOT_FAILED = "no-failure-reported"


TYPED = "typed"
"""The subject of LOGGED_IN where a person typed the login: what there is to check besides the reply is theirs."""


class Claim(Value):
    """One claim. ``subject``: the recipient, the line of a script, or the index of a command; empty where there is one.

    COMMAND without a subject is claimed for lines that could not be sent any more.
    """

    goal: Goal
    subject: str = ""


PHASES: dict[Goal, Phase] = {
    Goal.CONNECTED: Phase.CONNECT,
    Goal.PROXY: Phase.PROXY,
    Goal.ENCRYPTED: Phase.STARTTLS,
    Goal.GREETED: Phase.BANNER,
    Goal.HELLO: Phase.EHLO,
    Goal.XCLIENT: Phase.XCLIENT,
    Goal.LOGGED_IN: Phase.AUTH,
    Goal.SENDER: Phase.MAIL,
    Goal.RECIPIENT: Phase.RCPT,
    Goal.DATA: Phase.DATA,
    Goal.MESSAGE: Phase.END_OF_DATA,
    Goal.COMMAND: Phase.OTHER,
    Goal.EXPECTATION: Phase.OTHER,
    Goal.DELIVERED: Phase.CLOSED,
    Goal.NOT_FAILED: Phase.CLOSED,
}
"""The phase that decides a claim."""
