"""The command to type next."""

from __future__ import annotations

import shlex

import pytest

from smtpscope.diagnosis.advice import next_step
from smtpscope.diagnosis.cause import Fact
from smtpscope.diagnosis.failure import Failure

HERE = Failure("refused", "mail1.fabrikam.com", "203.0.113.10", 25, recipient="kate@fabrikam.com")
NEAR = Fact("near-name", (("near", "mx.fabrikam.com, mail1.fabrikam.com"),))
MX = Fact("mx-elsewhere", (("mx", "mail1.fabrikam.com, mail2.fabrikam.com"),))


@pytest.mark.parametrize(
    ("cause", "failure", "facts", "command"),
    [
        (
            "wrong-name",
            HERE.replace(host="mial1.fabrikam.com"),
            [NEAR, MX],
            "smtpscope test mail1.fabrikam.com --to kate@fabrikam.com",
        ),
        (
            "wrong-name",
            HERE.replace(host="www.fabrikam.com"),
            [MX, Fact("mx-greets", (("mx", "mail2.fabrikam.com"),))],
            "smtpscope test mail2.fabrikam.com --to kate@fabrikam.com",
        ),
        (
            "wrong-name",
            HERE.replace(host="fabrikan.com", recipient="kate@fabrikan.com", port=0),
            [Fact("near-name", (("near", "fabrikam.com"),))],
            "smtpscope test --to kate@fabrikam.com",
        ),
        ("wrong-name", HERE, [], "smtpscope test --to kate@fabrikam.com"),
        ("wrong-name", HERE.replace(recipient=""), [], "smtpscope test NAME --stop-after ehlo"),
        (
            "wrong-port",
            HERE,
            [Fact("other-smtp", (("port", "2525"),))],
            "smtpscope test mail1.fabrikam.com:2525 --to kate@fabrikam.com",
        ),
        ("wrong-port", HERE, [], "smtpscope test mail1.fabrikam.com:587 --to kate@fabrikam.com"),
        ("wrong-port", HERE.replace(port=80), [], "smtpscope test mail1.fabrikam.com --to kate@fabrikam.com"),
        (
            "implicit-tls",
            HERE.replace(port=2465),
            [],
            "smtpscope test mail1.fabrikam.com:2465 --to kate@fabrikam.com --tls implicit",
        ),
        ("slow-greeting", HERE, [], "smtpscope test mail1.fabrikam.com --to kate@fabrikam.com --timeout 300"),
        ("service-down", HERE, [], "ss -ltnp 'sport = :25'    # on mail1.fabrikam.com"),
        ("host-unreachable", HERE, [], "ip route get 203.0.113.10 && ping -c 3 203.0.113.10"),
        (
            "wrong-port",
            HERE.replace(host="2001:db8::10", port=80),
            [],
            "smtpscope test [2001:db8::10] --to kate@fabrikam.com",
        ),
    ],
)
def test_commands(cause: str, failure: Failure, facts: list[Fact], command: str) -> None:
    assert next_step(f"connection.{cause}", failure, facts) == command


@pytest.mark.parametrize("name", ["a`id`.fabrikam.com", "a|id.fabrikam.com", "a'b.fabrikam.com", "a b.fabrikam.com"])
def test_a_name_from_dns_is_one_word_of_the_shell(name: str) -> None:
    command = next_step("connection.wrong-name", HERE, [Fact("mx-greets", (("mx", name),))])
    assert shlex.split(command) == ["smtpscope", "test", name, "--to", "kate@fabrikam.com"]
    near = next_step(
        "connection.wrong-name",
        HERE.replace(host="fabrikam.com"),
        [Fact("near-name", (("near", name),))],
    )
    assert shlex.split(near) == ["smtpscope", "test", "--to", f"kate@{name}"]
