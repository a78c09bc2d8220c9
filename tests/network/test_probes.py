"""What the probes cost others, and what they do where there is no evidence to be had."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TARGET = "203.0.113.10"
HOST = "mail1.fabrikam.com"
TO = ("--to", "kate@fabrikam.com", "--from", "chris@contoso.com", "--helo", "contoso.com")


def events(result, kind: str) -> list[dict[str, object]]:
    return [line for line in result.lines if line["event"] == kind]


def test_few_packets_leave(net) -> None:
    """The whole run at a filtered port: the connection, every probe, every retransmission."""
    net.serve("target", TARGET, "22=ssh")
    net.rule("target", "input", "tcp dport 25 drop")
    net.count("client", "output", "ip daddr != 127.0.0.0/8")
    result = net.test(HOST, *TO)
    assert result.causes == ["target-filter"]
    assert 10 < net.counted("client") < 150


def test_quiet_probes_send_nothing_to_the_host(net) -> None:
    net.count("client", "output", f"ip daddr {TARGET}")
    result = net.test(HOST, *TO, "--probes", "dns")
    assert {record["cost"] for record in events(result, "probing")} == {"quiet"}
    assert net.counted("client") == 1  # the SYN of the test itself, which was refused
    assert {"ports", "control"} <= {item["probe"] for item in result.diagnosis["not_asked"]}


def test_servers_hear_quit_and_nothing_else(net) -> None:
    net.serve("target", TARGET, "25=close", "587=smtp", "465=smtp", "2525=smtp")
    result = net.test(HOST, *TO)
    assert set(result.causes[:2]) == {"restricted", "wrong-port"}
    assert set(net.heard()) == {"QUIT"}


def test_a_dns_server_that_does_not_answer(net) -> None:
    net.dns.kill()
    net.dns.wait(timeout=10)
    result = net.test(HOST, *TO)
    assert (result.code, result.causes) == (10, [])
    assert "no evidence" in result.diagnosis["summary"]
    assert [found["fact"] for found in result.diagnosis["findings"]] == ["name-unanswered"]
    assert result.diagnosing < 15


def test_a_dns_server_behind_a_filter(net) -> None:
    net.rule("client", "output", "udp dport 53 drop")
    result = net.test(HOST, *TO)
    assert (result.code, result.causes) == (10, [])
    assert result.diagnosing < 15


def test_what_the_server_can_see_of_us(net) -> None:
    net.serve("target", TARGET, "25=turn-away")
    result = net.test(HOST, *TO)
    facts = [found["fact"] for found in result.diagnosis["findings"]]
    assert facts == ["address", "ptr-confirmed", "helo-matches"]
    result = net.test(HOST, "--to", "kate@fabrikam.com", "--helo", "nowhere.contoso.com")
    facts = [found["fact"] for found in result.diagnosis["findings"]]
    assert facts == ["address", "ptr-confirmed", "helo-unresolvable"]


def test_every_mx_of_a_domain(net) -> None:
    """Two mail servers, one behind a filter: each has its own diagnosis."""
    net.rule("target", "input", "tcp dport 25 drop")
    result = net.test(*TO, "--stop-after", "rcpt", "--timeout", "3")
    first, second = result.lines[-1]["servers"]
    assert first["diagnosis"]["causes"][0]["id"] == "connection.target-filter"
    assert (second["status"], second["diagnosis"]) == ("ok", None)


def test_everything_is_taken_away_again(net) -> None:
    names = list(net.names.values())
    assert set(names) <= set(_namespaces())
    net.close()
    assert not set(names) & set(_namespaces())
    assert not [name for name in names if (Path("/etc/netns") / name).exists()]


def test_where_namespaces_cannot_be_had_the_tests_fail() -> None:
    """As another user than root, who may not make them: the run says why, and does not skip."""
    program = (
        f"import os, sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import net; "
        "os.setgroups([]); os.setgid(65534); os.setuid(65534); net.Net()"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "network namespaces cannot be made here" in done.stderr


def _namespaces() -> list[str]:
    listing = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, timeout=10, check=True).stdout
    return [line.split()[0] for line in listing.splitlines() if line]
