"""Every exit code, reached from the command line."""

from __future__ import annotations

import signal
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest

from scripted import scripted
from smtpscope.cli.exit import Exit, exit_code
from smtpscope.cli.main import main
from smtpscope.lab.runner import lab_running
from smtpscope.model.report import Outcome, Status
from smtpscope.protocol.phase import Phase

ENVELOPE = ["--from", "chris@contoso.com", "--to", "kate@fabrikam.com", "--helo", "contoso.com", "--no-probes"]


def run(server: str, *options: str) -> int:
    """The exit code of a test of ``server``."""
    return main(["test", server, *ENVELOPE, *options])


def run_lab(scenario: str, *options: str) -> int:
    """The exit code of a test of a lab that plays ``scenario``."""
    with lab_running(scenario=scenario) as lab:
        return run(f"127.0.0.1:{lab.port}", *options)


# The numbers are a public interface: scripts and monitors compare them.
NUMBERS = {
    Status.OK: 0,
    Status.DNS: 10,
    Status.REFUSED: 11,
    Status.TIMEOUT: 12,
    Status.UNREACHABLE: 13,
    Status.LOST: 14,
    Status.PARTIAL: 20,
    Status.EXPECTATION: 21,
    Status.OTHER_SERVER: 22,
    Status.TLS: 30,
    Status.DSN_FAILED: 60,
    Status.DSN_DELAYED: 61,
    Status.DSN_MISSING: 62,
    Status.PROTOCOL: 70,
    Status.UNPROVEN: 71,
}
# These say by the phase where it was.
BY_PHASE = {
    Status.TEMPORARY: {Phase.BANNER: 41, Phase.EHLO: 42, Phase.STARTTLS: 43, Phase.AUTH: 44, Phase.MAIL: 45}
    | {Phase.RCPT: 46, Phase.DATA: 47, Phase.END_OF_DATA: 48, Phase.PROXY: 49, Phase.XCLIENT: 49, Phase.OTHER: 49},
    Status.PERMANENT: {Phase.BANNER: 51, Phase.EHLO: 52, Phase.STARTTLS: 53, Phase.AUTH: 54, Phase.MAIL: 55}
    | {Phase.RCPT: 56, Phase.DATA: 57, Phase.END_OF_DATA: 58, Phase.PROXY: 59, Phase.XCLIENT: 59, Phase.OTHER: 59},
    Status.NOT_OFFERED: {Phase.AUTH: 54, Phase.STARTTLS: 30},
    Status.GAVE_UP: {Phase.AUTH: 54, Phase.STARTTLS: 30},
}


def test_every_status_has_its_number() -> None:
    for status, number in NUMBERS.items():
        assert exit_code(Outcome(status)) == number, status
    for status, phases in BY_PHASE.items():
        for phase, number in phases.items():
            assert exit_code(Outcome(status, phase=phase)) == number, (status, phase)
    for signal_ in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        assert exit_code(Outcome(Status.INTERRUPTED, why=signal_.name.removeprefix("SIG"))) == 128 + signal_
    assert {*NUMBERS, *BY_PHASE, Status.INTERRUPTED} == set(Status)
    assert [status for status, number in NUMBERS.items() if number == 0] == [Status.OK]


@pytest.mark.parametrize(
    ("scenario", "options", "code"),
    [
        ("ok", (), Exit.OK),
        ("some-unknown", ("--to", "lee@fabrikam.com"), Exit.PARTIAL),
        ("close-at-banner", (), Exit.CONNECTION_LOST),
        ("silence-at-mail", ("--timeout", "0.5"), Exit.TIMEOUT),
        ("not-smtp", (), Exit.PROTOCOL),
        ("service-unavailable", (), Exit.BANNER_TEMPORARY),
        ("rcpt-temporary", (), Exit.RCPT_TEMPORARY),
        ("shutting-down", (), Exit.RCPT_TEMPORARY),
        ("rate-limit-messages", (), Exit.OK),
        ("fail-twice", (), Exit.MESSAGE_TEMPORARY),
        ("disk-full", (), Exit.MESSAGE_TEMPORARY),
        ("banner-554", (), Exit.BANNER_PERMANENT),
        ("refuse-helo", (), Exit.EHLO_PERMANENT),
        ("invalid-sender", (), Exit.MAIL_PERMANENT),
        ("user-unknown", (), Exit.RCPT_PERMANENT),
        ("reject-data", (), Exit.MESSAGE_PERMANENT),
        ("starttls-refused", ("--tls", "require"), Exit.STARTTLS_TEMPORARY),
        ("tls-old-version", ("--tls", "require"), Exit.TLS),
        ("starttls-stripped", ("--tls", "require"), Exit.TLS),
        ("wrong-code", (), Exit.PROTOCOL),
        ("flood-banner", (), Exit.PROTOCOL),
        ("endless-reply", (), Exit.PROTOCOL),
    ],
)
def test_a_scenario_ends_with_its_code(scenario: str, options: Sequence[str], code: Exit) -> None:
    assert run_lab(scenario, *options) == code


