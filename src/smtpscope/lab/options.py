"""The settings of a lab: limits, TLS and AUTH, and the protocol of a port."""

from __future__ import annotations

from smtpscope.dialogue.plan import SMTP
from smtpscope.values import Value


class Limits(Value):
    """The limits of the lab: a client that exceeds one gets the reply of the RFC.

    In bytes, numbers, and seconds; 0 means no limit, except for ``size``: there, the limit is the personality's.

    size         bytes of a message (RFC 1870)
    command      bytes of a command line: 512 and room for the extensions (RFC 5321 section 4.5.3.1.4)
    text_line    bytes of a line of the message (RFC 5321 section 4.5.3.1.6 has 998 without CRLF)
    recipients   of one message, at least 100 (RFC 5321 section 4.5.3.1.8)
    errors       rejected commands in one session
    connections  at the same time
    messages     stored in the mailbox
    idle         seconds for one command or one block of the message (RFC 5321 section 4.5.3.2.7)
    session      seconds for a whole session
    transcript   bytes of message text stored in one transcript; the message itself is stored completely
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

    starttls       STARTTLS is advertised
    implicit       implicit TLS (RFC 8314 section 3.3)
    users          (name, password or token) of each user that can log in
    auth_in_clear  AUTH is advertised on unencrypted connections, too
    """

    starttls: bool = False
    implicit: bool = False
    users: tuple[tuple[str, str], ...] = ()
    auth_in_clear: bool = False

    def __repr__(self) -> str:
        return f"Security(starttls={self.starttls}, implicit={self.implicit}, users={len(self.users)})"


class Service(Value):
    """The protocol of one listener, and who tells it the client's address.

    protocol  smtp, or lmtp (RFC 2033)
    xclient   XCLIENT is accepted from clients on this machine
    proxied   every connection must begin with a PROXY header
    """

    protocol: str = SMTP
    xclient: bool = False
    proxied: bool = False
