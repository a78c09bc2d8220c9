"""The closed vocabularies that are needed only where something went wrong: of TLS, and of the probes.

They stand apart from vocabulary.py because a session that goes well shall not pay for them when it starts.
"""

from __future__ import annotations

from smtpscope.values import Vocabulary


class HandshakeFailure(Vocabulary):
    """How a TLS handshake failed.

    certificate  verification of the certificate failed
    handshake    TLS itself, by its own reason
    closed       the connection was closed
    timeout      there was no response in time
    reset        the connection was reset
    refused      the connection was refused
    unreachable  there is no route to the host any more
    denied       this machine does not permit it
    tls          the encryption broke
    other        anything else of the network; the reason tells it
    """

    CERTIFICATE = "certificate"
    HANDSHAKE = "handshake"
    CLOSED = "closed"
    TIMEOUT = "timeout"
    RESET = "reset"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    DENIED = "denied"
    TLS = "tls"
    OTHER = "other"


class TroubleKind(Vocabulary):
    """What the probes look into: a connection that brought no good banner, or what was rejected behind it.

    name               the name has no address
    refused            the connection was refused
    silent             there was no response to the connection
    unreachable        there is no route to the host
    denied             this machine does not permit the connection
    reset              the connection was reset instead of being made
    other              it failed for another reason
    closed             the server closed the connection without a banner
    cut                the connection was reset before the banner
    mute               no banner came in time
    foreign            something other than SMTP replied
    turned-away        the banner is a rejection
    slow               the banner came late
    refused-recipient  a recipient was rejected
    refused-client     a rejection that may be about this client
    """

    NAME = "name"
    REFUSED = "refused"
    SILENT = "silent"
    UNREACHABLE = "unreachable"
    DENIED = "denied"
    RESET = "reset"
    OTHER = "other"
    CLOSED = "closed"
    CUT = "cut"
    MUTE = "mute"
    FOREIGN = "foreign"
    TURNED_AWAY = "turned-away"
    SLOW = "slow"
    REFUSED_RECIPIENT = "refused-recipient"
    REFUSED_CLIENT = "refused-client"


class ProbeLevel(Vocabulary):
    """What --probes allows; each level includes those before it.

    none     nothing
    dns      DNS and this machine
    network  a few packets to hosts
    all      RCPT for names that nobody wants to write to
    """

    NONE = "none"
    DNS = "dns"
    NETWORK = "network"
    ALL = "all"


class ProbeCost(Vocabulary):
    """What a probe costs others.

    quiet      DNS and this machine
    loud       a few packets to hosts
    intrusive  RCPT
    """

    QUIET = "quiet"
    LOUD = "loud"
    INTRUSIVE = "intrusive"


class ProbeKind(Vocabulary):
    """What one question of a probe asks.

    address   DNS: the addresses of a name
    mx        DNS: the MX hosts of a domain
    ptr       DNS: the names of an address
    spelling  DNS: which of many similar names exist
    route     this machine: the local address that is used for a host
    port      a port: connect, and hear what it sends
    inside    a port that refused: whether this machine refuses by itself
    words     a silent port: send a line of text, and hear
    tls       a silent port: send a TLS ClientHello, and hear
    rcpt      the server: RCPT for a random name and for postmaster
    """

    ADDRESS = "address"
    MX = "mx"
    PTR = "ptr"
    SPELLING = "spelling"
    ROUTE = "route"
    PORT = "port"
    INSIDE = "inside"
    WORDS = "words"
    TLS = "tls"
    RCPT = "rcpt"


class ProbeOutcome(Vocabulary):
    """What came of one question of a probe.

    found         there is an answer; ``found`` or the details hold it
    none          none of the names exists
    no-record     the name exists, without such a record
    no-such-name  the name does not exist
    null-mx       the domain accepts no mail (RFC 7505)
    no-answer     DNS, or the server, did not respond
    no-name       the name has no address
    greets        the port sends something; details: said, protocol
    accepts       the port accepts the connection and sends nothing
    closes        the port accepts the connection and closes it
    resets        the port accepts the connection and resets it
    refused       the connection was refused
    silent        there was no response to the connection
    unreachable   there is no route to the host
    denied        this machine does not permit it
    reset         the connection was reset instead of being made
    failed        it failed for another reason
    secured       TLS was agreed on; details: version, alpn
    no-tls        the handshake failed
    made-here     this machine refuses by itself
    from-outside  the refusal comes from elsewhere
    asked         the server replied to RCPT; details: random, postmaster
    """

    FOUND = "found"
    NONE = "none"
    NO_RECORD = "no-record"
    NO_SUCH_NAME = "no-such-name"
    NULL_MX = "null-mx"
    NO_ANSWER = "no-answer"
    NO_NAME = "no-name"
    GREETS = "greets"
    ACCEPTS = "accepts"
    CLOSES = "closes"
    RESETS = "resets"
    REFUSED = "refused"
    SILENT = "silent"
    UNREACHABLE = "unreachable"
    DENIED = "denied"
    RESET = "reset"
    FAILED = "failed"
    SECURED = "secured"
    NO_TLS = "no-tls"
    MADE_HERE = "made-here"
    FROM_OUTSIDE = "from-outside"
    ASKED = "asked"


class NotAsked(Vocabulary):
    """Why a probe was not asked.

    level         --probes does not allow it
    loopback      the target is this machine itself
    no-recipient  no recipient names a domain
    no-address    there is no address to ask
    no-control    no control host is named
    deadline      there was no answer in time
    """

    LEVEL = "level"
    LOOPBACK = "loopback"
    NO_RECIPIENT = "no-recipient"
    NO_ADDRESS = "no-address"
    NO_CONTROL = "no-control"
    DEADLINE = "deadline"
