"""TLS and login on the command line: mistakes found before anything is sent, exit codes, and the secret nowhere."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest

from smtpscope.cli.exit import Exit
from smtpscope.cli.main import main
from smtpscope.lab.options import Security
from smtpscope.lab.runner import lab_running
from smtpscope.lab.scenario.model import Action, Rule, Scenario, When

SECRET = "pass-word-2026"
USERS = Security(starttls=True, users=(("kate", SECRET),))
FORMS = (
    SECRET,
    b64encode(SECRET.encode()).decode(),
    b64encode(f"\0kate\0{SECRET}".encode()).decode(),
    SECRET.encode().hex(),
    SECRET.encode().hex(" "),
    b64encode(b64encode(SECRET.encode())).decode(),
)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_PASSWORD", SECRET)


def run(port: int, *more: str) -> int:
    """The exit code of a test up to the login, where somebody logs in, else up to the handshake."""
    last = "auth" if {"--user", "--auth"} & set(more) else "starttls"
    return main(["test", f"localhost:{port}", "--stop-after", last, *more])


# --------------------------------------------------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (["--auth"], "--auth: requires --user NAME"),
        (["--auth", "NTLM", "--user", "kate"], "--auth: 'NTLM' is none of auto, SCRAM"),
        (["--stop-after", "auth"], "--stop-after: auth tests the login"),
        (["--stop-after", "starttls", "--tls", "never"], "--stop-after: starttls tests the encryption"),
        (
            ["--stop-after", "ehlo", "--tls", "never", "--tls-ca", "x"],
            "--tls-ca: --tls-ca and --tls never cannot be used together",
        ),
        (
            ["--stop-after", "ehlo", "--tls", "never", "--tls-name", "x"],
            "--tls-name: --tls-name and --tls never cannot be used together",
        ),
        (
            ["--stop-after", "ehlo", "--tls", "never", "--tls-cert", "x"],
            "--tls-cert: --tls-cert and --tls never cannot be used together",
        ),
        (
            ["--stop-after", "ehlo", "--no-probes", "--probes", "all"],
            "--no-probes and --probes all cannot be used together",
        ),
        (["--password-env", "LAB_PASSWORD"], "--password-env: requires --user NAME"),
        (["--auth-in-clear"], "--auth-in-clear: requires --user NAME"),
        (["--user", "kate", "--password-env", "NO_SUCH_NAME"], "no 'NO_SUCH_NAME' in the environment"),
        (["--user", "kate", "--password-file", "/nowhere/at/all"], "cannot read"),
        (["--user", "kate", "--password-env", "X", "--password-file", "Y"], "cannot be used together"),
        (["--user", "", "--password-env", "LAB_PASSWORD"], "--user: is empty"),
        (["--user", "ka\0te", "--password-env", "LAB_PASSWORD"], "control character"),
        (["--user", "kate", "--password-env", "LAB_PASSWORD", "--tls", "never"], "would send the password in clear"),
        (["--tls-key", "x"], "--tls-key: requires --tls-cert FILE"),
        (["--tls-ca", "/nowhere/at/all"], "--tls-ca: cannot read"),
        (["--tls-cert", "/nowhere/at/all"], "--tls-cert: cannot read"),
        (["--tls-ciphers", "NO-SUCH"], "names no cipher suite"),
        (["--tls-name", "a\nb"], "--tls-name: holds LF"),
        (["--tls", "sometimes"], "--tls: 'sometimes' is none of"),
    ],
)
def test_mistakes_are_found_before_anything_is_sent(
    arguments: list[str], wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(1, *arguments) == (Exit.LOCAL if "cannot read" in wrong else Exit.USAGE)
    captured = capsys.readouterr()
    assert wrong in captured.err
    assert "connecting" not in captured.out


def test_port_465_speaks_tls_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    with lab_running(security=Security(implicit=True)) as lab:
        arguments = ["test", f"localhost:{lab.port}", "--stop-after", "ehlo", "--tls", "implicit"]
        assert main([*arguments, "--tls-ca", lab.ca_file]) == Exit.OK
    out = capsys.readouterr().out
    assert out.index("encrypted: TLSv1.3") < out.index("220 mail1.fabrikam.com")


# ------------------------------------------------------------------------------------------------------- exit codes


@pytest.mark.parametrize(
    ("scenario", "arguments", "code"),
    [
        ("ok", [], Exit.OK),
        ("certificate-expired", [], Exit.OK),
        ("certificate-expired", ["--tls", "require"], Exit.TLS),
        ("certificate-expired", ["--tls", "require", "--no-verify"], Exit.OK),
        ("certificate-expired", ["--user", "kate", "--password-env", "LAB_PASSWORD"], Exit.TLS),
        ("starttls-stripped", ["--tls", "require"], Exit.TLS),
        ("starttls-refused", [], Exit.STARTTLS_TEMPORARY),
        ("starttls-refused", ["--tls", "require"], Exit.STARTTLS_TEMPORARY),
        ("starttls-in-clear", [], Exit.TLS),
        ("ok", ["--user", "kate", "--password-env", "LAB_PASSWORD"], Exit.OK),
        ("ok", ["--user", "chris", "--password-env", "LAB_PASSWORD"], Exit.AUTH_PERMANENT),
        ("auth-temporary", ["--user", "kate", "--password-env", "LAB_PASSWORD"], Exit.AUTH_TEMPORARY),
        ("starttls-stripped", ["--user", "kate", "--password-env", "LAB_PASSWORD"], Exit.AUTH_PERMANENT),
    ],
)
def test_exit_codes(scenario: str, arguments: list[str], code: Exit) -> None:
    with lab_running(scenario, security=USERS) as lab:
        assert run(lab.port, "--tls-ca", lab.ca_file, "--quiet", *arguments) == code


def test_the_result_names_the_cause_and_says_what_tls_was_worth(capsys: pytest.CaptureFixture[str]) -> None:
    with lab_running("certificate-wrong-name") as lab:
        run(lab.port, "--tls-ca", lab.ca_file, "--tls", "require")
        required = capsys.readouterr().out
        run(lab.port, "--tls-ca", lab.ca_file)
        wanted = capsys.readouterr().out
    assert "TLS failed: Hostname mismatch" in required
    assert "(tls.certificate)" in required
    assert "--tls-name other.example.test" in " ".join(required.split())
    assert "certificate not verified: Hostname mismatch" in wanted


def test_json_has_the_certificate_and_what_it_was_worth(capsys: pytest.CaptureFixture[str]) -> None:
    with lab_running("certificate-self-signed") as lab:
        run(lab.port, "--json")
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    secured = next(record for record in records if record["event"] == "secured")
    assert secured["certificates"][0]["names"][0] == "localhost"
    assert secured["verified"] is False
    result = records[-1]["servers"][0]
    assert result["tls"]["version"] == "TLSv1.3"
    assert (result["tls"]["verified"], result["tls"]["code"]) == (False, 18)


# -------------------------------------------------------------------------------------------- where the secret is from


def test_a_password_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(f"{SECRET}\nsecond line\n")
    with lab_running(security=USERS) as lab:
        arguments = ("--user", "kate", "--password-file", str(tmp_path / "password"), "--tls-ca", lab.ca_file, "-q")
        assert run(lab.port, *arguments) == Exit.OK


def test_a_password_typed_at_the_terminal_is_not_echoed() -> None:
    with lab_running(security=USERS) as lab:
        terminal, inside = pty.openpty()
        arguments = ["--stop-after", "auth", "--user", "kate", "--tls-ca", lab.ca_file]
        command = ["-m", "smtpscope", "test", f"localhost:{lab.port}", *arguments]
        program = [sys.executable, "-c", _AT_TERMINAL, os.ttyname(inside), *command]
        with subprocess.Popen(program, start_new_session=True, stdin=inside, stdout=inside, stderr=inside) as child:
            seen = _until(terminal, b"password of kate: ")
            os.write(terminal, SECRET.encode() + b"\n")
            seen += _until(terminal, b"exit code 0")
            assert child.wait(20) == 0
        os.close(inside)
        os.close(terminal)
    assert SECRET.encode() not in seen


# A session without a terminal takes the first that it opens for its own.
_AT_TERMINAL = (
    "import os, sys; os.open(sys.argv[1], os.O_RDWR); os.execv(sys.executable, [sys.executable, *sys.argv[2:]])"
)


def _until(terminal: int, words: bytes) -> bytes:
    seen = b""
    while words not in seen:
        assert select.select([terminal], [], [], 20)[0], seen
        seen += os.read(terminal, 65536)
    return seen


def test_no_terminal_to_ask(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str, *_: object, **__: object) -> object:
        raise OSError(6, "No such device or address", path)

    monkeypatch.setattr("builtins.open", refuse)
    assert run(1, "--user", "kate") == Exit.USAGE
    assert "--password-file FILE" in capsys.readouterr().err


# ------------------------------------------------------------------------------------------------ the secret nowhere


def test_never_in_clear_unless_told_to(capsys: pytest.CaptureFixture[str]) -> None:
    clear = Security(users=(("kate", SECRET),), auth_in_clear=True)
    with lab_running(security=clear) as lab:
        who = ("--user", "kate", "--password-env", "LAB_PASSWORD")
        assert run(lab.port, *who) == Exit.AUTH_PERMANENT
        assert "connection not encrypted; password not sent" in capsys.readouterr().out
        assert run(lab.port, *who, "--auth-in-clear", "--auth", "LOGIN") == Exit.OK


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256", "XOAUTH2", "OAUTHBEARER"])
@pytest.mark.parametrize("user", ["kate", "chris"])
def test_the_secret_is_in_no_output(
    mechanism: str, user: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, transcript, junit = (tmp_path / name for name in ("log", "transcript", "junit"))
    with lab_running(security=USERS, maildir=str(tmp_path / "lab")) as lab:
        who = ("--user", user, "--password-env", "LAB_PASSWORD", "--auth", mechanism, "--tls-ca", lab.ca_file)
        files = ("--log", str(log), "--transcript", str(transcript), "--junit", str(junit))
        for view in ((), ("--raw",), ("--json",), ("--verbose",)):
            assert run(lab.port, *who, *files, *view) == (Exit.OK if user == "kate" else Exit.AUTH_PERMANENT)
    captured = capsys.readouterr()
    outputs = {"terminal": captured.out + captured.err}
    outputs |= {str(file): file.read_text("utf-8") for file in tmp_path.rglob("*") if file.is_file()}
    assert len(outputs) > 4
    for place, text in outputs.items():
        for form in FORMS:
            assert form not in text, place
            assert form not in text.replace("\n", ""), place


def test_a_server_that_repeats_what_it_does_not_understand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The lab plays one that knows nothing of the exchange and echoes every response, decoded and as it came."""
    token = b64encode(f"\0kate\0{SECRET}".encode()).decode()
    echo = Action(500, (f"5.5.2 unrecognized: {token} ({SECRET})",))
    scenario = Scenario("echo", rules=(Rule(When(("auth",)), echo),), starttls=True)
    transcript = tmp_path / "transcript"
    with lab_running(scenario, security=USERS) as lab:
        who = ("--user", "kate", "--password-env", "LAB_PASSWORD", "--auth", "PLAIN", "--tls-ca", lab.ca_file)
        assert run(lab.port, *who, "--transcript", str(transcript), "-v") == Exit.AUTH_PERMANENT
    text = capsys.readouterr().out + transcript.read_text()
    assert "unrecognized: *** (***)" in text
    for form in FORMS:
        assert form not in text


def test_up_to_starttls_there_must_be_a_starttls(capsys: pytest.CaptureFixture[str]) -> None:
    with lab_running("bare-minimum") as lab:
        assert main(["test", f"127.0.0.1:{lab.port}", "--stop-after", "starttls", "--quiet", "--no-probes"]) == Exit.TLS
    assert "STARTTLS is required but not advertised" in capsys.readouterr().out


def test_a_mechanism_may_be_written_in_lower_case() -> None:
    with lab_running(security=Security(users=(("kate", SECRET),), auth_in_clear=True)) as lab:
        who = ("--user", "kate", "--password-env", "LAB_PASSWORD", "--auth-in-clear")
        assert run(lab.port, *who, "--auth", "plain") == Exit.OK
