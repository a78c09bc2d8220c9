"""What the lab plays: rules that give another answer than the usual one, by step or by address."""

from __future__ import annotations

import re

from smtpscope.values import Value


class Action(Value):
    """What happens instead of the usual answer.

    code, enhanced, lines  the reply; code 0: none
    raw                    octets sent as they are, ``repeat`` times, in place of a reply
    delay                  seconds to wait before
    close                  end the connection behind it, or instead of an answer
    proceed                give the usual answer after the delay
    """

    code: int = 0
    enhanced: str = ""
    lines: tuple[str, ...] = ("",)
    raw: bytes = b""
    repeat: int = 1
    delay: float = 0.0
    close: bool = False
    proceed: bool = False


class Rule(Value):
    """When ``stage`` (connect, ehlo, helo, mail, rcpt, data, end-of-data) comes, do ``action``.

    match  a regular expression searched in the argument or address; empty: always
    times  how often; 0: always
    once_for_triplet  count for each client, sender and recipient anew, over all connections (greylisting)
    """

    stage: str
    action: Action
    match: str = ""
    times: int = 0
    once_for_triplet: bool = False


class Scenario(Value):
    """A named set of rules. ``without``: capabilities not announced; ``size``: the limit announced, 0 for the usual."""

    name: str
    teaches: str
    rules: tuple[Rule, ...] = ()
    without: tuple[str, ...] = ()
    size: int = 0


def _refuse(stage: str, code: int, enhanced: str, text: str, close: bool = False) -> tuple[Rule, ...]:
    return (Rule(stage, Action(code, enhanced, (text,), close=close)),)


BUILTIN: tuple[Scenario, ...] = (
    Scenario("ok", "everything is accepted: how a good conversation looks"),
    Scenario(
        "refuse-helo",
        "501 to EHLO and HELO: a bad name, or a restriction on this client",
        tuple(Rule(stage, Action(501, "5.5.4", ("Invalid domain name",))) for stage in ("ehlo", "helo")),
    ),
    Scenario(
        "invalid-sender",
        "550 5.1.7 to MAIL: a syntax error in the sender",
        _refuse("mail", 550, "5.1.7", "Invalid address"),
    ),
    Scenario(
        "authentication-required",
        "530 5.7.1 to MAIL: the server takes no anonymous mail",
        _refuse("mail", 530, "5.7.1", "Client was not authenticated"),
    ),
    Scenario(
        "user-unknown",
        "550 5.1.1 to RCPT: the recipient does not exist",
        _refuse("rcpt", 550, "5.1.1", "User unknown"),
    ),
    Scenario(
        "rcpt-temporary",
        "451 4.3.0 to RCPT: a fault on their side, try later",
        _refuse("rcpt", 451, "4.3.0", "Temporary server error. Please try again later"),
    ),
    Scenario(
        "greylist",
        "450 4.7.1 to the first try of a sender and recipient, accepted when tried again",
        (Rule("rcpt", Action(450, "4.7.1", ("Greylisted, please try again",)), times=1, once_for_triplet=True),),
    ),
    Scenario("mailbox-full", "552 5.2.2 to RCPT: the mailbox is full", _refuse("rcpt", 552, "5.2.2", "Mailbox full")),
    Scenario(
        "relay-denied",
        "550 5.7.1 to RCPT: the server does not relay for this client",
        _refuse("rcpt", 550, "5.7.1", "Unable to relay"),
    ),
    Scenario(
        "reject-data",
        "554 5.7.1 after the message: refused for its content",
        _refuse("end-of-data", 554, "5.7.1", "Message rejected as spam"),
    ),
    Scenario(
        "banner-554",
        "554 instead of the greeting: this server takes no mail from here",
        _refuse("connect", 554, "5.7.1", "No SMTP service here", close=True),
    ),
    Scenario(
        "banner-silence",
        "accepts the connection and says nothing: a dead service or a filter",
        (Rule("connect", Action()),),
    ),
    Scenario(
        "close-at-banner",
        "closes at once without a word: a restriction on this client",
        (Rule("connect", Action(close=True)),),
    ),
    Scenario(
        "no-ehlo",
        "502 to EHLO, HELO works: an old server or a filter in between",
        _refuse("ehlo", 502, "5.5.1", "Command not implemented"),
    ),
    Scenario("drop-at-data", "closes after DATA: a crashing content filter", (Rule("data", Action(close=True)),)),
    Scenario("no-dsn", "DSN is not announced: NOTIFY cannot be asked for", without=("DSN",)),
    Scenario("small-size", "SIZE 1000: most messages are too large", size=1000),
    Scenario("slow", "two seconds before the greeting", (Rule("connect", Action(delay=2.0, proceed=True)),)),
    Scenario(
        "mixed-codes",
        "a reply whose lines have different codes",
        (Rule("ehlo", Action(raw=b"250-mail1.fabrikam.com\r\n550 no\r\n")),),
    ),
    Scenario(
        "bare-lf",
        "lines that end with LF alone",
        (Rule("ehlo", Action(raw=b"250-mail1.fabrikam.com\n250 SIZE 37748736\n")),),
    ),
    Scenario(
        "control-characters",
        "a greeting with terminal escapes, NUL and octets that are no UTF-8",
        (Rule("connect", Action(raw=b"220 \x1b[31mred\x1b[0m \x00 \xff\xfe ready\r\n")),),
    ),
    Scenario(
        "flood-banner",
        "ten megabytes in place of a greeting",
        (Rule("connect", Action(raw=b"A" * 65536, repeat=160, close=True)),),
    ),
)

_BY_CODE = re.compile(r"([45][0-9][0-9])(?:-([245]\.[0-9]{1,3}\.[0-9]{1,3}))?")
_BY_DELAY = re.compile(r"slow([0-9]{1,2})")


def find_scenario(name: str) -> Scenario | None:
    """The built-in scenario of that name."""
    return next((scenario for scenario in BUILTIN if scenario.name == name), None)


def action_by_address(address: str) -> Action | None:
    """What an address asks for: ``550-5.1.1@``, ``451@``, ``slow2@``, ``drop@``; None for any other."""
    local = address.rpartition("@")[0].lower()
    if match := _BY_CODE.fullmatch(local):
        return Action(int(match[1]), match[2] or "", ("as the address asks",))
    if match := _BY_DELAY.fullmatch(local):
        return Action(delay=float(match[1]), proceed=True)
    return Action(close=True) if local == "drop" else None