HELLO = (b"220 ready\r\n", "line", b"250 hi\r\n", "line")
BYE = ("line", b"221 bye\r\n")


@pytest.mark.parametrize(
    ("acts", "code"),
    [
        ((b"220 ready\r\n", "line", b"421 4.3.2 later\r\n"), Exit.EHLO_TEMPORARY),
        ((*HELLO, b"451 4.3.0 later\r\n", *BYE), Exit.MAIL_TEMPORARY),
        ((*HELLO, b"250 ok\r\n", "line", b"250 ok\r\n", "line", b"451 later\r\n", *BYE), Exit.DATA_TEMPORARY),
        ((*HELLO, b"250 ok\r\n", "line", b"250 ok\r\n", "line", b"554 no\r\n", *BYE), Exit.DATA_PERMANENT),
    ],
)
def test_a_refusal_names_its_phase(acts: Sequence[bytes | str], code: Exit) -> None:
    with scripted(*acts) as server:
        assert run(f"127.0.0.1:{server.port}") == code


@pytest.mark.parametrize(
    ("reply", "code"), [("454 4.7.0 later", Exit.AUTH_TEMPORARY), ("535 5.7.8 no", Exit.AUTH_PERMANENT)]
)
def test_a_refused_login(reply: str, code: Exit, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("secret\n")
    acts = (b"220 ready\r\n", "line", b"250-hi\r\n250 AUTH PLAIN\r\n", "line", reply.encode() + b"\r\n", *BYE)
    login = ("--auth", "--user", "chris", "--password-file", str(password), "--auth-in-clear")
    with scripted(*acts) as server:
        assert run(f"127.0.0.1:{server.port}", *login) == code


def test_a_refused_starttls() -> None:
    acts = (b"220 ready\r\n", "line", b"250-hi\r\n250 STARTTLS\r\n", "line", b"502 no\r\n", *BYE)
    with scripted(*acts) as server:
        assert run(f"127.0.0.1:{server.port}", "--tls", "require") == Exit.STARTTLS_PERMANENT


def test_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert run(f"127.0.0.1:{port}") == Exit.CONNECTION_REFUSED


def test_a_name_that_is_none() -> None:
    assert run("mail1.fabrikam.invalid") == Exit.DNS


def test_a_script_that_is_not_met(tmp_path: Path) -> None:
    script = tmp_path / "session.smtp"
    script.write_text("S~ ^220\nC: NOOP\nS: 250 something else\nC: QUIT\nS~ ^221\n")
    with lab_running() as lab:
        assert main(["test", f"127.0.0.1:{lab.port}", "--script", str(script)]) == Exit.EXPECTATION


USAGE = [
    (["test", "mx.example.net", "--to", "kate@@fabrikam.com"], "--to"),
    (["test", "mx.example.net", "--to", "kate@fabrikam.com", "--from", "chris@contoso.com\r\nRSET"], "--from"),
    (["test", "mx.example.net", "--to", "kate@fabrikam.com", "--subject", "a\nBcc: lee@fabrikam.com"], "--subject"),
    (["test", "mx.example.net", "--to", "kate@fabrikam.com", "--helo", "contoso.com\nRSET"], "--helo"),
    (["test", "mx.example.net", "--to", "kate@fabrikam.com", "--helo", "con_toso"], "--helo"),
    (["test", "mx.example.net", "--to", "kate@fabrikam.com", "--envid", "a\r\nb"], "--envid"),
    (["test", "mx.example.net", "--to", "kate@fabrikam.com", "--header", "X: a\nY: b"], "--header"),
    (["test", "mx.example.net", "--to", "kate@fabrikam.com", "--header", "主题：你好"], "--header"),
    (["test", "mx.example.net", "--to", "kate@fabrikam.com", "--mail-parameter", "A\nB"], "--mail-parameter"),
    (["test", "mx.example.net", "--to", "kate@fabrikam.com", "--rcpt-parameter", "A\rB"], "--rcpt-parameter"),
    (["test", "mx.example.net", "--to", "kate@fabrikam.com", "--notify", "sometimes"], "--notify"),
    (["test", "mx.example.net", "--to", "kate@fabrikam.com", "--notify", "never,success"], "--notify"),
    (["test", "mx.example.net", "--to", "kate@fabrikam.com", "--stop-after", "lunch"], "--stop-after"),
    (["test", "mx.example.net", "--to", "kate@fabrikam.com", "--chunking", "maybe"], "--chunking"),
    (["test", "mx.example.net", "--to", "kate@fabrikam.com", "--timeout", "soon"], "--timeout"),
    (["test", "mx.example.net", "--to", "kate@fabrikam.com", "--resolver", "dns.example"], "--resolver"),
    (["test", "mx.example.net", "--to", "kate@fabrikam.com", "-4", "-6"], "--ipv4"),
    (["test", "mx.example.net", "--to", "kate@fabrikam.com", "--data", "-", "--subject", "x"], "--subject"),
    (["test", "mx.example.net:99999", "--to", "kate@fabrikam.com"], "server"),
    (["test", "mx.example.net:25", "--port", "25", "--to", "kate@fabrikam.com"], "--port"),
    (["test", "mx.example.net"], "--to"),
    (["test", "--stop-after", "ehlo"], "server"),
    (["test", "mx.example.net", "--nonsense"], "--nonsense"),
    (["test", "mx.example.net", "kate@fabrikam.com", "extra"], "extra"),
    (["lab", "--port", "0x19"], "--port"),
    (["lab", "--scenario", "no-such"], "--scenario"),
    (["dance"], "dance"),
    (["test", "--lang", "fr"], "--lang"),
]


@pytest.mark.parametrize(("argv", "named"), USAGE, ids=[named for _, named in USAGE])
def test_a_mistake_names_what_it_is_about_and_nothing_is_sent(
    argv: list[str], named: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(*_: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr("smtpscope.net.blocking.connect", connect)
    monkeypatch.setattr("smtpscope.net.blocking.find_addresses", connect)
    assert main(argv) == Exit.USAGE
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("smtpscope: ")
    assert named in shown.err
    assert "Traceback" not in shown.err


@pytest.mark.parametrize("option", ["--log", "--transcript", "--junit"])
def test_a_folder_that_is_not_there_is_said_before_anything_is_sent(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with lab_running() as lab:
        code = run(f"127.0.0.1:{lab.port}", option, str(tmp_path / "missing" / "file"))
        attempts = lab.messages
    assert code == Exit.LOCAL
    assert not attempts
    shown = capsys.readouterr()
    assert option in shown.err
    assert "missing" in shown.err
    assert shown.out == ""


@pytest.mark.parametrize("option", ["--data", "--attach", "--tls-ca", "--password-file", "--script"])
def test_a_file_that_cannot_be_read_is_said(option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    others = {"--script": [], "--password-file": [*ENVELOPE, "--auth", "--user", "chris"]}.get(option, ENVELOPE)
    assert main(["test", "mx.example.net", *others, option, str(tmp_path / "missing")]) == Exit.LOCAL
    said = capsys.readouterr().err
    assert said.startswith(f"smtpscope: {option}: ")
    assert "missing" in said


def test_as_is_sends_what_breaks_the_grammar() -> None:
    with lab_running() as lab:
        server = f"127.0.0.1:{lab.port}"
        assert main(["test", server, "--to", "kate@@fabrikam.com", "--as-is", "--no-probes"]) == Exit.RCPT_PERMANENT
