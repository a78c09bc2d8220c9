"""What a test is to do: one frozen value, filled from the command line or by a caller of the library."""

from __future__ import annotations

from smtpscope.protocol.phase import TIMEOUTS, Phase
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smtpscope.dialogue.message import Draft
    from smtpscope.protocol.sasl import Credentials

# How an extension of the server is used: as announced, always, or never.
AUTO, FORCE, FORBID = "auto", "force", "forbid"

# When TLS is used: where announced, in any case, never, from the first octet on (RFC 8314 section 3.3).
REQUIRE, NEVER, IMPLICIT = "require", "never", "implicit"
SMTP, LMTP = "smtp", "lmtp"

TLS_MODES = (AUTO, REQUIRE, NEVER, IMPLICIT)
TLS_VERSIONS = ("1.0", "1.1", "1.2", "1.3")

WISHES = (AUTO, FORCE, FORBID)

# The extensions of the server whose use is the user's choice.
EXTENSIONS: tuple[str, ...] = ("PIPELINING", "CHUNKING", "SIZE", "8BITMIME", "SMTPUTF8", "DSN")


class Target(Value):
    """Where to connect.

    host      name or address of the server; empty: every MX of the domain of the first recipient
    port      TCP port, 1 to 65535
    family    0 both, 4 or 6
    source    local address to bind, empty for the system's choice
    resolver  address of the DNS server to ask, empty for the system's
    most      MX hosts of a domain, and addresses of a host, that are tried at the most
    """

    host: str = ""
    port: int = 25
    family: int = 0
    source: str = ""
    resolver: str = ""
    most: int = 5  # as Postfix has it (smtp_mx_address_limit)


class Envelope(Value):
    """The envelope: EHLO name, sender (empty: the null sender), recipients, DSN wishes (RFC 3461).

    notify    success, failure, delay or never; empty: nothing asked
    ret       full, hdrs or empty
    envid     envelope id, not yet xtext-encoded
    orcpt     send ORCPT=rfc822;... with each recipient
    raw_mail, raw_rcpt  further parameters, sent as they are
    own       for each recipient, its own RCPT parameters (KEY=value); they take the place of those for all
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
    own: tuple[tuple[str, ...], ...] = ()

    def own_of(self, number: int) -> tuple[str, ...]:
        """The parameters that recipient ``number`` (from 0) has for itself."""
        return self.own[number] if number < len(self.own) else ()

    def notify_of(self, number: int) -> tuple[str, ...]:
        """What recipient ``number`` (from 0) is to be told of: its own NOTIFY, else that for all."""
        own = next((word for word in self.own_of(number) if word.upper().startswith("NOTIFY=")), "")
        return tuple(own[7:].lower().split(",")) if own else self.notify


class Tls(Value):
    """When TLS is used, and what a certificate is held against.

    mode       auto, require, never, implicit
    name       the name that the server must prove to have; empty: the host that was connected to
    ca         file or folder of the authorities to trust, PEM; empty: the system's
    verify     whether a certificate that does not stand the test ends the conversation
    certificate, key  files of our own certificate and its key, PEM
    version    the only version to use: 1.0, 1.1, 1.2, 1.3; empty: OpenSSL's choice
    ciphers    OpenSSL's list of ciphers (up to TLS 1.2); empty: its default
    """

    mode: str = AUTO
    name: str = ""
    ca: str = ""
    verify: bool = True
    certificate: str = ""
    key: str = ""
    version: str = ""
    ciphers: str = ""


class Login(Value):
    """Who logs in, and how.

    mechanism    name of a SASL mechanism; empty: the strongest that is announced
    in_clear     log in on a connection that is not encrypted too
    unannounced  log in where the server does not announce it
    """

    credentials: Credentials
    mechanism: str = ""
    in_clear: bool = False
    unannounced: bool = False


class Plan(Value):
    """A whole test.

    draft      the message to compose, in the best form that the server's capabilities allow
    message    a ready message, sent as it is (only dot-stuffed); it takes the place of the draft
    stop_after the last phase to do: connect, banner, ehlo, starttls, auth, mail, rcpt, data; empty: everything.
               What is required before the last EHLO (TLS, XCLIENT) is done
    use        what to do with each extension: auto, force, forbid
    chunk      octets of a BDAT chunk; 0: the whole message in one
    timeouts   seconds for each phase
    login      None: no AUTH
    protocol   smtp, or lmtp (RFC 2033): LHLO, and an answer for each recipient behind the message
    proxy      the PROXY header to send before anything else; empty: none
    xclient    the attributes to say with XCLIENT, as they go over the line; empty: none
    """

    target: Target
    envelope: Envelope
    draft: Draft | None = None
    message: bytes = b""
    stop_after: str = ""
    use: Mapping[str, str] = {}
    chunk: int = 0
    timeouts: Mapping[Phase, float] = TIMEOUTS
    tls: Tls = Tls()
    login: Login | None = None
    protocol: str = SMTP
    proxy: bytes = b""
    xclient: str = ""

    @property
    def enforces_certificate(self) -> bool:
        """Whether TLS with a certificate that does not stand the test ends the conversation.

        Where TLS is only taken because it is offered, it is better than none, as RFC 7435 has it, and the conversation
        goes on; a password is never given to a server that cannot prove its name.
        """
        return self.tls.verify and (self.tls.mode in (REQUIRE, IMPLICIT) or self.login is not None)

    @property
    def wants_tls(self) -> bool:
        """Whether the test fails without TLS: it is required, or the test is one of STARTTLS."""
        return self.tls.mode in (REQUIRE, IMPLICIT) or self.stop_after == "starttls"

    @property
    def begins_anew(self) -> bool:
        """Whether EHLO is said again behind what is required: encryption (RFC 3207 section 4.2), XCLIENT."""
        return self.tls.mode == REQUIRE or bool(self.xclient)

    @property
    def is_lmtp(self) -> bool:
        """Whether the server replies to a message for each recipient (RFC 2033)."""
        return self.protocol == LMTP

    def extension_mode(self, extension: str) -> str:
        """auto, force or forbid for ``extension``."""
        return self.use.get(extension, AUTO)
