"""The output of a session: what the connection has to do (wait, store, send, encrypt, end)."""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from smtpscope.lab.delivery import Outcome
    from smtpscope.lab.mail import Mail, Spool


class Output(Value):
    """What the server does next, in this order: wait ``delay``, store ``mail``, send ``data``, end.

    data      the reply; sent ``repeat`` times (0: until the client disconnects), with ``trickle`` seconds between bytes
    end       drop, reset, half-close, silence (stay connected without any more replies), or empty to continue
    mail, spool  the message to store
    refusal   the reply instead of ``data`` if the message, of this output or the one before, could not be stored
    outcomes  what happens to the message for each recipient
    then      outputs that follow immediately: with LMTP, the replies for the other recipients
    encrypt   begin the TLS handshake after the reply
    code      of the reply; 0 if ``data`` is not a complete reply
    login, mechanism  the user that is logged in with this reply, and the mechanism
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
        """Whether the reply accepts the command (2yz)."""
        return self.code // 100 == 2
