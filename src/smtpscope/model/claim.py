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
    EXPECTATION = "expectation-met"
    DELIVERED = "delivery-reported"
    NOT_FAILED = "no-failure-reported"


class Claim(Value):
    """One claim. ``subject``: the recipient, or the line of a script; empty where there is only one."""

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
    Goal.EXPECTATION: Phase.OTHER,
    Goal.DELIVERED: Phase.CLOSED,
    Goal.NOT_FAILED: Phase.CLOSED,
}
"""The phase that decides a claim."""
