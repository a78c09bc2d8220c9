"""The closed vocabularies of the events. Each value is what stands in the JSON."""

from __future__ import annotations

from enum import StrEnum


class Lookup(StrEnum):
    """What was asked of DNS or of the system's resolver."""

    MX = "mx"
    ADDRESS = "address"


class FailureKind(StrEnum):
    """How the network or a lookup failed."""

    DNS = "dns"
    NULL_MX = "null-mx"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    RESET = "reset"
    DENIED = "denied"
    TLS = "tls"
    OTHER = "other"


class Party(StrEnum):
    """Who ended a connection: this side, or the peer."""

    US = "us"
    PEER = "peer"


class Reason(StrEnum):
    """Why this client gave up. It is a decision of ours, which no later reply undoes."""

    TLS_NOT_ANNOUNCED = "tls-not-announced"
    AUTH_IN_CLEAR = "auth-in-clear"
    AUTH_NOT_ANNOUNCED = "auth-not-announced"
    AUTH_NOT_OFFERED = "auth-not-offered"
    AUTH_ABORTED = "auth-aborted"
    AUTH_UNPROVEN = "auth-unproven"
    REPLY_FLOOD = "reply-flood"
    UNASKED_FLOOD = "unasked-flood"
    SERVER_CLOSES = "server-closes"
    LINES_UNSENT = "lines-unsent"


class Skip(StrEnum):
    """Why a server of a domain is not tested."""

    SAME_ADDRESS = "same-address"
    NULL_MX = "null-mx"


class Topic(StrEnum):
    """What is noted beside the exchanges: nothing here decides the outcome by itself."""

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


class DsnAction(StrEnum):
    """What a delivery status notification says of a recipient (RFC 3464 section 2.3.3); OTHER: an unknown word."""

    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"
    FAILED = "failed"
    DELAYED = "delayed"
    OTHER = "other"


class Signal(StrEnum):
    """What interrupted a run."""

    INT = "INT"
    TERM = "TERM"
    HUP = "HUP"
