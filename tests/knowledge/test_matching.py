"""Which of several rules explains a reply: the order of strength, one test for each step of it."""

from __future__ import annotations

import pytest

from smtpscope.knowledge.entry import Rule, Vendor
from smtpscope.knowledge.matching import alternatives, evidence, find_matches, find_vendors
from smtpscope.knowledge.normal import PreparedReply, prepare, read_text
from smtpscope.protocol.capability import Capabilities

# From the weakest to the strongest; all hold for the reply below.
LADDER = (
    Rule("digit", "policy.unspecified", codes=("5",)),
    Rule("code", "policy.unspecified", codes=("550",)),
    Rule("stage", "policy.unspecified", codes=("550",), stages=("rcpt",)),
    Rule("enhanced", "policy.unspecified", enhanced=("X.7.1",)),
    Rule("text", "recipient.unknown", any=("no kate",)),
    Rule("agreeing", "policy.rule", any=("here",)),
    Rule("strong", "recipient.unknown", any=("here",), strength=8),
    Rule("vendor-code", "ip.blocked", vendor="contoso", enhanced=("5.7.1",)),
    Rule("vendor-text", "ip.blocked", vendor="contoso", any=("here",)),
    Rule("token", "ip.listed", token=("[con1]",)),
    Rule("own", "route.loop", any=("kate",), own=True),
)
VENDORS = (Vendor("contoso", "Contoso Mail", marks=("contoso gate",), hosts=("contoso.com",)),)
SAID = prepare(read_text("550 5.7.1 Contoso gate: no Kate here [CON1]"), "rcpt")


@pytest.mark.parametrize("height", range(1, len(LADDER) + 1))
def test_the_stronger_evidence_wins(height: int) -> None:
    rules = LADDER[:height]
    matches = find_matches(SAID, rules, find_vendors(SAID, VENDORS))
    assert matches[0].rule.id == rules[-1].id
    assert find_matches(SAID, rules[::-1], {"contoso": "x"})[0].rule.id == rules[-1].id


def test_a_vendor_is_known_by_its_words_or_by_its_host() -> None:
    assert find_vendors(SAID, VENDORS) == {"contoso": "contoso gate"}
    assert find_vendors(PreparedReply("550 no", server="mx1.contoso.com"), VENDORS) == {"contoso": "contoso.com"}
    assert find_vendors(PreparedReply("550 no", server="mx1.notcontoso.com"), VENDORS) == {}


def test_a_vendors_rule_is_silent_about_others() -> None:
    said = prepare(read_text("550 5.7.1 no Kate here"))
    assert [match.rule.id for match in find_matches(said, LADDER[7:9], find_vendors(said, VENDORS))] == []


def test_a_yes_is_no_failure() -> None:
    said = prepare(read_text("250 no kate is here"))
    assert find_matches(said, [LADDER[4]], {}) == []
    assert find_matches(said, [LADDER[4].replace(codes=("250",))], {})


def test_all_any_beside_and_none() -> None:
    said = prepare(read_text("550 the red house is full"))
    rule = Rule(
        "house", "recipient.full", any=("red", "blue"), beside=("house", "boat"), all=("full",), none=("empty",)
    )
    assert find_matches(said, [rule], {})[0].words == ("red", "house", "full")
    for change in ({"any": ("blue",)}, {"beside": ("boat",)}, {"all": ("full", "moon")}, {"none": ("the",)}):
        assert find_matches(said, [rule.replace(**change)], {}) == []


def test_a_blank_at_the_end_of_a_token_ends_the_word() -> None:
    rule = Rule("ip", "ip.blocked", any=(" ip ",))
    assert find_matches(prepare(read_text("550 your IP, blocked")), [rule], {})
    assert find_matches(prepare(read_text("550 the recipient is blocked")), [rule], {}) == []


def test_what_ehlo_offered_must_be_known_to_count() -> None:
    rule = Rule("tls", "tls.required", codes=("530",), announced=("STARTTLS",), absent=("AUTH",))
    said = prepare(read_text("530 no"))
    offered = Capabilities("mx", (("STARTTLS", ()),))
    assert find_matches(said, [rule], {}, offered)
    assert find_matches(said, [rule], {}, Capabilities("mx", (("STARTTLS", ()), ("AUTH", ("PLAIN",))))) == []
    assert find_matches(said, [rule], {}, Capabilities("mx")) == []
    assert find_matches(said, [rule], {}) == []
    assert "absent=AUTH" in list(evidence(said, find_matches(said, [rule], {}, offered)[0], {}))


def test_evidence_names_what_the_rule_rests_on() -> None:
    vendors = find_vendors(SAID, VENDORS)
    match = find_matches(SAID, [LADDER[8]], vendors)[0]
    assert list(evidence(SAID, match, vendors)) == ["vendor=contoso", "text=here", "code=550"]
    match = find_matches(SAID, [LADDER[2]], vendors)[0]
    assert list(evidence(SAID, match, vendors)) == ["code=550", "stage=rcpt"]


def test_alternatives_are_the_rules_own_and_then_those_of_the_others() -> None:
    rules = [LADDER[9].replace(also=("ip.dynamic",)), *LADDER[:9]]
    matches = find_matches(SAID, rules, find_vendors(SAID, VENDORS))
    assert alternatives(matches) == ("ip.dynamic", "ip.blocked", "recipient.unknown")
