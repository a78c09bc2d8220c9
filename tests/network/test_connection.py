"""Connection failures, built for real: the right cause stands first, within 15 s, and both stand where none decides."""

from __future__ import annotations

import pytest

TARGET = "203.0.113.10"
WEB = "203.0.113.11"
SIX = "2001:db8:3::10"
HOST = "mail1.fabrikam.com"
TO = ("--to", "kate@fabrikam.com", "--from", "chris@contoso.com", "--helo", "contoso.com")

# Seconds for the diagnosis; for failures that need no wait of ours, the whole run ends in it.
LIMIT = 15.0


def test_a_network_without_faults(net) -> None:
    net.serve("target", TARGET, "25=smtp")
    result = net.test(HOST, *TO, "--stop-after", "rcpt")
    assert (result.code, result.diagnosis) == (0, None)


def test_a_filter_at_the_target_that_drops(net) -> None:
    net.serve("target", TARGET, "25=smtp", "22=ssh", "443=mute")
    net.rule("target", "input", "tcp dport 25 drop")
    assert judged(net.test(HOST, *TO)) == ["target-filter"]


def test_a_target_that_refuses_with_a_reset_looks_like_a_service_that_is_down(net) -> None:
    net.serve("target", TARGET, "25=smtp", "22=ssh")
    net.rule("target", "input", "tcp dport 25 reject with tcp reset")
    causes = judged(net.test(HOST, *TO))
    assert causes[0] == "service-down"
    assert "target-filter" in causes  # nothing tells a filter's reset from the kernel's


def test_a_service_that_is_down(net) -> None:
    net.serve("target", TARGET, "22=ssh")
    causes = judged(net.test(HOST, *TO))
    assert causes[0] == "service-down"
    assert "target-filter" in causes


@pytest.mark.parametrize("message", ["port-unreachable", "admin-prohibited", "host-prohibited", "net-prohibited"])
def test_a_filter_at_the_target_that_says_so(net, message: str) -> None:
    net.serve("target", TARGET, "25=smtp", "22=ssh")
    net.rule("target", "input", f"tcp dport 25 reject with icmp {message}")
    assert judged(net.test(HOST, *TO)) == ["target-filter"]


def test_a_rule_of_this_machine_that_drops(net) -> None:
    net.serve("target", TARGET, "25=smtp", "22=ssh")
    net.rule("client", "output", "tcp dport 25 drop")
    assert judged(net.test(HOST, *TO))[0] == "source-filter"


def test_a_rule_of_this_machine_that_drops_for_one_host_only(net) -> None:
    net.serve("target", TARGET, "25=smtp", "22=ssh")
    net.rule("client", "output", f"ip daddr {TARGET} tcp dport 25 drop")
    assert judged(net.test(HOST, *TO))[0] == "source-filter"


@pytest.mark.parametrize("how", ["reject", "reject with tcp reset", "reject with icmp admin-prohibited"])
def test_a_rule_of_this_machine_that_refuses(net, how: str) -> None:
    net.serve("target", TARGET, "25=smtp", "22=ssh")
    net.rule("client", "output", f"tcp dport 25 {how}")
    assert judged(net.test(HOST, *TO))[0] == "source-filter"


@pytest.mark.parametrize("how", ["reject", "reject with tcp reset"])
@pytest.mark.parametrize("address", [TARGET, SIX])
def test_a_rule_of_this_machine_that_refuses_one_host_only(net, how: str, address: str) -> None:
    """Without any other host to compare with: a refusal that this machine makes up does not come in from outside."""
    net.serve("target", address, "25=smtp", "22=ssh")
    net.rule("client", "output", f"{'ip6' if ':' in address else 'ip'} daddr {address} tcp dport 25 {how}")
    result = net.test(f"[{address}]:25", "--stop-after", "ehlo", "--control", "192.0.2.99")
    assert judged(result)[0] == "source-filter"


def test_a_network_that_lets_no_port_25_out(net) -> None:
    net.serve("target", TARGET, "25=smtp", "22=ssh", "587=smtp")
    net.rule("router", "forward", "tcp dport 25 drop")
    result = net.test(HOST, *TO)
    assert judged(result)[0] == "source-filter"


