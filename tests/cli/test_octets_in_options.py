"""Options may hold octets that are no text: they are sent as they are or refused by name, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from smtpscope.cli.main import main
from smtpscope.lab.runner import lab_running

OCTET = b"\xff".decode("utf-8", "surrogateescape")


@pytest.mark.parametrize("json", [(), ("--json",)], ids=["text", "json"])
def test_octets_that_are_no_text(json: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every option with a value is given one; what matters is that none of them raises."""
    folder = str(tmp_path / OCTET)
    options = [
        *(("--from", f"{OCTET}@contoso.com"), ("--to", f"{OCTET}@fabrikam.com"), ("--helo", f"{OCTET}.test")),
        *(("--from", f"{OCTET}@contoso.com", "--as-is"), ("--helo", OCTET, "--as-is")),
        *(("--to", f"{OCTET}@fabrikam.com", "--as-is", "--orcpt"), ("--subject", OCTET), ("--body", OCTET)),
        *(("--header", f"X-A: {OCTET}"), ("--envid", OCTET), ("--mail-parameter", OCTET), ("--rcpt-parameter", OCTET)),
        *(("--notify", OCTET), ("--attach", OCTET), ("--data", OCTET), ("--script", OCTET), ("--lab", OCTET)),
        *(("--log", f"{folder}.log"), ("--junit", f"{folder}.xml"), ("--transcript", f"{folder}.jsonl")),
        *(("--tls-name", OCTET), ("--tls-ca", OCTET), ("--tls-cert", OCTET), ("--tls-ciphers", OCTET)),
        *(("--source", OCTET), ("--resolver", OCTET), ("--timeout", OCTET), ("--control", OCTET), ("--retry", OCTET)),
    ]
    with lab_running() as lab:
        codes = {
            given: main(["test", f"127.0.0.1:{lab.port}", "--to", "kate@fabrikam.com", "--no-probes", *json, *given])
            for given in options
        }
    shown = capsys.readouterr()
    assert (shown.out + shown.err).encode("utf-8", "surrogateescape")
    assert {codes["--subject", OCTET], codes["--body", OCTET], codes["--log", f"{folder}.log"]} == {0}
    assert {codes["--source", OCTET], codes["--resolver", OCTET], codes["--tls-ciphers", OCTET]} == {2}
    assert set(codes.values()) <= {0, 2, 3, 20, 52, 55, 56}, codes


def test_a_server_of_octets(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", OCTET, "--to", "kate@fabrikam.com"]) == 2
    assert "Traceback" not in capsys.readouterr().err
