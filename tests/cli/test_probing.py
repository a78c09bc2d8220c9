"""The probes from the command line: options, every view, Ctrl-C."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from scripted import scripted
from smtpscope.cli.main import main
from smtpscope.cli.options.parse import parse
from smtpscope.cli.options.test import TestOptions
from smtpscope.cli.session import make_probe_options
from smtpscope.diagnosis.outcome import judge
from smtpscope.errors import UsageError
from smtpscope.model.transcript import read_lines
from smtpscope.probes.options import ProbeOptions

pytestmark = pytest.mark.usefixtures("no_mail_here")

# A place of loopback where nobody else listens, on no port.
HOST = "127.83.0.17"


def options(*argv: str) -> ProbeOptions:
    return make_probe_options(parse(TestOptions, argv))


@pytest.fixture
def closed_port() -> int:
    """A port of loopback where nothing listens."""
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.mark.parametrize(
    ("given", "controls"),
    [
        ([], None),
        (["control.example.net"], (("control.example.net", 25), ("control.example.net", 443))),
        (["control.example.net:587"], (("control.example.net", 587),)),
        (["[2001:db8::1]:25", "192.0.2.1"], (("2001:db8::1", 25), ("192.0.2.1", 25), ("192.0.2.1", 443))),
    ],
)
def test_control_hosts(given: list[str], controls: object) -> None:
    assert options(*(word for text in given for word in ("--control", text))).controls == controls


@pytest.mark.parametrize("text", ["", "a b", "control.example.net:0", "control.example.net:x", "[::1"])
def test_a_control_host_that_is_none(text: str) -> None:
    with pytest.raises(UsageError, match="--control"):
        options("--control", text)


@pytest.mark.parametrize(("argv", "retry"), [((), None), (("--retry",), 0.0), (("--retry", "30"), 30.0)])
def test_a_second_try(argv: tuple[str, ...], retry: float | None) -> None:
    assert options(*argv).retry == retry


def test_a_second_try_at_no_time() -> None:
    with pytest.raises(UsageError, match="--retry"):
        options("--retry", "soon")


def test_no_probes_asks_nothing_at_all() -> None:
    made = options("--no-probes", "--verbose")
    assert (made.level, made.view) == ("none", False)


def test_the_terminal_shows_causes_evidence_and_a_command(capsys, closed_port: int) -> None:
    assert main(["test", f"{HOST}:{closed_port}", "--to", "kate@fabrikam.com"]) == 11
    said = capsys.readouterr().out
    assert "DIAGNOSIS" in said
    first = next(line for line in said.splitlines() if line.startswith("  1. "))
    assert "connection.service-down" in first
    assert f"port {closed_port} refused the connection immediately" in said
    assert f"ss -ltnp 'sport = :{closed_port}'" in said
    assert "skipped:" in said


def test_every_probe_is_announced_before_its_answers(capsys, closed_port: int) -> None:
    main(["test", f"{HOST}:{closed_port}", "--to", "kate@fabrikam.com", "--json"])
    announced: set[str] = set()
    for record in map(json.loads, capsys.readouterr().out.splitlines()):
        if record["event"] == "probing":
            announced.add(record["probe"])
        elif record["event"] == "probed":
            assert record["probe"] in announced
    assert {"again", "ports", "local"} <= announced


def test_json_carries_the_ranking(capsys, closed_port: int) -> None:
    main(["test", f"{HOST}:{closed_port}", "--to", "kate@fabrikam.com", "--json"])
    (server,) = json.loads(capsys.readouterr().out.splitlines()[-1])["servers"]
    causes = server["diagnosis"]["causes"]
    assert [cause["rank"] for cause in causes] == list(range(1, len(causes) + 1))
    assert causes[0]["id"] == "connection.service-down"
    assert causes[0]["for"][0]["fact"] == "refused"
    assert causes[0]["actor"] == "their-admin"
    assert server["diagnosis"]["not_asked"]


def test_log_junit_and_transcript(capsys, closed_port: int, tmp_path: Path) -> None:
    log, junit, transcript = (tmp_path / name for name in ("log", "junit.xml", "transcript"))
    views = ["--log", str(log), "--junit", str(junit), "--transcript", str(transcript)]
    main(["test", f"{HOST}:{closed_port}", "--to", "kate@fabrikam.com", *views])
    assert "connection.service-down" in log.read_text()
    assert "? other ports of the host" in log.read_text()
    failure = ElementTree.parse(junit).find(".//testcase[@name='result']/failure")
    assert "connection.service-down" in failure.text
    (server,) = judge(read_lines(transcript.read_text().splitlines())).servers
    assert server.diagnosis.causes[0].id == "connection.service-down"


def test_no_probes_from_the_command_line(capsys, closed_port: int) -> None:
    main(["test", f"{HOST}:{closed_port}", "--to", "kate@fabrikam.com", "--no-probes", "--json"])
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert not [record for record in records if record["event"] in ("probing", "probed")]
    whys = {item["why"] for item in records[-1]["servers"][0]["diagnosis"]["not_asked"]}
    assert "level" in whys


def test_ctrl_c_while_the_probes_ask() -> None:
    with socket.create_server((HOST, 0)) as listener:
        target = f"{HOST}:{listener.getsockname()[1]}"
        words = [sys.executable, "-m", "smtpscope", "test", target, "--to", "kate@fabrikam.com", "--timeout", "1"]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen([*words, "--json"], text=True, **pipes) as program:
            lines = iter(program.stdout.readline, "")
            assert any('"event": "probing"' in line for line in lines)
            program.send_signal(signal.SIGINT)
            rest = list(lines)
            assert program.stderr.read() == ""
        assert program.returncode == 130
        assert json.loads(rest[-1])["event"] == "result"


@pytest.mark.parametrize(
    ("scenario", "options", "findings"),
    [
        ("greylist", ["--retry=1"], ["greylisted"]),
        ("greylist-5-minutes", ["--retry=1"], ["still-refused"]),
        ("user-unknown", ["--probes", "all"], ["refuses-everyone"]),
        ("ok", ["--probes", "all", "--stop-after", "rcpt"], ["takes-every-name"]),
    ],
)
def test_findings_beside_the_causes(capsys, scenario: str, options: list[str], findings: list[str]) -> None:
    arguments = ["--lab", scenario, "--to", "kate@fabrikam.com", "--from", "chris@contoso.com"]
    main(["test", *arguments, *options, "--json"])
    (server,) = json.loads(capsys.readouterr().out.splitlines()[-1])["servers"]
    assert [found["fact"] for found in server["diagnosis"]["findings"]] == findings


def test_the_probe_of_recipients_sends_no_message(capsys: pytest.CaptureFixture[str]) -> None:
    """It asks about names, and leaves with RSET and QUIT."""
    refused = (b"220 hi\r\n", *(act for code in (b"250", b"250", b"550") for act in ("line", code + b" x\r\n")))
    with scripted(*refused, *("line", b"550 no\r\n", "line", b"250 ok\r\n") * 3) as server:
        envelope = ["--from", "chris@contoso.com", "--to", "kate@fabrikam.com", "--helo", "contoso.com"]
        main(["test", f"127.0.0.1:{server.port}", *envelope, "--probes", "all", "--timeout", "3"])
        heard = bytes(server.heard).decode().split("\r\n")
    assert "a random recipient and postmaster were rejected too" in capsys.readouterr().out
    assert "RCPT TO:<postmaster@fabrikam.com>" in heard
    assert {line.partition(" ")[0] for line in heard if line} == {"EHLO", "MAIL", "RCPT", "RSET", "QUIT"}
