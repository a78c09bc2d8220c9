"""The plan of a test: one frozen value, filled from the command line or by a caller of the library."""

from __future__ import annotations

from smtpscope.protocol.phase import TIMEOUTS, Phase
from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from smtpscope.dialogue.message import Draft
    from smtpscope.protocol.sasl import Credentials

# How an extension of the server is used: if advertised, always, or never.
AUTO, FORCE, FORBID = "auto", "force", "forbid"

# When TLS is used: if advertised (AUTO), always, never, or from the first byte on (RFC 8314 section 3.3).
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
    family    IP version: 4, 6, or 0 for both
    source    local address to bind; empty: the system chooses
    resolver  address of the DNS server; empty: the system's DNS server
    most      largest number of MX hosts of a domain, and of addresses of a host, that are tried
    """

    host: str = ""
    port: int = 25
    family: int = 0
    source: str = ""
    resolver: str = ""
    most: int = 5  # the default of Postfix (smtp_mx_address_limit)


class Envelope(Value):
    """The envelope: EHLO name, sender (empty: the null sender), recipients, DSN parameters (RFC 3461).

    notify    success, failure, delay, or never; empty: no NOTIFY
    ret       full or hdrs; empty: no RET
    envid     envelope ID, not yet encoded as xtext
    orcpt     whether ORCPT=rfc822;... is sent with each recipient
    raw_mail, raw_rcpt  more parameters, sent as is
    own       for each recipient, its own RCPT parameters (KEY=value), which replace those for all recipients
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
        """The own parameters of recipient ``number``, counted from 0."""
        return self.own[number] if number < len(self.own) else ()

    def notify_of(self, number: int) -> tuple[str, ...]:
        """The NOTIFY values for recipient ``number``, counted from 0: its own, or those for all recipients."""
        own = next((word for word in self.own_of(number) if word.upper().startswith("NOTIFY=")), "")
        return tuple(own[7:].lower().split(",")) if own else self.notify


class Tls(Value):
    """When TLS is used, and how the server's certificate is verified.

    mode       auto, require, never, implicit
    name       the name that the certificate is checked for; empty: the host of the connection
    ca         file or directory of trusted CAs, PEM; empty: the system's CAs
    verify     whether a certificate that fails verification ends the session (see Plan.enforces_certificate)
    certificate, key  files of the client certificate and its key, PEM
    version    the only TLS version to use: 1.0, 1.1, 1.2, 1.3; empty: OpenSSL chooses
    ciphers    OpenSSL's list of cipher suites (up to TLS 1.2); empty: its default
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
    """The credentials of a login, and how to log in.

    mechanism    name of a SASL mechanism; empty: the strongest one advertised
    in_clear     whether to log in also on an unencrypted connection
    unannounced  whether to log in also if the server does not advertise it
    """

    credentials: Credentials
    mechanism: str = ""
    in_clear: bool = False
    unannounced: bool = False


class Plan(Value):
    """A whole test.

    draft      the message to compose, in the best form that the server's extensions allow
    message    a complete message, sent as is (only dot-stuffed) instead of the draft
    stop_after the last step: connect, banner, ehlo, starttls, auth, mail, rcpt, data; empty: the whole session.
               With ehlo, TLS and XCLIENT are still done if they are required
    use        how each extension is used: auto, force, forbid
    chunk      bytes of a BDAT chunk; 0: the whole message in one chunk
    timeouts   time limit of each phase, in seconds
    login      None: no AUTH
    protocol   smtp, or lmtp (RFC 2033): LHLO, and a reply for each recipient after the message
    proxy      the PROXY header to send before anything else; empty: none
    xclient    the attributes of XCLIENT, as they are sent; empty: no XCLIENT
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
        """Whether a certificate that fails verification ends the session.

        If TLS is used only because it is advertised, the session continues: unverified TLS is better than no TLS (RFC
        7435). But a password is never sent to a server whose certificate is not verified.
        """
        return self.tls.verify and (self.tls.mode in (REQUIRE, IMPLICIT) or self.login is not None)

    @property
    def wants_tls(self) -> bool:
        """Whether the test fails without TLS: TLS is required, or the test ends after STARTTLS."""
        return self.tls.mode in (REQUIRE, IMPLICIT) or self.stop_after == "starttls"

    @property
    def begins_anew(self) -> bool:
        """Whether another EHLO is required, after STARTTLS (RFC 3207 section 4.2) or XCLIENT."""
        return self.tls.mode == REQUIRE or bool(self.xclient)

    @property
    def is_lmtp(self) -> bool:
        """Whether the protocol is LMTP: the server replies to a message once for each recipient (RFC 2033)."""
        return self.protocol == LMTP

    def extension_mode(self, extension: str) -> str:
        """auto, force or forbid for ``extension``."""
        return self.use.get(extension, AUTO)
