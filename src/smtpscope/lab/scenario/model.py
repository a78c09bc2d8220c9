"""What the lab plays, as values: rules that give another answer than the usual one (docs/reference/scenarios.md)."""

from __future__ import annotations

from smtpscope.protocol.command import VERBS
from smtpscope.protocol.phase import Phase
from smtpscope.values import Value

# The commands that a rule can be for; LHLO is of the stage ehlo, and ETRN is unknown to the lab.
_COMMANDS = tuple(verb.lower() for verb in VERBS if verb not in ("LHLO", "ETRN"))

# Where a rule can step in. ``content`` is a piece of the message on its way, ``end-of-data`` the dot or BDAT LAST,
# ``delivery`` what becomes of the message for one recipient, ``unknown`` a verb that the server does not know.
STAGES: tuple[str, ...] = (
    Phase.CONNECT.value,
    *_COMMANDS[: _COMMANDS.index("bdat") + 1],
    "content",
    Phase.END_OF_DATA.value,
    "delivery",
    *_COMMANDS[_COMMANDS.index("bdat") + 1 :],
    "unknown",
)

# How a connection is ended: closed, cut with RST, or closed on the server's side only.
ENDS: tuple[str, ...] = ("drop", "reset", "half-close")

# What a rule counts by: anew for each of these.
COUNTED_BY: tuple[str, ...] = ("session", "peer", "sender", "recipient", "triplet", "server")


# What becomes of a message for a recipient, behind the 250.
DELIVERED, RELAYED, EXPANDED, DELAYED, FAILED, LOST = "delivered", "relayed", "expanded", "delayed", "failed", "lost"

# Lost: taken with 250 and never heard of again.
OUTCOMES: tuple[str, ...] = (DELIVERED, RELAYED, EXPANDED, DELAYED, FAILED, LOST)

GOOD = "good"

# What a server can show. The last three have a good certificate: TLS 1.1 at most, a client certificate wanted,
# and no handshake at all behind the answer to STARTTLS.
CERTIFICATES: tuple[str, ...] = (
    GOOD,
    "expired",
    "not-yet-valid",
    "wrong-name",
    "self-signed",
    "unknown-authority",
    "incomplete-chain",
    "old-version",
    "wants-certificate",
    "none",
)


class When(Value):
    """The situation that a rule is for; everything that is given must be so.

    stages      where in the conversation (STAGES)
    peer, helo, sender, recipient, header  regular expressions searched in the client's address, its EHLO name, the
                envelope addresses (behind RCPT: any recipient accepted) and the header of the message
    recipients  at least so many recipients were accepted in this transaction
    messages    at least so many messages were taken in this session
    text        a regular expression searched in the first 64 KiB of the message
    octets      the message has at least so many octets
    rate, per   more than ``rate`` times in ``per`` seconds (counted as the rule says)
    tls         whether the connection is encrypted; None: either
    login       a regular expression for the name logged in with; None: either; "" matches only when nobody did
    """

    stages: tuple[str, ...]
    peer: str = ""
    helo: str = ""
    sender: str = ""
    recipient: str = ""
    header: str = ""
    text: str = ""
    recipients: int = 0
    messages: int = 0
    octets: int = 0
    rate: int = 0
    per: float = 0.0
    tls: bool | None = None
    login: str | None = None


class Action(Value):
    """What happens. With none of code, raw, silent and end, the usual answer is given.

    code, lines  the reply; lines hold the enhanced code too and may name {host}, {peer}, {date}, {protocol}, {argument}
    raw, repeat  octets sent as they are in place of a reply, so often; 0: until the client goes away
    silent       no answer, to this and to everything that follows: a service that hangs
    delay        seconds to wait before
    trickle      seconds between one octet of the answer and the next
    end          drop, reset or half-close the connection behind the answer
    without, announce  capabilities left out of, or added to, the answer to EHLO
    outcome      at delivery: delivered, relayed, expanded, delayed, failed or lost (lab/delivery.py); the reply, 4xx or
                 5xx, is what another server said, ``remote`` its name, ``delay`` the seconds until it is known
    certificate  the kind of certificate shown in the handshake (lab/net/tls.py)
    """

    code: int = 0
    lines: tuple[str, ...] = ("",)
    raw: bytes = b""
    repeat: int = 1
    silent: bool = False
    delay: float = 0.0
    trickle: float = 0.0
    end: str = ""
    without: tuple[str, ...] = ()
    announce: tuple[str, ...] = ()
    outcome: str = ""
    remote: str = ""
    certificate: str = ""

    @property
    def usual(self) -> bool:
        """Whether the usual answer is given (later, slower, or with other capabilities)."""
        return not (self.code or self.raw or self.silent or self.end)


class Rule(Value):
    """``when`` comes, do ``then``: the first rule that applies wins.

    times        how often it applies, 0: always
    after        how often it lets the situation pass before
    within       only for so many seconds since the first time; 0: without end
    probability  how likely it applies, 0 to 1
    by           what times, after, within and rate are counted for (COUNTED_BY)
    """

    when: When
    then: Action
    times: int = 0
    after: int = 0
    within: float = 0.0
    probability: float = 1.0
    by: str = "session"


class Scenario(Value):
    """A named set of rules, and what is different from the start.

    teaches, teaches_zh  what one learns from it
    without, announce    capabilities not announced, or announced as well
    size                 the largest message, 0: the personality's
    seed                 makes probabilities repeatable; None: different each time
    listening            False: the port is taken and refuses, as if no service ran
    ends                 octets that end the message too, besides CRLF . CRLF
    discards             what a client sent ahead of an answer is thrown away: pipelining is broken
    bare_lf              lines of replies end with LF alone
    starttls             STARTTLS is announced
    users                (name, password) of each who may log in
    auth_in_clear        AUTH is offered without TLS too
    """

    name: str
    teaches: str = ""
    teaches_zh: str = ""
    rules: tuple[Rule, ...] = ()
    without: tuple[str, ...] = ()
    announce: tuple[str, ...] = ()
    size: int = 0
    seed: int | None = None
    listening: bool = True
    ends: tuple[bytes, ...] = ()
    discards: bool = False
    bare_lf: bool = False
    starttls: bool = False
    users: tuple[tuple[str, str], ...] = ()
    auth_in_clear: bool = False


OK = Scenario("ok", "everything is accepted: how a good conversation looks", "一切都被接受：一次正常的会话是什么样子")
