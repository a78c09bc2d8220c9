"""Where a conversation stands: the phases, and how long each may take."""

from __future__ import annotations

from smtpscope.values import Vocabulary


class Phase(Vocabulary):
    """A stretch of the conversation, named after the command that it is about."""

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


# The phases whose replies can be told apart where a reply stands alone, in their order.
STAGES: tuple[str, ...] = tuple(
    phase.value for phase in Phase if phase not in (Phase.RESOLVE, Phase.TLS, Phase.OTHER, Phase.CLOSED)
)

# The steps after which a test can end, in their order: the others come with one of these, or make no sense alone.
STOPS: tuple[str, ...] = tuple(
    stage for stage in STAGES if stage not in (Phase.PROXY, Phase.XCLIENT, Phase.END_OF_DATA, Phase.QUIT)
)

# Seconds that the client must wait for the peer (RFC 5321 section 4.5.3.2); what the RFC does not name
# (connect, STARTTLS, the handshake, AUTH, RSET and the like) is ours. END_OF_DATA counts from the final dot.
TIMEOUTS: dict[Phase, float] = {
    Phase.RESOLVE: 10,
    Phase.CONNECT: 10,  # four SYN packets (at 0, 1, 3 and 7 s); the probes then have their say within 15 s
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

# Seconds that one block of the message may wait to be taken (RFC 5321 section 4.5.3.2.5).
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
    """The phase that a command is about; OTHER for verbs outside of the mail transaction."""
    return _PHASES.get(verb.upper(), Phase.OTHER)
