"""Whether a rule applies: its conditions, how often they were met before, and a repeatable probability."""

from __future__ import annotations

import random
import re
from collections import OrderedDict, deque

from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from smtpscope.lab.scenario.model import Rule, When

# Keys remembered at most. The key that came first is forgotten first, so a flood of addresses or sessions cannot fill
# the memory.
REMEMBERED = 100000


class Facts(Value):
    """The state of one session at one stage, for the conditions of rules.

    recipients  the accepted ones, or the one of this command
    text        the first 64 KiB of the message, its lines joined by LF
    """

    stage: str
    session: str
    peer: str
    helo: str = ""
    sender: str = ""
    recipients: tuple[str, ...] = ()
    accepted: int = 0
    text: str = ""
    messages: int = 0
    octets: int = 0
    tls: bool = False
    login: str = ""


class Memory:
    """The counters of the rules, for all sessions of a server. ``now`` is a monotonic clock in seconds."""

    def __init__(self, now: Callable[[], float], seed: int | None = None) -> None:
        self._now = now
        self._chance = random.Random(seed)
        self._seen: OrderedDict[tuple[object, ...], tuple[int, float]] = OrderedDict()
        self._times: OrderedDict[tuple[object, ...], deque[float]] = OrderedDict()

    def applies(self, rule: Rule, facts: Facts) -> bool:
        """Whether ``rule`` applies; each call in which its conditions are met is counted."""
        if not matches(rule.when, facts):
            return False
        key = (rule, *_counted_for(rule.by, facts))
        if rule.when.rate and not self._is_over_rate(key, rule.when):
            return False
        if (rule.times or rule.after or rule.within) and not self._is_its_turn(key, rule):
            return False
        return rule.probability >= 1 or self._chance.random() < rule.probability

    def _is_its_turn(self, key: tuple[object, ...], rule: Rule) -> bool:
        now = self._now()
        count, first = self._seen.get(key, (0, now))
        self._seen[key] = (count + 1, first)
        _forget(self._seen)
        if rule.within and now - first >= rule.within:
            return False
        return count >= rule.after and (not rule.times or count < rule.after + rule.times)

    def _is_over_rate(self, key: tuple[object, ...], when: When) -> bool:
        now = self._now()
        times = self._times.setdefault(key, deque(maxlen=when.rate + 1))
        times.append(now)
        _forget(self._times)
        return len(times) > when.rate and now - times[0] < when.per


def _forget(table: OrderedDict[tuple[object, ...], Any]) -> None:
    if len(table) > REMEMBERED:
        table.popitem(last=False)


def _counted_for(by: str, facts: Facts) -> tuple[str, ...]:
    recipient = facts.recipients[-1] if facts.recipients else ""
    match by:
        case "session":
            return (facts.session,)
        case "peer":
            return (facts.peer,)
        case "sender":
            return (facts.sender,)
        case "recipient":
            return (recipient,)
        case "triplet":
            return (facts.peer, facts.sender, recipient)
    return ()


def matches(when: When, facts: Facts) -> bool:
    """Whether all conditions are met, except the rate."""
    return (
        facts.stage in when.stages
        and facts.accepted >= when.recipients
        and facts.messages >= when.messages
        and facts.octets >= when.octets
        and when.tls in (None, facts.tls)
        and _login_matches(when.login, facts.login)
        and _texts_match(when, facts)
    )


def _login_matches(wanted: str | None, login: str) -> bool:
    if wanted is None:
        return True
    return bool(login) and re.search(wanted, login) is not None if wanted else not login


def _texts_match(when: When, facts: Facts) -> bool:
    pairs = ((when.peer, facts.peer), (when.helo, facts.helo), (when.sender, facts.sender))
    if not all(_found(pattern, text) for pattern, text in pairs):
        return False
    header = facts.text.partition("\n\n")[0] if when.header else ""
    if when.header and not re.search(when.header, header, re.MULTILINE | re.IGNORECASE):
        return False
    if not _found(when.text, facts.text):
        return False
    return not when.recipient or any(_found(when.recipient, address) for address in facts.recipients)


def _found(pattern: str, text: str) -> bool:
    return not pattern or re.search(pattern, text, re.IGNORECASE) is not None
