"""What a session tells its driver to do: wait, store, send, encrypt, end."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from smtpscope.lab.delivery import Outcome
    from smtpscope.lab.mail import Mail, Spool


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
