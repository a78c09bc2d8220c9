"""What a test is to do: one frozen value, filled from the command line or by a caller of the library."""

from __future__ import annotations

from smtpscope.protocol.phase import TIMEOUTS, Phase
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smtpscope.dialogue.message import Draft

# How an extension of the server is used: as announced, always, or never.
AUTO, FORCE, FORBID = "auto", "force", "forbid"

EXTENSIONS: tuple[str, ...] = ("PIPELINING", "CHUNKING", "SIZE", "8BITMIME", "SMTPUTF8", "DSN")


class Target(Value):
    """Where to connect.

    host      name or address of the server; empty: every MX of the domain of the first recipient
    port      TCP port, 1 to 65535
    family    0 both, 4 or 6
    source    local address to bind, empty for the system's choice
    resolver  address of the DNS server to ask, empty for the system's
    """

    host: str = ""
    port: int = 25
    family: int = 0
    source: str = ""
    resolver: str = ""


class Envelope(Value):
    """The envelope: EHLO name, sender (empty: the null sender), recipients, DSN wishes (RFC 3461).

    notify    success, failure, delay or never; empty: nothing asked
    ret       full, hdrs or empty
    envid     envelope id, not yet xtext-encoded
    orcpt     send ORCPT=rfc822;... with each recipient
    raw_mail, raw_rcpt  further parameters, sent as they are
    """

    helo: str
    sender: str
    recipients: tuple[str, ...]
    notify: tuple[str, ...] = ()
    ret: str = ""
    envid: str = ""
    orcpt: bool = False
    raw_mail: tuple[str, ...] = ()
    raw_rcpt: tuple[str, ...] = ()


class Plan(Value):
    """A whole test.

    draft      the message to compose, in the best form that the server's capabilities allow
    message    a ready message, sent as it is (only dot-stuffed); it takes the place of the draft
    stop_after the last phase to do: banner, ehlo, mail, rcpt, data; empty: everything
    use        what to do with each extension: auto, force, forbid
    timeouts   seconds for each phase
    """

    target: Target
    envelope: Envelope
    draft: Draft | None = None
    message: bytes = b""
    stop_after: str = ""
    use: Mapping[str, str] = {}
    timeouts: Mapping[Phase, float] = TIMEOUTS

    def wish(self, extension: str) -> str:
        """auto, force or forbid for ``extension``."""
        return self.use.get(extension, AUTO)
