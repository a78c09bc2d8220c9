"""The claims of a test: what must be proven before the test is a success."""

from __future__ import annotations

from smtpscope.protocol.phase import Phase
from smtpscope.values import Value, Vocabulary


class Goal(Vocabulary):
    """What is claimed. diagnosis/proof.py has the event that proves each.

    connected            the connection was made
    proxy-accepted       the server accepted the PROXY header
    encrypted            TLS was agreed on
    greeted              the banner is 220
    hello-accepted       EHLO, HELO or LHLO was accepted
    xclient-accepted     XCLIENT was accepted
    logged-in            the login was accepted, and this client's checks of the server's proof passed
    sender-accepted      MAIL FROM was accepted
    recipient-accepted   RCPT TO was accepted; subject: the recipient
    data-accepted        DATA was accepted: the server requested the message
    message-accepted     the message was accepted for delivery; subject: with LMTP, the recipient
    expectation-met      a reply is what the script expects; subject: the line of the script
    delivery-reported    a DSN reports the delivery; subject: the recipient
    no-failure-reported  no DSN reports a failure or a delay; subject: the recipient
    command-accepted     another command was accepted; subject: its verb
    session-complete     every command has a reply, every line of the text was understood, and the session was not lost
    """

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
    COMMAND = "command-accepted"
    COMPLETE = "session-complete"


class Claim(Value):
    """One claim. ``subject``: the recipient, the line of a script, or the verb; empty for the other goals."""

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
    Goal.COMMAND: Phase.OTHER,
    Goal.COMPLETE: Phase.CLOSED,
}
"""The phase in which a claim is decided."""
