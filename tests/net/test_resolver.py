"""From a name to servers and addresses, with a real DNS server on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nameserver import nameserver
from smtpscope.dialogue.plan import Target
from smtpscope.errors import UsageError
from smtpscope.model.event import Event, Failed, Resolved
from smtpscope.net.clock import StoppedClock
from smtpscope.net.request import Trouble
from smtpscope.net.resolver import Server, find_addresses, find_servers, make_resolver

ZONE: dict[tuple[str, str], list[str]] = {
    ("fabrikam.com.", "MX"): ["20 backup.fabrikam.com.", "10 mail1.fabrikam.com.", "10 mail2.fabrikam.com."],
    ("mail1.fabrikam.com.", "A"): ["192.0.2.1", "192.0.2.2"],
    ("mail1.fabrikam.com.", "AAAA"): ["2001:db8::1"],
    ("contoso.com.", "A"): ["192.0.2.9"],
    ("nothing.contoso.com.", "TXT"): ['"no address"'],
    ("null.example.", "MX"): ["0 ."],
}


@pytest.fixture(scope="module")
def resolver() -> Iterator[str]:
    with nameserver(ZONE) as endpoint:
        yield endpoint


def servers(resolver: str, domain: str, timeout: float = 5.0) -> tuple[list[Server], list[Event]]:
    """The servers of ``domain``, and the events of the look-up."""
    events = []
    found = find_servers(Target(resolver=resolver), domain, timeout, StoppedClock())
    while True:
        try:
            events.append(next(found))
        except StopIteration as end:
            return end.value, events


def test_every_mx_in_order_of_preference(resolver: str) -> None:
    found, events = servers(resolver, "fabrikam.com")
    assert [(server.preference, server.host) for server in found] == [
        (10, "mail1.fabrikam.com"),
        (10, "mail2.fabrikam.com"),
        (20, "backup.fabrikam.com"),
    ]
    assert [type(event) for event in events] == [Resolved]


def test_a_domain_without_mx_is_its_own_server(resolver: str) -> None:
    """RFC 5321 section 5.1: the implicit MX."""
    found, _events = servers(resolver, "contoso.com")
    assert [(server.preference, server.host) for server in found] == [(None, "contoso.com")]


@pytest.mark.parametrize(("domain", "kind"), [("null.example", "null-mx"), ("missing.example", "dns")])
def test_a_null_mx_and_an_unknown_domain_have_no_server(resolver: str, domain: str, kind: str) -> None:
    found, events = servers(resolver, domain)
    assert found == []
    assert isinstance(events[-1], Failed)
    assert events[-1].kind == kind


@pytest.mark.parametrize(("domain", "host"), [("[192.0.2.7]", "192.0.2.7"), ("[IPv6:2001:db8::7]", "2001:db8::7")])
def test_an_address_literal_is_its_own_server(resolver: str, domain: str, host: str) -> None:
    found, events = servers(resolver, domain)
    assert [server.host for server in found] == [host]
    assert events == []


@pytest.mark.parametrize(
    ("family", "found"),
    [
        (0, {"192.0.2.1", "192.0.2.2", "2001:db8::1"}),
        (4, {"192.0.2.1", "192.0.2.2"}),
        (6, {"2001:db8::1"}),
    ],
)
def test_all_addresses_of_the_family_wanted(resolver: str, family: int, found: set[str]) -> None:
    addresses = find_addresses("mail1.fabrikam.com", Target(family=family, resolver=resolver), 5)
    assert isinstance(addresses, tuple)
    assert set(addresses) == found
    assert len(addresses) == len(found)


@pytest.mark.parametrize("host", ["nothing.contoso.com", "missing.example"])
def test_a_name_without_address(resolver: str, host: str) -> None:
    found = find_addresses(host, Target(resolver=resolver), 5)
    assert isinstance(found, Trouble)
    assert found.kind == "dns"


def test_a_resolver_that_never_answers_is_given_up_in_time() -> None:
    with nameserver(None) as endpoint:
        found, events = servers(endpoint, "fabrikam.com", timeout=0.5)
    assert found == []
    assert isinstance(events[-1], Failed)


def test_the_system_is_asked_where_no_resolver_is_named() -> None:
    assert set(find_addresses("localhost", Target(family=4), 5)) == {"127.0.0.1"}
    assert isinstance(find_addresses("name.invalid", Target(), 5), Trouble)
    assert isinstance(find_addresses("a" * 64 + ".example", Target(), 5), Trouble)


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("192.0.2.53", ("192.0.2.53", 53)),
        ("192.0.2.53:5353", ("192.0.2.53", 5353)),
        ("2001:db8::53", ("2001:db8::53", 53)),
        ("[2001:db8::53]:5353", ("2001:db8::53", 5353)),
    ],
)
def test_a_resolver_is_an_address_with_or_without_port(text: str, endpoint: tuple[str, int]) -> None:
    made = make_resolver(Target(resolver=text), 1)
    assert (made.nameservers[0], made.port) == endpoint


@pytest.mark.parametrize("text", ["dns.example", "192.0.2.53:", "192.0.2.53:0", "192.0.2.53:65536", "[::1", "1:2:x"])
def test_what_is_no_resolver_names_the_option(text: str) -> None:
    with pytest.raises(UsageError, match=r"Target\.resolver"):
        make_resolver(Target(resolver=text), 1)
