"""How a lab is set up: its limits, TLS and AUTH, and what is spoken at a port."""

from __future__ import annotations

from smtpscope.dialogue.plan import SMTP
from smtpscope.values import Value


class Limits(Value):
    """What the lab bears: a client that wants more gets the reply of the RFC.

    Octets, numbers and seconds; 0 sets no limit, except for ``size``: there it means the personality's.

    size         octets of a message (RFC 1870)
    command      octets of a command line: 512 and room for the extensions (RFC 5321 section 4.5.3.1.4)
    text_line    octets of a line of the message (RFC 5321 section 4.5.3.1.6 has 998 without CRLF)
    recipients   of one message, at least 100 (RFC 5321 section 4.5.3.1.8)
    errors       commands that were wrong, in one session
    connections  at the same time
    messages     kept in the mailbox
    idle         seconds for one command or one piece of the message (RFC 5321 section 4.5.3.2.7)
    session      seconds for a whole conversation
    transcript   octets of message text kept in one transcript; the message itself is kept whole
    """

    size: int = 0
    command: int = 4096
    text_line: int = 0
    recipients: int = 1000
    errors: int = 20
    connections: int = 5000
    messages: int = 0
    idle: float = 300.0
    session: float = 7200.0
    transcript: int = 1048576


class Security(Value):
    """TLS and AUTH at one listener.

    starttls       announced
    implicit       TLS from the first octet (RFC 8314 section 3.3)
    users          (name, password or token) of each who may log in
    auth_in_clear  AUTH is offered without TLS too
    """

    starttls: bool = False
    implicit: bool = False
    users: tuple[tuple[str, str], ...] = ()
    auth_in_clear: bool = False

    def __repr__(self) -> str:
        return f"Security(starttls={self.starttls}, implicit={self.implicit}, users={len(self.users)})"


class Service(Value):
    """What is spoken at one listener, and how clients come to it.

    protocol  smtp, or lmtp (RFC 2033)
    xclient   clients on this machine may say with XCLIENT who they are
    proxied   a PROXY header comes first
    """

    protocol: str = SMTP
    xclient: bool = False
    proxied: bool = False