def test_a_router_that_prohibits_port_25_to_every_host(net) -> None:
    net.serve("target", TARGET, "25=smtp", "22=ssh")
    net.rule("router", "forward", "tcp dport 25 reject with icmp admin-prohibited")
    assert judged(net.test(HOST, *TO))[0] == "source-filter"


def test_a_router_that_prohibits_port_25_to_this_host(net) -> None:
    net.serve("target", TARGET, "25=smtp", "22=ssh")
    net.rule("router", "forward", f"ip daddr {TARGET} tcp dport 25 reject with icmp admin-prohibited")
    assert judged(net.test(HOST, *TO))[0] == "target-filter"


def test_without_a_control_host_both_filters_stand(net) -> None:
    net.serve("target", TARGET, "25=smtp", "22=ssh")
    net.rule("target", "input", "tcp dport 25 drop")
    result = net.test(TARGET, "--stop-after", "ehlo", "--control", "192.0.2.99")
    assert judged(result)[:2] == ["target-filter", "source-filter"]
    assert "--control HOST:25" in result.diagnosis["decides"]["command"]


@pytest.mark.parametrize("kind", ["blackhole", "unreachable"])
def test_no_route(net, kind: str) -> None:
    net.route("client", kind, "203.0.113.200/32")
    assert judged(net.test("swallowed.fabrikam.com", *TO))[0] == "host-unreachable"


def test_a_route_that_is_prohibited(net) -> None:
    net.route("client", "prohibit", "203.0.113.200/32")
    assert judged(net.test("swallowed.fabrikam.com", *TO))[0] == "source-filter"


def test_a_router_that_swallows_everything_to_the_host(net) -> None:
    net.route("router", "blackhole", "203.0.113.200/32")
    causes = judged(net.test("swallowed.fabrikam.com", "--stop-after", "ehlo"))
    assert causes[:2] == ["host-unreachable", "target-filter"]  # a filter that swallows every port looks the same


def test_a_host_that_is_not_there(net) -> None:
    assert judged(net.test("gone.fabrikam.com", "--stop-after", "ehlo"))[0] == "host-unreachable"


def test_a_neighbour_that_is_not_there(net) -> None:
    assert judged(net.test("192.0.2.77", "--stop-after", "ehlo"))[0] == "host-unreachable"


@pytest.mark.parametrize("name", ["mial1.fabrikam.com", "mail1.fabrikm.com", "mail1.fabrikam.cn", "mail.fabrikam.com"])
def test_a_name_that_does_not_exist(net, name: str) -> None:
    result = net.test(name, *TO)
    assert judged(result) == ["wrong-name"]
    facts = {fact["fact"]: fact["details"] for fact in result.diagnosis["causes"][0]["for"]}
    assert "name-unknown" in facts
    if name != "mail.fabrikam.com":
        assert HOST in facts["near-name"]["near"]
    assert "fabrikam.com" in result.diagnosis["causes"][0]["next"]["command"]


def test_a_name_that_is_no_mail_server(net) -> None:
    net.serve("target", WEB, "80=http", "22=ssh")
    result = net.test("www.fabrikam.com", *TO)
    assert judged(result)[0] == "wrong-name"
    assert "mx.fabrikam.com" in result.diagnosis["causes"][0]["next"]["command"]


def test_a_name_that_is_no_mail_server_and_hides_its_port(net) -> None:
    net.serve("target", WEB, "80=http", "22=ssh")
    net.rule("target", "input", "tcp dport 25 drop")
    assert judged(net.test("www.contoso.com", "--to", "kate@contoso.com"))[0] == "wrong-name"


def test_an_address_of_an_mx_is_no_wrong_name(net) -> None:
    net.serve("target", TARGET, "22=ssh")
    result = net.test(TARGET, *TO)
    assert judged(result)[0] == "service-down"
    assert "wrong-name" not in result.causes


@pytest.mark.parametrize("behaviour", ["ssh", "pop3", "imap", "ftp", "http"])
def test_another_service_on_the_port(net, behaviour: str) -> None:
    net.serve("target", TARGET, f"25={behaviour}")
    assert judged(net.test(HOST, *TO)) == ["wrong-port"]


