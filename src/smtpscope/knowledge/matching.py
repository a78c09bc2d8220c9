"""Which rule explains a reply. Pure: values in, values out.

The order, strongest first: the vendor's own token or what EHLO offered, the vendor's words, the vendor's use of a code,
words that anybody writes, the enhanced code, the code with the command it answers, the first digit. A user's own rules
come before all.
"""

from __future__ import annotations

from smtpscope.values import TYPE_CHECKING, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from smtpscope.knowledge.entry import Rule, Vendor
    from smtpscope.knowledge.normal import PreparedReply
    from smtpscope.protocol.capability import Capabilities


class Match(Value):
    """A rule that holds for a reply, and the words of the reply that it holds for."""

    rule: Rule
    words: tuple[str, ...] = ()


def find_vendors(said: PreparedReply, vendors: Iterable[Vendor]) -> dict[str, str]:
    """The vendors that the reply shows a sign of, each with the sign."""
    found = {}
    for vendor in vendors:
        sign = next((mark for mark in vendor.marks if mark in said.text), "") or _host_sign(said.server, vendor.hosts)
        if sign:
            found[vendor.id] = sign
    return found


def _host_sign(server: str, hosts: Iterable[str]) -> str:
    return next((host for host in hosts if server == host or server.endswith("." + host)), "") if server else ""


def find_matches(
    said: PreparedReply, rules: Iterable[Rule], vendors: dict[str, str], announced: Capabilities | None = None
) -> list[Match]:
    """Every rule that holds, the one that explains best first. Rules of equal rank keep their order."""
    matches = [match for rule in rules if (match := _match(said, rule, vendors, announced))]
    hints = {_family(match.rule) for match in matches if _hints(match.rule)}
    return sorted(matches, key=lambda match: _rank(match, hints))


# Reply codes that mean one thing, whoever sends them (RFC 4954 section 6, RFC 7504).
_TELLING = {"530", "534", "535", "538", "556"}


def _hints(rule: Rule) -> bool:
    """Whether the code that ``rule`` asks for tells the family of causes."""
    return tier(rule) == ENHANCED or (tier(rule) == CODE and bool(_TELLING.intersection(rule.codes)))


def _family(rule: Rule) -> str:
    return rule.cause.partition(".")[0]


AGREES = 2
OWN, TOKEN, VENDOR_TEXT, VENDOR_CODE, TEXT, ENHANCED, CODE = range(7)


def tier(rule: Rule) -> int:
    """How strong the kind of evidence is that ``rule`` asks for: 0 is strongest."""
    if rule.own:
        return OWN
    if rule.token or rule.announced or rule.absent:
        return TOKEN
    worded = rule.any or rule.all
    if rule.vendor:
        return VENDOR_TEXT if worded else VENDOR_CODE
    if worded:
        return TEXT
    return ENHANCED if rule.enhanced else CODE


def _rank(match: Match, hints: set[str]) -> tuple[int, int, int]:
    """Smaller is better. Words in the family that the codes point to count a little more."""
    rule = match.rule
    agrees = AGREES if tier(rule) <= TEXT and _family(rule) in hints else 0
    narrow = 8 * bool(rule.enhanced) + 4 * bool(rule.stages) + max(map(len, rule.codes), default=0)
    return tier(rule), -rule.strength - agrees, -sum(map(len, match.words)) - narrow


def _match(said: PreparedReply, rule: Rule, vendors: dict[str, str], announced: Capabilities | None) -> Match | None:
    if not _may_be(said, rule) or not _holds_outside(said, rule, vendors, announced):
        return None
    words = []
    for wanted in (rule.token, rule.any, rule.beside):
        if wanted:
            found = [word for word in wanted if word in said.text]
            if not found:
                return None
            words.append(max(found, key=len))
    if not all(word in said.text for word in rule.all) or any(word in said.text for word in rule.none):
        return None
    return Match(rule, (*words, *rule.all))


def _may_be(said: PreparedReply, rule: Rule) -> bool:
    """A reply that says yes is no failure, whatever its words are; only a rule that names the code may say so."""
    if rule.codes:
        return said.code.startswith(rule.codes)
    return not said.code or (said.code[0] in "23") == rule.cause.startswith("ok.")


def _holds_outside(said: PreparedReply, rule: Rule, vendors: dict[str, str], announced: Capabilities | None) -> bool:
    """The conditions on anything but the words."""
    if rule.enhanced and said.enhanced not in rule.enhanced and "X" + said.enhanced[1:] not in rule.enhanced:
        return False
    if rule.stages and said.stage not in rule.stages:
        return False
    if rule.vendor and not rule.token and rule.vendor not in vendors:
        return False
    if rule.announced or rule.absent:
        return announced is not None and _announces(announced, rule)
    return True


def _announces(announced: Capabilities, rule: Rule) -> bool:
    return all(map(announced.has, rule.announced)) and not any(map(announced.has, rule.absent))


def evidence(said: PreparedReply, match: Match, vendors: dict[str, str]) -> Iterator[str]:
    """What the match rests on, as ``kind=what`` in no language."""
    rule = match.rule
    if rule.vendor and rule.vendor in vendors:
        yield f"vendor={rule.vendor}"
    yield from (f"text={word.strip()}" for word in match.words)
    if said.enhanced and (rule.enhanced or tier(rule) == TEXT):
        yield f"enhanced={said.enhanced}"
    if said.code:
        yield f"code={said.code}"
    if rule.stages:
        yield f"stage={said.stage}"
    yield from (f"announced={keyword}" for keyword in rule.announced)
    yield from (f"absent={keyword}" for keyword in rule.absent)


# Words that only say "no" suggest nothing beside a rule that says why.
_VAGUE = 2


def alternatives(matches: Sequence[Match], limit: int = 3) -> tuple[str, ...]:
    """Further causes: what the winning rule names beside its own, then what other rules on words found."""
    best = matches[0].rule
    others = [match.rule.cause for match in matches[1:] if tier(match.rule) <= TEXT and match.rule.strength > _VAGUE]
    causes = dict.fromkeys([*best.also, *others])
    causes.pop(best.cause, None)
    return tuple(causes)[:limit]
