"""Mistakes of the command line: each names its option, ends with 2, and nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from smtpscope.cli.main import main
from smtpscope.lab.runner import lab_running
from smtpscope.lab.server import Lab

ENVELOPE = ["--from", "chris@contoso.com", "--to", "kate@fabrikam.com", "--helo", "contoso.com"]


@pytest.fixture
def lab() -> Iterator[Lab]:
    with lab_running() as running:
        yield running


@pytest.mark.parametrize(
    "option",
    [
        *("--to", "--helo", "--envid", "--resolver", "--source", "--log", "--junit", "--transcript", "--data"),
        *("--attach", "--header", "--script", "--mail-parameter", "--tls-ca", "--tls-name", "--lab", "--port"),
    ],
)
def test_an_empty_value_is_a_variable_that_was_not_set(
    lab: Lab, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["test", f"127.0.0.1:{lab.port}", *ENVELOPE, option, ""]) == 2
    assert capsys.readouterr().err.startswith(f"smtpscope: {option}: is empty")
    assert lab.taken == 0


def test_an_empty_server_does_not_mean_the_exchangers_of_the_domain(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "", *ENVELOPE]) == 2
    assert capsys.readouterr().err.startswith("smtpscope: server: is empty")


@pytest.mark.parametrize("option", ["--from", "--subject", "--body"])
def test_an_empty_text_says_something(lab: Lab, option: str) -> None:
    assert main(["test", f"127.0.0.1:{lab.port}", *ENVELOPE, option, "", "--quiet"]) == 0
    assert lab.taken == 1


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["--dsn-at", "lab"], "--dsn-at"),
        (["--lab-maildir", "/tmp/x"], "--lab-maildir"),
        (["--await-dsn", "1", "--notify", "never", "--dsn-at", "maildir:/tmp/x"], "--await-dsn"),
        (["--data", "/dev/zero"], "--data"),
        (["--attach", "/dev/zero"], "--attach"),
    ],
)
def test_what_would_be_ignored_or_has_no_end_is_refused(
    lab: Lab, arguments: list[str], option: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smtpscope.files.MOST_OCTETS", 1 << 20)
    assert main(["test", f"127.0.0.1:{lab.port}", *ENVELOPE, *arguments]) == 2
    assert capsys.readouterr().err.startswith(f"smtpscope: {option}: ")
    assert lab.taken == 0


def test_the_exchangers_of_one_domain_are_not_asked_about_another(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", *ENVELOPE, "--to", "lee@example.test"]) == 2
    assert capsys.readouterr().err.startswith("smtpscope: --to: the recipients are in several domains")


def test_a_scenario_that_there_is_not_is_named_by_the_option_that_asked_for_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["test", "--lab", "grey-list"]) == 2
    assert capsys.readouterr().err.startswith("smtpscope: --lab: there is no 'grey-list'; did you mean 'greylist'?")
