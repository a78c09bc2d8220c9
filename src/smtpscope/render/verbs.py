"""The purpose of each SMTP command."""

from __future__ import annotations

from smtpscope.language import N_, _
from smtpscope.protocol.phase import phase_of
from smtpscope.render.phases import PURPOSES

# Commands whose phase does not explain them: HELO and LHLO, and commands outside of a transaction.
_PURPOSES: dict[str, str] = {
    "HELO": N_("identify this client (old command, no extensions)"),
    "LHLO": N_("identify this client to an LMTP server"),
    "STARTTLS": N_("switch to TLS; the handshake starts after the 220 reply"),
    "BDAT": N_("send a chunk of the message; its bytes follow immediately"),
    "RSET": N_("reset the transaction: discard sender, recipients, and message"),
    "NOOP": N_("no operation; the server replies 250"),
    "VRFY": N_("check whether a mailbox exists; most servers do not disclose it"),
    "EXPN": N_("list the members of a mailing list; most servers do not disclose them"),
    "HELP": N_("request help from the server"),
    "ETRN": N_("ask the server to send the queued mail for a domain"),
    "QUIT": N_("end the session; the server closes the connection"),
}


def verb_purpose(verb: str) -> str:
    """What the command is for, in the current language. ``verb`` is in upper case."""
    return _(_PURPOSES.get(verb) or PURPOSES[phase_of(verb)])
