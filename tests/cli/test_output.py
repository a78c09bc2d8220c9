"""Where the output goes: full disks, closed streams, readers that leave, two records in one file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from smtpscope.cli.main import main
from smtpscope.lab.lab import Lab
from smtpscope.lab.server import lab_running

ENVELOPE = ["--from", "chris@contoso.com", "--to", "kate@fabrikam.com", "--helo", "contoso.com"]


@pytest.fixture
def lab() -> Iterator[Lab]:
    with lab_running() as running:
        yield running


def shell(line: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What the shell's ``line`` does; ``"$@"`` in it is smtpscope with ``arguments``."""
    command = ["bash", "-c", line, "bash", sys.executable, "-m", "smtpscope", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def conversation(lab: Lab, *options: str) -> list[str]:
    return ["test", f"127.0.0.1:{lab.port}", *ENVELOPE, *options]


@pytest.mark.parametrize("form", ["--quiet", "--verbose", "--json"])
def test_a_full_disk_under_the_output_does_not_cut_the_conversation_off(lab: Lab, form: str) -> None:
    done = shell('"$@" > /dev/full', *conversation(lab, form))
    assert (done.returncode, len(lab.messages)) == (3, 1)
    assert done.stderr.startswith("smtpscope: the output: cannot write any more: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("option", ["--log", "--junit"])
def test_a_full_disk_under_a_record_is_told_and_the_conversation_goes_on(lab: Lab, option: str) -> None:
    done = shell('"$@"', *conversation(lab, option, "/dev/full"))
    assert (done.returncode, len(lab.messages)) == (3, 1)
    assert done.stderr.startswith(f"smtpscope: {option}: cannot write any more: ")
    assert "→ QUIT" in done.stdout


def test_a_transcript_that_cannot_be_begun_sends_nothing(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(conversation(lab, "--transcript", "/dev/full")) == 3
    assert capsys.readouterr().err.startswith("smtpscope: --transcript: cannot write '/dev/full'")
    assert not lab.messages


@pytest.mark.parametrize("command", [["--help"], ["lab", "--list"], ["explain", "550 5.1.1 User unknown"]])
def test_other_commands_say_that_the_output_cannot_be_written(command: list[str]) -> None:
    done = shell('"$@" > /dev/full', *command)
    assert done.returncode == 3
    assert done.stderr.startswith("smtpscope: cannot go on: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("stream", ["0<&-", "1>&-", "2>&-"])
def test_a_closed_stream_does_no_harm(lab: Lab, stream: str) -> None:
    done = shell(f'"$@" {stream}', *conversation(lab))
    assert (done.returncode, done.stderr, len(lab.messages)) == (0, "", 1)


def test_a_message_from_a_closed_standard_input_is_an_empty_one(lab: Lab) -> None:
    done = shell('"$@" 0<&-', *conversation(lab, "--data", "-"))
    assert (done.returncode, len(lab.messages)) == (2, 0)
    assert done.stderr.startswith("smtpscope: --data: ")


def test_a_reader_that_leaves_is_no_error() -> None:
    done = shell('"$@" | head -1; exit "${PIPESTATUS[0]}"', "lab", "--list")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("first", "second"), [("--log", "--transcript"), ("--log", "--junit"), ("--transcript", "--junit")]
)
def test_two_records_do_not_share_a_file(
    lab: Lab, first: str, second: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    detour = tmp_path / "." / "record"
    assert main(conversation(lab, first, str(tmp_path / "record"), second, str(detour))) == 2
    assert capsys.readouterr().err.startswith(f"smtpscope: {second}: ")
    assert (len(lab.messages), list(tmp_path.iterdir())) == (0, [])


def test_two_records_may_go_to_the_same_device(lab: Lab) -> None:
    assert main(conversation(lab, "--log", "/dev/null", "--junit", "/dev/null", "--quiet")) == 0
