"""The command line as a whole: help, version, languages, and ends that no command made."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from smtpscope import __version__, language
from smtpscope.cli.exit import Exit
from smtpscope.cli.main import COMMANDS, main
from smtpscope.lab.runner import lab_running


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.mark.parametrize("argv", [[], ["--help"], ["-h"], ["help"]])
def test_help_lists_every_command(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == Exit.OK
    shown = capsys.readouterr().out
    assert all(f"  {name}" in shown for name in COMMANDS)


@pytest.mark.parametrize("argv", [["--version"], ["-V"]])
def test_the_version(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == Exit.OK
    assert capsys.readouterr().out == f"smtpscope {__version__}\n"


@pytest.mark.parametrize(
    "argv", [["--lang", "zh", "--help"], ["--help", "--lang=zh"], ["--lang=zh_CN.UTF-8", "--help"]]
)
def test_the_language_is_taken_wherever_it_stands(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == Exit.OK
    assert "用法" in capsys.readouterr().out
    assert language.current() == "en"  # whoever calls it goes on in his own


def test_the_environment_names_the_language(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    main(["--help"])
    assert "用法" in capsys.readouterr().out


def test_a_mistake_is_told_in_the_language_that_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "zh", "dance"]) == Exit.USAGE
    assert re.search("[\u4e00-\u9fff]", capsys.readouterr().err)


@pytest.mark.parametrize("argv", [["dance"], ["--lang"], ["--lang=fr", "--help"], ["test", "--lang", "xx"]])
def test_a_mistake_is_one_line_on_standard_error(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == Exit.USAGE
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("smtpscope: ")
    assert shown.err.count("\n") == 1


def test_a_reader_that_goes_away_is_no_error() -> None:
    with lab_running() as lab:
        command = f"{sys.executable} -m smtpscope test 127.0.0.1:{lab.port} --to kate@fabrikam.com -v | head -1"
        done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert done.returncode == 0


def test_the_exit_code_of_the_process() -> None:
    done = subprocess.run([sys.executable, "-m", "smtpscope", "dance"], capture_output=True, timeout=60)
    assert done.returncode == Exit.USAGE


def test_ctrl_c_outside_of_a_conversation(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("smtpscope.cli.explain.run", interrupt)
    assert main(["explain", "550"]) == Exit.INTERRUPTED
    assert "Traceback" not in capsys.readouterr().err
