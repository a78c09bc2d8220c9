"""TLS at the lab: STARTTLS as a dialogue, and certificates that are wrong in one way each."""

from __future__ import annotations

import os
import socket
import ssl
import stat
import time
from pathlib import Path
from typing import Any

import pytest

from smtpscope.errors import LocalError
from smtpscope.lab.net.tls import Authority
from smtpscope.lab.options import Security
from smtpscope.lab.runner import lab_running
from smtpscope.lab.scenario.model import CERTIFICATES
from smtpscope.lab.server import Lab
from smtpscope.model.event import Injected, Secured, Unsecured
from smtpscope.model.transcript import read_lines

TLS = Security(starttls=True)


def test_starttls_forgets_everything(talk: Any) -> None:
    client = talk(security=TLS)
    assert client.codes("EHLO contoso.com", "MAIL FROM:<chris@contoso.com>") == ["250 START", "250 2.1.0"]
    assert client.say("STARTTLS") == "220 2.0.0 SMTP server ready\r\n"
    assert client.outputs[-1].encrypt
    client.session.start_over("TLSv1.3")
    assert client.say("MAIL FROM:<chris@contoso.com>").startswith("503 5.5.2 ")
    assert "STARTTLS" not in client.say("EHLO contoso.com")
    assert client.say("STARTTLS").startswith("503 5.5.1 ")
    assert client.say("MAIL FROM:<chris@contoso.com>").startswith("250 ")


@pytest.mark.parametrize(
    ("security", "line", "answer"), [(Security(), "STARTTLS", "500 "), (TLS, "STARTTLS now", "501 5.5.4")]
)
def test_starttls_is_refused(talk: Any, security: Security, line: str, answer: str) -> None:
    client = talk(security=security)
    client.say("EHLO contoso.com")
    assert client.say(line).startswith(answer)
    assert not client.outputs[-1].encrypt


@pytest.mark.parametrize(
    ("scenario", "answer", "shakes"),
    [
        ("certificate-expired", "220 2.0.0 SMTP server ready\r\n", True),
        ("starttls-refused", "454 4.7.0 TLS not available due to local problem\r\n", False),
        ("starttls-closed", "220 2.0.0 Ready to start TLS\r\n", False),
        ("starttls-in-clear", "220 2.0.0 SMTP server ready\r\n", False),
        ("starttls-injection", "220 2.0.0 Ready to start TLS\r\n250 injected\r\n", True),
        ("starttls-stripped", "500 5.3.3 Unrecognized command\r\n", False),
    ],
)
def test_scenarios_of_starttls(talk: Any, scenario: str, answer: str, shakes: bool) -> None:
    client = talk(scenario)
    client.say("EHLO contoso.com")
    assert client.say("STARTTLS") == answer
    assert client.outputs[-1].encrypt == shakes


def test_stripped_shows_the_traces_of_the_firewall(talk: Any) -> None:
    hello = talk("starttls-stripped").say("EHLO contoso.com")
    assert "XXXXXXXA" in hello
    assert "STARTTLS" not in hello


# ------------------------------------------------------------------------------------------- with a real handshake


def secure_client(lab: Lab, port: int = 0, name: str = "localhost", verify: bool = True) -> ssl.SSLSocket:
    """A client of Python's own, past the handshake."""
    context = ssl.create_default_context(cafile=lab.ca_file)
    if not verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    plain = socket.create_connection(("127.0.0.1", port or lab.port), timeout=20)
    try:
        return context.wrap_socket(plain, server_hostname=name)
    except BaseException:
        plain.close()
        raise


def hear(client: socket.socket, until: bytes) -> bytes:
    heard = b""
    while until not in heard and (piece := client.recv(65536)):
        heard += piece
    return heard


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "mail1.fabrikam.com"])
def test_implicit_tls_with_every_name_of_the_lab(name: str) -> None:
    with (
        lab_running(security=Security(implicit=True, users=(("kate", "x"),))) as lab,
        secure_client(lab, name=name) as client,
    ):
        assert hear(client, b"\n").startswith(b"220 mail1.fabrikam.com ")
        client.sendall(b"EHLO contoso.com\r\n")
        hello = hear(client, b"250 ")
        assert b"STARTTLS" not in hello
        assert b"AUTH SCRAM-SHA-256 " in hello


@pytest.mark.parametrize(
    ("scenario", "code"),
    [
        ("certificate-expired", 10),
        ("certificate-not-yet-valid", 9),
        ("certificate-wrong-name", 62),
        ("certificate-self-signed", 18),
        ("certificate-unknown-authority", 20),
        ("certificate-incomplete-chain", 20),
    ],
)
def test_certificates_that_fail(scenario: str, code: int) -> None:
    with lab_running(scenario, security=Security(implicit=True)) as lab:
        with pytest.raises(ssl.SSLCertVerificationError) as caught:
            secure_client(lab)
        assert caught.value.verify_code == code
        with secure_client(lab, verify=False) as client:
            assert hear(client, b"\n").startswith(b"220 ")


def test_what_a_client_sends_ahead_of_the_handshake_is_not_used() -> None:
    with lab_running(security=TLS) as lab:
        plain = socket.create_connection(("127.0.0.1", lab.port), timeout=20)
        plain.sendall(b"EHLO contoso.com\r\n")
        hear(plain, b"250 STARTTLS\r\n")
        plain.sendall(b"STARTTLS\r\nRSET\r\nNOOP\r\n")  # CVE-2011-0411
        assert hear(plain, b"\n") == b"220 2.0.0 SMTP server ready\r\n"
        context = ssl.create_default_context(cafile=lab.ca_file)
        with context.wrap_socket(plain, server_hostname="localhost") as client:
            client.sendall(b"QUIT\r\n")
            assert hear(client, b"\n").startswith(b"221 ")
        events = events_of(lab)
    assert [event.data for event in events if isinstance(event, Injected)] == [b"RSET\r\nNOOP\r\n"]
    assert [event.version for event in events if isinstance(event, Secured)] == ["TLSv1.3"]


def test_a_client_that_refuses_us_is_in_the_transcript() -> None:
    with lab_running("certificate-self-signed", security=Security(implicit=True)) as lab:
        with pytest.raises(ssl.SSLCertVerificationError):
            secure_client(lab)
        broken = [event for event in events_of(lab) if isinstance(event, Unsecured)]
    assert [event.kind for event in broken] == ["handshake"]
    assert "unknown ca" in broken[0].reason


def events_of(lab: Lab) -> tuple[object, ...]:
    """The events of the first session, once its transcript is complete."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        files = sorted(Path(lab.maildir).glob("sessions/*.jsonl"))
        events = read_lines(files[0].read_text("utf-8").splitlines()) if files else ()
        if events and type(events[-1]).__name__ == "Done":
            return events
        time.sleep(0.02)
    raise AssertionError("the transcript is not complete")


def test_the_files_are_for_their_owner_only(tmp_path: Path) -> None:
    authority = Authority(str(tmp_path / "tls"), ("localhost", "::1"), time.time())
    for kind in CERTIFICATES:
        assert authority.context(kind) is authority.context(kind)
    for file in (tmp_path / "tls").iterdir():
        assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    assert "PRIVATE" not in Path(authority.ca_file).read_text()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "tls").write_text("a file")
    with pytest.raises(LocalError, match="cannot write the certificates"):
        Authority(str(tmp_path / "tls"), ("localhost",), time.time())
