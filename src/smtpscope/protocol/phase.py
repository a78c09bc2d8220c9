"""The phases of a session, and the time limit of each."""

from __future__ import annotations

from smtpscope.values import Vocabulary


class Phase(Vocabulary):
    """A part of a session, named after its command."""

    RESOLVE = "resolve"
    CONNECT = "connect"
    PROXY = "proxy"
    BANNER = "banner"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    TLS = "tls"
    XCLIENT = "xclient"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    END_OF_DATA = "end-of-data"
    OTHER = "other"
    QUIT = "quit"
    CLOSED = "closed"


# The phases that a single reply, without its session, can belong to, in the order of a session.
STAGES: tuple[str, ...] = tuple(
    phase.value for phase in Phase if phase not in (Phase.RESOLVE, Phase.TLS, Phase.OTHER, Phase.CLOSED)
)

# The steps after which a test can end, in their order. The others belong to one of these, or make no sense alone.
STOPS: tuple[str, ...] = tuple(
    stage for stage in STAGES if stage not in (Phase.PROXY, Phase.XCLIENT, Phase.END_OF_DATA, Phase.QUIT)
)

# Seconds that the client waits for the peer (RFC 5321 section 4.5.3.2). Limits that the RFC does not give
# (connect, STARTTLS, the handshake, AUTH, RSET) are choices of this client. END_OF_DATA counts from the final dot.
TIMEOUTS: dict[Phase, float] = {
    Phase.RESOLVE: 10,
    Phase.CONNECT: 10,  # four SYN packets (at 0, 1, 3 and 7 s); with the probes, a result comes within 15 s
    Phase.PROXY: 10,
    Phase.BANNER: 300,
    Phase.EHLO: 300,
    Phase.STARTTLS: 120,
    Phase.TLS: 30,
    Phase.XCLIENT: 120,
    Phase.AUTH: 120,
    Phase.MAIL: 300,
    Phase.RCPT: 300,
    Phase.DATA: 120,
    Phase.END_OF_DATA: 600,
    Phase.OTHER: 300,
    Phase.QUIT: 10,
}

# Seconds that the write of one block of the message may take (RFC 5321 section 4.5.3.2.5).
BLOCK_TIMEOUT: float = 180

_PHASES: dict[str, Phase] = {
    "": Phase.BANNER,
    "EHLO": Phase.EHLO,
    "HELO": Phase.EHLO,
    "LHLO": Phase.EHLO,
    "STARTTLS": Phase.STARTTLS,
    "XCLIENT": Phase.XCLIENT,
    "AUTH": Phase.AUTH,
    "MAIL": Phase.MAIL,
    "RCPT": Phase.RCPT,
    "DATA": Phase.DATA,
    "BDAT": Phase.END_OF_DATA,
    ".": Phase.END_OF_DATA,
    "QUIT": Phase.QUIT,
}


def phase_of(verb: str) -> Phase:
    """The phase of a command; OTHER for RSET, NOOP, VRFY, and any other verb that no phase is named after."""
    return _PHASES.get(verb.upper(), Phase.OTHER)
