"""What must precede each command, for a server that enforces the order of commands (RFC 5321 section 4.1.4)."""

from __future__ import annotations

from smtpscope.protocol.tracking import State
from smtpscope.values import Vocabulary


class Need(Vocabulary):
    """What must precede a command."""

    HELLO = "hello"  # EHLO, HELO or LHLO
    SENDER = "sender"  # MAIL
    RECIPIENT = "recipient"  # RCPT, accepted at least once
    NO_TRANSACTION = "no-transaction"  # the end of the open transaction


_BEGINNING = (State.GREETING, State.HELLO, State.HANDSHAKE)
_OPEN = (State.SENDER, State.RECIPIENT, State.MESSAGE)
_NO_HELLO = dict.fromkeys(_BEGINNING, Need.HELLO)
_NO_SENDER = dict.fromkeys((*_BEGINNING, State.READY), Need.SENDER)
_IN_TRANSACTION = dict.fromkeys(_OPEN, Need.NO_TRANSACTION)

NEEDS: dict[str, dict[State, Need]] = {
    "AUTH": {**_NO_HELLO, **_IN_TRANSACTION},  # RFC 4954 section 4
    "XCLIENT": _IN_TRANSACTION,
    "MAIL": {**_NO_HELLO, **_IN_TRANSACTION},
    "RCPT": _NO_SENDER,
    "DATA": {**_NO_SENDER, State.SENDER: Need.RECIPIENT},
    "BDAT": {**_NO_SENDER, State.SENDER: Need.RECIPIENT},
}
"""Verb -> state -> what is missing in that state; the server then replies 503. Other verbs are allowed at any time."""
