"""What a session tells its driver to do: wait, store, send, encrypt, end; and what a listener speaks."""

from __future__ import annotations

from smtpscope.dialogue.plan import SMTP
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from smtpscope.lab.content import Spool
    from smtpscope.lab.outcome import Outcome
    from smtpscope.lab.transaction import Mail


class Output(Value):
    """What the server does next, in this order: wait ``delay``, store ``mail``, send ``data``, end.

    data      the reply; sent ``repeat`` times (0: until the client goes), ``trickle`` seconds between octets
    end       drop, reset, half-close, silence (the connection stands, nothing is said any more), or empty to go on
    mail, spool  the message to store
    refusal   sent in place of ``data`` when the message, this one or the one before, could not be stored
    outcomes  what becomes of it for each recipient
    then      what follows at once: with LMTP, the answers for the other recipients
    encrypt   begin the TLS handshake behind the reply
    code      of the reply; 0 where ``data`` is none that is complete
    login, mechanism  who is logged in with this reply, and how
    """

    data: bytes = b""
    code: int = 0
    delay: float = 0.0
    trickle: float = 0.0
    repeat: int = 1
    end: str = ""
    mail: Mail | None = None
    spool: Spool | None = None
    outcomes: tuple[Outcome, ...] = ()
    refusal: bytes = b""
    encrypt: bool = False
    login: str = ""
    mechanism: str = ""
    then: tuple[Output, ...] = ()

    @property
    def positive(self) -> bool:
        """Whether the reply accepts what was asked (2yz)."""
        return self.code // 100 == 2


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
