"""The closed vocabularies of the events. The JSON has the values.

The docstring of a vocabulary has a line for the meaning of each value. docs/reference/json.md is generated from them.
"""

from __future__ import annotations

from smtpscope.values import Vocabulary


class Lookup(Vocabulary):
    """What was looked up in DNS, or with the system's resolver.

    mx       the MX records of a domain
    address  the addresses of a name
    """

    MX = "mx"
    ADDRESS = "address"


class FailureKind(Vocabulary):
    """How the network or a lookup failed.

    dns          the lookup of the name failed, or the name does not exist
    null-mx      the domain accepts no mail (RFC 7505)
    refused      the connection was refused
    timeout      there was no response in time
    unreachable  there is no route to the host
    reset        the connection was reset
    denied       this machine does not permit the connection
    tls          TLS failed in the middle of the session
    other        another failure; see the reason
    """

    DNS = "dns"
    NULL_MX = "null-mx"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    RESET = "reset"
    DENIED = "denied"
    TLS = "tls"
    OTHER = "other"


class Party(Vocabulary):
    """Who closed a connection.

    us    this side: smtpscope, or its lab
    peer  the other side
    """

    US = "us"
    PEER = "peer"


class Reason(Vocabulary):
    """Why this client gave up. No later reply changes such a decision.

    tls-not-announced   encryption is required, and the server does not advertise STARTTLS
    auth-in-clear       the connection is not encrypted, so the password was not sent
    auth-not-announced  the server does not advertise AUTH
    auth-not-offered    the server advertises AUTH, but not a mechanism that may be used; details: offered
    auth-aborted        the challenge is not valid; details: why
    auth-unproven       the server replied 235 before the login was complete; details: mechanism
    reply-flood         a reply, or a series of replies, without an end; details: count
    server-closes       the server replied 421: it closes the session
    lines-unsent        in the console: lines that were typed ahead were not sent; details: count
    """

    TLS_NOT_ANNOUNCED = "tls-not-announced"
    AUTH_IN_CLEAR = "auth-in-clear"
    AUTH_NOT_ANNOUNCED = "auth-not-announced"
    AUTH_NOT_OFFERED = "auth-not-offered"
    AUTH_ABORTED = "auth-aborted"
    AUTH_UNPROVEN = "auth-unproven"
    REPLY_FLOOD = "reply-flood"
    SERVER_CLOSES = "server-closes"
    LINES_UNSENT = "lines-unsent"


class Skip(Vocabulary):
    """Why a server of a domain is not tested.

    same-address  its address was tested already, under another name
    null-mx       the domain has a null MX (RFC 7505) and other MX hosts, which contradicts itself
    """

    SAME_ADDRESS = "same-address"
    NULL_MX = "null-mx"


class Topic(Vocabulary):
    """What a note is about. No note decides the outcome by itself.

    using            an extension is used; details: extension, why
    not-using        an extension is not used; details: extension, why
    size-exceeded    the message is larger than SIZE allows; details: size, limit
    lint             a fault in the message, with an id of its own; details: line
    retry            a retry after a temporary rejection; details: seconds
    partial          some recipients were rejected; details: refused, accepted
    dsn-unavailable  a DSN was requested, but DSN is not advertised; details: asked
    dsn-waiting      waiting for DSNs; details: seconds, envid
    helo-fallback    EHLO was rejected, and HELO is tried
    mx-copy          the message was accepted by another MX; details: host
    mx-limit         not every MX host is tested; details: count, limit
    address-limit    not every address is tried; details: host, count, limit
    tls-refused      STARTTLS was rejected, and the session continues unencrypted
    auth             a login begins; details: mechanism, user
    auth-challenge   the text of a challenge; details: text
    unasked          more replies without a command, which are only counted; details: count
    claimed          in the lab: a proxy gives the identity of its client; details: by, address
    no-proxy-header  in the lab: the PROXY header is missing or not valid; details: why
    text-cut         in the lab: bytes of messages that were not recorded; details: octets
    unread           in pasted text: a line of the session that is not understood; details: line, text
    """

    USING = "using"
    NOT_USING = "not-using"
    SIZE_EXCEEDED = "size-exceeded"
    LINT = "lint"
    RETRY = "retry"
    PARTIAL = "partial"
    DSN_UNAVAILABLE = "dsn-unavailable"
    DSN_WAITING = "dsn-waiting"
    HELO_FALLBACK = "helo-fallback"
    MX_COPY = "mx-copy"
    MX_LIMIT = "mx-limit"
    ADDRESS_LIMIT = "address-limit"
    TLS_REFUSED = "tls-refused"
    AUTH = "auth"
    AUTH_CHALLENGE = "auth-challenge"
    UNASKED = "unasked"
    CLAIMED = "claimed"
    NO_PROXY_HEADER = "no-proxy-header"
    TEXT_CUT = "text-cut"
    UNREAD = "unread"


DETAILS: dict[str, tuple[str, ...]] = {
    Topic.USING: ("extension", "why"),
    Topic.NOT_USING: ("extension", "why"),
    Topic.SIZE_EXCEEDED: ("size", "limit"),
    Topic.LINT: ("line",),
    Topic.RETRY: ("seconds",),
    Topic.PARTIAL: ("refused", "accepted"),
    Topic.DSN_UNAVAILABLE: ("asked",),
    Topic.DSN_WAITING: ("seconds", "envid"),
    Topic.MX_COPY: ("host",),
    Topic.MX_LIMIT: ("count", "limit"),
    Topic.ADDRESS_LIMIT: ("host", "count", "limit"),
    Topic.AUTH: ("mechanism", "user"),
    Topic.AUTH_CHALLENGE: ("text",),
    Topic.UNASKED: ("count",),
    Topic.CLAIMED: ("by", "address"),
    Topic.NO_PROXY_HEADER: ("why",),
    Topic.TEXT_CUT: ("octets",),
    Topic.UNREAD: ("line", "text"),
    Reason.AUTH_NOT_OFFERED: ("offered",),
    Reason.AUTH_ABORTED: ("why",),
    Reason.AUTH_UNPROVEN: ("mechanism",),
    Reason.REPLY_FLOOD: ("count",),
    Reason.LINES_UNSENT: ("count",),
}
"""The details that a note or a decision always has, by its topic or reason. Others have none."""


class DsnAction(Vocabulary):
    """The action that a DSN reports for a recipient (RFC 3464 section 2.3.3).

    delivered  the message was delivered
    relayed    the message was relayed to a server that sends no DSNs
    expanded   the message was delivered to an alias or mailing list, and forwarded to its addresses
    failed     the message could not be delivered
    delayed    the message could not be delivered yet
    other      an action that RFC 3464 does not define
    """

    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"
    FAILED = "failed"
    DELAYED = "delayed"
    OTHER = "other"


class Signal(Vocabulary):
    """What interrupted a run.

    INT   Ctrl-C
    TERM  a request to end
    HUP   the terminal was closed
    """

    INT = "INT"
    TERM = "TERM"
    HUP = "HUP"
