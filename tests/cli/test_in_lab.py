"""``test --lab SCENARIO``: the lab, the test and the explanation in one command."""

from __future__ import annotations

from pathlib import Path

import pytest

from smtpscope.cli.exit import Exit
from smtpscope.cli.main import main

pytestmark = pytest.mark.usefixtures("no_mail_here")


@pytest.mark.parametrize(
    ("scenario", "code"),
    [
        ("ok", Exit.OK),
        ("no-service", Exit.CONNECTION_REFUSED),
        ("banner-554", Exit.BANNER_PERMANENT),
        ("refuse-helo", Exit.EHLO_PERMANENT),
        ("invalid-sender", Exit.MAIL_PERMANENT),
        ("authentication-required", Exit.MAIL_PERMANENT),
        ("user-unknown", Exit.RCPT_PERMANENT),
        ("greylist", Exit.RCPT_TEMPORARY),
        ("disk-full", Exit.MESSAGE_TEMPORARY),
        ("reject-data", Exit.MESSAGE_PERMANENT),
        ("drop-at-data", Exit.CONNECTION_LOST),
        ("reset-in-message", Exit.CONNECTION_LOST),
        ("silence-at-mail", Exit.TIMEOUT),
        ("not-smtp", Exit.PROTOCOL),
    ],
)
def test_each_failure_ends_with_its_own_code(scenario: str, code: Exit, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "--lab", scenario, "--timeout", "1"]) == code
    assert capsys.readouterr().out.startswith(f"lab scenario {scenario}: ")


def test_a_certificate_is_wrong_in_the_way_that_the_scenario_makes_it(capsys: pytest.CaptureFixture[str]) -> None:
    for scenario, word in (("certificate-expired", "expired"), ("certificate-wrong-name", "name")):
        assert main(["test", "--lab", scenario, "--tls", "require"]) == Exit.TLS
        assert word in capsys.readouterr().out.partition("\n")[2]


def test_some_recipients_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "--lab", "some-unknown", "--to", "a@b.test", "--to", "c@b.test"]) == Exit.PARTIAL
    capsys.readouterr()


def test_the_json_view_has_no_headline(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "--lab", "ok", "--json"]) == 0
    assert capsys.readouterr().out.startswith("{")


def test_a_server_of_ones_own_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "--lab", "ok", "127.0.0.1"]) == Exit.USAGE
    assert "server: server and --lab cannot be used together" in capsys.readouterr().err


def test_a_scenario_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "--lab", "user-unknow"]) == Exit.USAGE
    assert "user-unknown" in capsys.readouterr().err


@pytest.mark.parametrize(
    "scenario", ["close-at-banner", "banner-silence", "no-service", "drop-at-data", "user-unknown"]
)
def test_no_command_names_the_port_of_a_lab_that_is_gone(scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["test", "--lab", scenario, "--timeout", "1"])
    said = capsys.readouterr().out
    assert "smtpscope test 127.0.0.1" not in said
    assert "sport = :" not in said
    assert "--source" not in said
    assert "On 127.0.0.1" not in said


def test_a_folder_that_cannot_be_used_is_named_by_the_option_that_gave_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main(["test", "--lab", "ok", "--lab-maildir", str(tmp_path / "file")]) == Exit.LOCAL
    assert capsys.readouterr().err.startswith("smtpscope: --lab-maildir: ")


def test_implicit_tls_is_spoken_where_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "--lab", "ok", "--tls", "implicit"]) == Exit.OK
    assert "TLSv1" in capsys.readouterr().out
