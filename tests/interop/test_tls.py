"""TLS and login with real servers: STARTTLS and TLS from the first octet, the certificate, the mechanisms."""

from __future__ import annotations

from pathlib import Path

import pytest

from interop.probe import probe
from interop.servers.opensmtpd import opensmtpd
from interop.servers.server import HOST, LOGIN, PASSWORD, Server
from interop.test_procedure import BODY, assert_delivered, run_id
from smtpscope.model.event import Secured
from smtpscope.protocol.phase import Phase

RELAYED = "kate@example.net"  # taken from those who are logged in only


@pytest.fixture(params=["postfix", "exim"])
def secure(request: pytest.FixtureRequest) -> Server:
    """The servers with TLS that works."""
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def login(tmp_path: Path) -> tuple[str, ...]:
    """The options that log in."""
    (tmp_path / "password").write_text(PASSWORD + "\n")
    return ("--user", LOGIN, "--password-file", str(tmp_path / "password"))


def test_starttls_and_a_certificate_that_proves_who_it_is(secure: Server) -> None:
    trust = ("--tls-ca", str(secure.certificate), "--tls-name", HOST)
    outcome = probe(secure, "--to=kate@fabrikam.com", f"--body={BODY}", *trust, tls="require")
    assert outcome.code == 0
    assert outcome.said[:3] == ["EHLO contoso.com", "STARTTLS", "EHLO contoso.com"]
    [secured] = [event for event in outcome.events if isinstance(event, Secured)]
    assert secured.version == "TLSv1.3"
    [delivered] = secure.wait_for("kate@fabrikam.com", run_id(outcome))
    assert_delivered(outcome.message, delivered)


def test_a_certificate_of_an_authority_that_nobody_trusts(secure: Server) -> None:
    outcome = probe(secure, "--to=kate@fabrikam.com", tls="require")
    assert (outcome.code, outcome.status, outcome.queued) == (30, "tls", False)
    assert "MAIL" not in [line[:4] for line in outcome.said]


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5", "auto"])
def test_login_on_the_submission_port(secure: Server, login: tuple[str, ...], mechanism: str) -> None:
    trust = ("--tls-ca", str(secure.certificate))
    outcome = probe(
        secure, f"--to={RELAYED}", *trust, *login, "--auth", mechanism, port=secure.submission, tls="require"
    )
    assert (outcome.code, outcome.queued) == (0, True)
    assert outcome.codes(Phase.AUTH)[-1] == 235
    assert not any(PASSWORD in line for line in outcome.said)


def test_login_with_scram(postfix: Server, login: tuple[str, ...]) -> None:
    trust = ("--tls-ca", str(postfix.certificate), "--auth", "SCRAM-SHA-256")
    outcome = probe(postfix, f"--to={RELAYED}", *trust, *login, port=postfix.submission, tls="require")
    assert (outcome.code, outcome.queued) == (0, True)
    assert outcome.codes(Phase.AUTH) == [334, 334, 235]


def test_login_with_tls_from_the_first_octet(secure: Server, login: tuple[str, ...]) -> None:
    trust = ("--tls-ca", str(secure.certificate))
    outcome = probe(secure, f"--to={RELAYED}", *trust, *login, port=secure.submissions, tls="implicit")
    assert (outcome.code, outcome.queued) == (0, True)
    assert "STARTTLS" not in outcome.said


def test_a_wrong_password(secure: Server, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("wrong\n")
    wrong = ("--user", LOGIN, "--password-file", str(tmp_path / "password"))
    trust = ("--tls-ca", str(secure.certificate))
    outcome = probe(secure, f"--to={RELAYED}", *trust, *wrong, port=secure.submission, tls="require")
    assert (outcome.code, outcome.status) == (54, "permanent-failure")
    assert outcome.server["reply"]["code"] == 535


def test_a_server_whose_tls_breaks_after_starttls() -> None:
    """OpenSMTPD of Debian 12: 220 to STARTTLS, and then no handshake succeeds."""
    with opensmtpd(tls=True) as server:
        outcome = probe(server, "--to=kate@fabrikam.com", tls="require")
        assert (outcome.code, outcome.status) == (30, "tls")
        assert outcome.codes(Phase.STARTTLS) == [220]
        assert probe(server, "--to=kate@fabrikam.com").code == 0


def test_stopping_after_starttls_and_after_the_login(secure: Server, login: tuple[str, ...]) -> None:
    trust = ("--tls-ca", str(secure.certificate))
    stopped = probe(secure, "--stop-after=starttls", *trust, tls="require")
    assert (stopped.code, stopped.queued) == (0, False)
    assert [line.partition(" ")[0] for line in stopped.said] == ["EHLO", "STARTTLS", "EHLO", "QUIT"]
    stopped = probe(secure, "--stop-after=auth", *trust, *login, port=secure.submission, tls="require")
    assert (stopped.code, stopped.codes(Phase.AUTH)[-1], stopped.said[-1]) == (0, 235, "QUIT")
    assert not any(line.startswith("MAIL") for line in stopped.said)
