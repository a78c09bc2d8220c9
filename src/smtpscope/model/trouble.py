"""Closed vocabularies that are needed only after a failure: of TLS handshakes, and of the probes.

They are not in vocabulary.py, so that a session without a failure does not load them at start-up.
"""

from __future__ import annotations

from smtpscope.values import Vocabulary


class HandshakeFailure(Vocabulary):
    """How a TLS handshake failed.

    certificate  verification of the certificate failed
    handshake    TLS failed; OpenSSL's reason says why
    closed       the connection was closed
    timeout      there was no response in time
    reset        the connection was reset
    refused      the connection was refused
    unreachable  there is no route to the host any more
    denied       this machine does not permit it
    tls          an error in the encrypted data
    other        another failure of the network; see the reason
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
    """The problem that the probes examine: a connection without a 220 banner in time, or a later rejection.

    name               the name has no address
    refused            the connection was refused
    silent             there was no response to the connection
    unreachable        there is no route to the host
    denied             this machine does not permit the connection
    reset              the connection was reset instead of being made
    other              it failed for another reason
    closed             the server closed the connection without a banner
    cut                the connection was reset before the banner
    mute               no banner was received in time
    foreign            a service other than SMTP replied
    turned-away        the banner is a rejection
    slow               the banner was late
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
    """What --probes allows. Each level includes the levels before it.

    none     no probes
    dns      lookups in DNS, and on this machine
    network  a few packets to hosts
    all      RCPT for a random name and for postmaster
    """

    NONE = "none"
    DNS = "dns"
    NETWORK = "network"
    ALL = "all"


class ProbeCost(Vocabulary):
    """What a probe means for others.

    quiet      lookups in DNS, and on this machine
    loud       a few packets to hosts
    intrusive  RCPT
    """

    QUIET = "quiet"
    LOUD = "loud"
    INTRUSIVE = "intrusive"


class ProbeKind(Vocabulary):
    """What a probe does.

    address   DNS: the addresses of a name
    mx        DNS: the MX hosts of a domain
    ptr       DNS: the names of an address
    spelling  DNS: which of many similar names exist
    route     this machine: the local address that is used for a host
    port      a port: connect, and read what it sends
    inside    a port that refused the connection: whether this machine itself refuses it
    words     a port without a response: send a line of text, and read
    tls       a port without a response: send a TLS ClientHello, and read
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
    """The result of a probe.

    found         found; see ``found`` or the details
    none          none of the names exists
    no-record     the name exists, but has no such record
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
    secured       the TLS handshake succeeded; details: version, alpn
    no-tls        the TLS handshake failed
    made-here     this machine itself refuses the connection
    from-outside  another host refuses the connection
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
    """Why a probe was not run.

    level         --probes does not allow it
    loopback      the target is this machine
    no-recipient  no recipient has a domain
    no-address    there is no address to probe
    no-control    no reference host is given
    deadline      there was no result in time
    """

    LEVEL = "level"
    LOOPBACK = "loopback"
    NO_RECIPIENT = "no-recipient"
    NO_ADDRESS = "no-address"
    NO_CONTROL = "no-control"
    DEADLINE = "deadline"
