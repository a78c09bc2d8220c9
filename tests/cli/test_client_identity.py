"""``test --xclient`` and ``--proxy``: from the options to what the server believes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from smtpscope.cli.conflicts import check_complete, check_test
from smtpscope.cli.main import main
from smtpscope.cli.options.parse import parse
from smtpscope.cli.options.test import TestOptions
from smtpscope.cli.planning import make_plan
from smtpscope.dialogue.plan import Plan
from smtpscope.errors import UsageError
from smtpscope.lab.options import Security, Service
from smtpscope.lab.runner import lab_running

TO = ("192.0.2.1:2525", "--to", "kate@fabrikam.com")


def plan(*argv: str) -> Plan:
    options = parse(TestOptions, argv)
    check_test(options)
    check_complete(options)
    return make_plan(options, now=0.0, run_id="0")


def test_what_is_said() -> None:
    assert plan(*TO).proxy == b""
    assert plan(*TO, "--proxy=v1").proxy == b"PROXY UNKNOWN\r\n"
    made = plan(*TO, "--proxy=v1", "--proxy-source=198.51.100.7", "--xclient=ADDR=2001:db8::7 PROTO=ESMTP")
    assert made.proxy == b"PROXY TCP4 198.51.100.7 192.0.2.1 0 2525\r\n"
    assert made.xclient == "ADDR=IPV6:2001:db8::7 PROTO=ESMTP"
    assert plan(*TO, "--xclient=COLOUR=red", "--as-is").xclient == "COLOUR=red"


@pytest.mark.parametrize(
    ("argv", "option"),
    [
        (("--xclient=ADDR=here",), "--xclient"),
        (("--xclient=ADDR=192.0.2.1\r\nQUIT",), "--xclient"),
        (("--proxy-source=192.0.2.1",), "--proxy-source"),
        (("--proxy-destination=192.0.2.1",), "--proxy-destination"),
        (("--proxy=v2", "--proxy-source=here"), "--proxy-source"),
        (("--proxy=v2", "--proxy-source=2001:db8::1"), "--proxy-destination"),
        (("--proxy=v2", "--proxy-source=192.0.2.1", "--proxy-destination=[2001:db8::1]:25"), "--proxy-destination"),
    ],
)
def test_mistakes(argv: tuple[str, ...], option: str) -> None:
    with pytest.raises(UsageError) as caught:
        plan(*TO, *argv)
    assert caught.value.field == option


def test_a_name_is_no_destination() -> None:
    with pytest.raises(UsageError, match="ADDRESS:PORT"):
        plan("mx.example.net", *TO[1:], "--proxy=v1", "--proxy-source=192.0.2.1")


@pytest.mark.parametrize(
    "options",
    [
        ("--xclient=ADDR=198.51.100.7 PORT=40000 DESTADDR=192.0.2.1 DESTPORT=25",),
        ("--proxy=v1", "--proxy-source=198.51.100.7:40000", "--proxy-destination=192.0.2.1:25"),
        ("--proxy=v2", "--proxy-source=198.51.100.7:40000", "--proxy-destination=192.0.2.1"),
    ],
)
def test_the_lab_believes_it(tmp_path: Path, options: tuple[str, ...]) -> None:
    assert main(["test", "--lab=ok", f"--lab-maildir={tmp_path}", "--json", *options]) == 0
    [envelope] = [json.loads(path.read_text()) for path in (tmp_path / "envelopes").iterdir()]
    assert envelope["peer"] == "198.51.100.7"
    assert envelope["claimed"] == {"ADDR": "198.51.100.7", "PORT": "40000", "DESTADDR": "192.0.2.1", "DESTPORT": "25"}


def test_the_header_comes_before_tls(capsys: pytest.CaptureFixture[str]) -> None:
    with lab_running(security=Security(implicit=True), service=Service(proxied=True)) as lab:
        command = ["test", f"127.0.0.1:{lab.port}", "--tls=implicit", f"--tls-ca={lab.ca_file}", "--stop-after=ehlo"]
        assert main([*command, "--proxy=v2", "--proxy-source=198.51.100.7"]) == 0
    said = capsys.readouterr().out
    assert r"→ \x0d\x0a\x0d\x0a\x00\x0d\x0aQUIT\x0a!\x11\x00" in said
    assert "Hello [198.51.100.7]" in said


def test_a_server_without_xclient_refuses_it(capsys: pytest.CaptureFixture[str]) -> None:
    with lab_running() as lab:
        assert main(["test", f"127.0.0.1:{lab.port}", *TO[1:], "--xclient=ADDR=192.0.2.1", "--quiet"]) == 59
    assert "500 5.3.3" in capsys.readouterr().out
