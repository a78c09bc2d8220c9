"""Other programs and the lab's TLS: openssl s_client sees the certificates, swaks and smtplib encrypt and log in."""

from __future__ import annotations

import shutil
import smtplib
import ssl
import subprocess

import pytest

from smtpscope.lab.options import Security
from smtpscope.lab.runner import lab_running
from smtpscope.lab.server import Lab

LIMIT = 30
USERS = Security(starttls=True, users=(("kate", "practice words"),))


def run(name: str, *arguments: str, said: str = "") -> tuple[int, str]:
    """Run a program. Its exit code and everything that it wrote."""
    program = shutil.which(name)
    assert program, f"{name} is not installed"
    done = subprocess.run([program, *arguments], input=said.encode(), capture_output=True, timeout=LIMIT, check=False)
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")


def s_client(lab: Lab, *more: str) -> tuple[int, str]:
    trust = ("-CAfile", lab.ca_file, "-verify_return_error", "-verify_hostname", "localhost")
    return run("openssl", "s_client", "-connect", f"127.0.0.1:{lab.port}", *trust, *more, said="QUIT\r\n")


def test_openssl_over_starttls() -> None:
    with lab_running(security=USERS) as lab:
        code, said = s_client(lab, "-starttls", "smtp")
    assert code == 0, said
    assert "Verification: OK" in said
    assert "Verified peername: localhost" in said


def test_openssl_from_the_first_octet() -> None:
    with lab_running(security=Security(implicit=True)) as lab:
        code, said = s_client(lab, "-quiet")
    assert code == 0, said
    assert "220 mail1.fabrikam.com" in said


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        ("certificate-expired", "certificate has expired"),
        ("certificate-wrong-name", "ostname mismatch"),
        ("certificate-self-signed", "self-signed certificate"),
        ("certificate-incomplete-chain", "unable to get local issuer certificate"),
        ("tls-old-version", "alert protocol version"),
    ],
)
def test_openssl_finds_what_is_wrong(scenario: str, words: str) -> None:
    with lab_running(scenario) as lab:
        code, said = s_client(lab, "-starttls", "smtp", "-no_tls1", "-no_tls1_1")
    assert code != 0
    assert words in said


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_swaks_encrypts_and_logs_in(mechanism: str) -> None:
    with lab_running(security=USERS) as lab:
        code, said = run(
            "swaks",
            *("--server", f"127.0.0.1:{lab.port}", "--helo", "contoso.com", "--tls", "--auth", mechanism),
            *("--tls-verify", "--tls-ca-path", lab.ca_file),
            *("--auth-user", "kate", "--auth-password", "practice words"),
            *("--from", "chris@contoso.com", "--to", "kate@fabrikam.com"),
        )
        assert code == 0, said
        (mail,) = lab.messages
    assert (mail.login, mail.tls[:5]) == ("kate", "TLSv1")


def test_smtplib_encrypts_and_logs_in() -> None:
    with lab_running(security=USERS) as lab:
        context = ssl.create_default_context(cafile=lab.ca_file)
        with smtplib.SMTP("localhost", lab.port, "contoso.com", timeout=LIMIT) as client:
            client.starttls(context=context)
            client.login("kate", "practice words")
            client.sendmail("chris@contoso.com", ["kate@fabrikam.com"], b"Subject: x\r\n\r\ntext\r\n")
        (mail,) = lab.messages
    assert mail.login == "kate"


def test_smtplib_with_a_wrong_password() -> None:
    with lab_running(security=USERS) as lab:
        context = ssl.create_default_context(cafile=lab.ca_file)
        with smtplib.SMTP("localhost", lab.port, "contoso.com", timeout=LIMIT) as client:
            client.starttls(context=context)
            with pytest.raises(smtplib.SMTPAuthenticationError):
                client.login("kate", "wrong")
