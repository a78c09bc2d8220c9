"""The rows of the procedure's table of failures, played by each real server where it can: the cause in the result."""

from __future__ import annotations

import pytest

from interop.probe import probe
from interop.servers.server import Server, free_ports


def test_nothing_listens(server: Server) -> None:
    [closed] = free_ports(1)
    outcome = probe(server, "--to=kate@fabrikam.com", port=closed)
    assert (outcome.code, outcome.server["cause"]) == (11, "connection.service-down")


@pytest.mark.parametrize(
    ("helo", "sender", "recipient", "cause"),
    [
        ("bad_domain!", "chris@contoso.com", "kate@fabrikam.com", "helo.invalid"),
        ("contoso.com", "chris<contoso", "kate@fabrikam.com", "sender.syntax"),
        ("contoso.com", "chris@contoso.com", "nobody@fabrikam.com", "recipient.unknown"),
        ("contoso.com", "chris@contoso.com", "kate@fabrikam.com", None),
    ],
)
def test_a_row_has_its_cause(server: Server, helo: str, sender: str, recipient: str, cause: str | None) -> None:
    outcome = probe(server, "--as-is", f"--to={recipient}", helo=helo, sender=sender)
    assert outcome.server["cause"] == cause
    assert (outcome.server["actor"] is None) is (cause is None)


def test_anonymous_mail_on_the_submission_port(postfix: Server, exim: Server) -> None:
    """530: Postfix asks for TLS first, Exim for the login. OpenSMTPD of Debian 12 has no TLS that works, so no AUTH."""
    for server, cause in ((postfix, "tls.required"), (exim, "login.required")):
        outcome = probe(server, "--to=kate@fabrikam.com", port=server.submission)
        assert (outcome.server["reply"]["code"], outcome.server["cause"]) == (530, cause)