def test_smtp_on_another_port(net) -> None:
    net.serve("target", TARGET, "587=smtp")
    result = net.test(HOST, *TO)
    assert judged(result)[0] == "wrong-port"
    assert f"{HOST}:587" in result.diagnosis["causes"][0]["next"]["command"]


def test_tls_from_the_first_octet(net, certificate: str) -> None:
    net.serve("target", TARGET, f"2465=tls:{certificate}")
    result = net.test(f"{HOST}:2465", *TO)
    assert judged(result)[0] == "implicit-tls"
    assert "--tls implicit" in result.diagnosis["causes"][0]["next"]["command"]


def test_tls_that_says_nothing(net, certificate: str) -> None:
    net.serve("target", TARGET, f"25=tls-mute:{certificate}")
    assert judged(net.test(HOST, *TO))[0] == "implicit-tls"


def test_a_web_server(net, certificate: str) -> None:
    net.serve("target", TARGET, f"443=web:{certificate}")
    assert judged(net.test(f"{HOST}:443", *TO))[0] == "wrong-port"


@pytest.mark.parametrize("behaviour", ["close", "reset", "turn-away"])
def test_accepted_and_turned_away(net, behaviour: str) -> None:
    net.serve("target", TARGET, f"25={behaviour}")
    assert judged(net.test(HOST, *TO))[0] == "restricted"


def test_a_greeting_after_our_time_limit(net) -> None:
    """The connection is kept while the probes ask: the greeting comes 10 s after we gave up."""
    net.serve("target", TARGET, "25=late:40")
    result = net.test(HOST, *TO, "--timeout", "30", "--stop-after", "ehlo")
    assert judged(result) == ["slow-greeting"]
    assert result.code == 12


def test_a_greeting_long_after_our_time_limit(net) -> None:
    """Nothing can be proved in 15 s: late is likeliest, and what else may be stands beside it."""
    net.serve("target", TARGET, "25=late:40", "587=smtp")
    result = net.test(HOST, *TO, "--timeout", "4", "--stop-after", "ehlo")
    causes = judged(result)
    assert causes[0] == "slow-greeting"
    assert len(causes) > 1
    assert "--timeout 300" in result.diagnosis["causes"][0]["next"]["command"]


def test_a_greeting_within_our_time_limit(net) -> None:
    net.serve("target", TARGET, "25=late:8")
    result = net.test(HOST, *TO, "--stop-after", "ehlo")
    assert (result.code, judged(result)) == (0, ["slow-greeting"])


def test_a_service_that_says_nothing(net) -> None:
    net.serve("target", TARGET, "25=mute")
    result = net.test(HOST, *TO, "--timeout", "4")
    causes = judged(result)
    assert causes[0] == "slow-greeting"
    assert {"wrong-port", "service-down"} <= set(causes)
    assert result.seconds < LIMIT
    assert result.diagnosis["decides"]


def test_no_probes_no_evidence(net) -> None:
    net.rule("target", "input", "tcp dport 25 drop")
    result = net.test(HOST, *TO, "--no-probes", "--timeout", "2")
    assert not [line for line in result.lines if line["event"] in ("probing", "probed")]
    assert result.diagnosis["not_asked"]


def test_a_filter_speaks_icmpv6(net) -> None:
    net.serve("target", SIX, "25=smtp", "22=ssh")
    net.rule("target", "input", "tcp dport 25 reject with icmpv6 admin-prohibited")
    assert judged(net.test(f"[{SIX}]:25", "--stop-after", "ehlo")) == ["target-filter"]


def test_a_host_that_is_not_there_in_ipv6(net) -> None:
    assert judged(net.test("[2001:db8:3::99]:25", "--stop-after", "ehlo"))[0] == "host-unreachable"


def test_a_rule_of_this_machine_that_drops_ipv6(net) -> None:
    net.serve("target", SIX, "25=smtp", "22=ssh")
    net.rule("client", "output", "tcp dport 25 drop")
    assert judged(net.test(f"[{SIX}]:25", "--stop-after", "ehlo"))[0] == "source-filter"


def judged(result) -> list[str]:
    """The causes of a diagnosis that came in time."""
    print(f"RESULT {result.causes} probes {result.diagnosing:.1f} s, whole run {result.seconds:.1f} s, {result.code}")
    assert result.diagnosing < LIMIT
    return result.causes
