"""Scenarios as values: rules that change the usual reply (docs/reference/scenarios.md)."""

from __future__ import annotations

from smtpscope.protocol.command import VERBS
from smtpscope.protocol.phase import Phase
from smtpscope.values import Value

# The commands that a rule can be for; LHLO is of the stage ehlo, and ETRN is unknown to the lab.
_COMMANDS = tuple(verb.lower() for verb in VERBS if verb not in ("LHLO", "ETRN"))

# The points of a session where a rule can apply. ``content`` is a block of the message while it is received,
# ``end-of-data`` the single dot or BDAT LAST, ``delivery`` the delivery to one recipient, ``unknown`` an unknown verb.
STAGES: tuple[str, ...] = (
    Phase.CONNECT.value,
    *_COMMANDS[: _COMMANDS.index("bdat") + 1],
    "content",
    Phase.END_OF_DATA.value,
    "delivery",
    *_COMMANDS[_COMMANDS.index("bdat") + 1 :],
    "unknown",
)

# How a connection ends: closed, reset (RST), or closed by the server for sending only.
ENDS: tuple[str, ...] = ("drop", "reset", "half-close")

# What a rule counts separately for.
COUNTED_BY: tuple[str, ...] = ("session", "peer", "sender", "recipient", "triplet", "server")


# What happens to a message for a recipient, after the 250.
DELIVERED, RELAYED, EXPANDED, DELAYED, FAILED, LOST = "delivered", "relayed", "expanded", "delayed", "failed", "lost"

# Lost: accepted with 250, and neither delivered nor reported.
OUTCOMES: tuple[str, ...] = (DELIVERED, RELAYED, EXPANDED, DELAYED, FAILED, LOST)

GOOD = "good"

# The certificate of the server. The last three have a good one: TLS 1.1 at most, a client certificate required,
# and no TLS handshake after the reply to STARTTLS.
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
    """The conditions of a rule; all that are given must be met.

    stages      the points of the session (STAGES)
    peer, helo, sender, recipient, header  regular expressions, searched in the client's address, its EHLO name, the
                envelope addresses (after RCPT: in any accepted recipient), and the header of the message
    recipients  at least this number of recipients was accepted in this transaction
    messages    at least this number of messages was accepted in this session
    text        a regular expression, searched in the first 64 KiB of the message
    octets      the message has at least this number of bytes
    rate, per   more than ``rate`` times in ``per`` seconds (counted as ``by`` of the rule specifies)
    tls         whether the connection is encrypted; None: either
    login       a regular expression for the user name; None: either; "" matches only if the client did not log in
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
    """What a rule does. Without code, raw, silent, and end, the usual reply is sent.

    code, lines  the reply; lines include the enhanced status code and can have {host}, {peer}, {date}, {protocol},
                 {argument}
    raw, repeat  bytes sent as they are instead of a reply, and how often; 0: until the client disconnects
    silent       no reply, to this command and to all that follow: a service that hangs
    delay        seconds to wait before the reply
    trickle      seconds between one byte of the reply and the next
    end          drop, reset, or half-close the connection after the reply
    without, announce  extensions left out of, or added to, the reply to EHLO
    outcome      at delivery: delivered, relayed, expanded, delayed, failed, or lost (lab/delivery.py); the reply, 4xx
                 or 5xx, is that of another server, ``remote`` its name, ``delay`` the seconds until it is known
    certificate  the kind of certificate in the TLS handshake (lab/net/tls.py)
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
        """Whether the usual reply is sent (later, slower, or with other extensions)."""
        return not (self.code or self.raw or self.silent or self.end)


class Rule(Value):
    """If ``when`` is met, do ``then``. The first rule that applies is used.

    times        how often it applies; 0: always
    after        how often the conditions are met before it applies
    within       applies only during these seconds after the first time; 0: no limit
    probability  of applying, 0 to 1
    by           what times, after, within, and rate are counted for (COUNTED_BY)
    """

    when: When
    then: Action
    times: int = 0
    after: int = 0
    within: float = 0.0
    probability: float = 1.0
    by: str = "session"


class Scenario(Value):
    """A named set of rules, and settings for the whole session.

    teaches, teaches_zh  what the scenario shows
    without, announce    extensions not advertised, or advertised in addition
    size                 the maximum message size; 0: the personality's
    seed                 makes probabilities repeatable; None: different each time
    listening            False: connections are refused, as if no service were running
    ends                 further byte sequences that end the message, besides CRLF . CRLF
    discards             what a client sends before a reply is discarded: pipelining is broken
    bare_lf              lines of replies end with a bare LF
    starttls             STARTTLS is advertised
    users                (name, password) of each user that can log in
    auth_in_clear        AUTH is advertised on unencrypted connections, too
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
