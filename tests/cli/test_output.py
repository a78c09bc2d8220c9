"""Where the output goes: full disks, closed streams, readers that leave, two records in one file."""

from __future__ import annotations

import fcntl
import json
import os
import re
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from smtpscope.cli.exit import Exit
from smtpscope.cli.main import main
from smtpscope.lab.runner import lab_running
from smtpscope.lab.server import Lab
from smtpscope.model.event import SCHEMA, Done
from smtpscope.model.transcript import read_lines

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


@pytest.mark.measured
@pytest.mark.parametrize("form", ["--quiet", "--verbose", "--json"])
def test_a_full_disk_under_the_output_does_not_cut_the_conversation_off(lab: Lab, form: str) -> None:
    done = shell('"$@" > /dev/full', *conversation(lab, form))
    assert (done.returncode, len(lab.messages)) == (3, 1)
    assert done.stderr.startswith("smtpscope: standard output: cannot write: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("option", ["--log", "--junit"])
def test_a_full_disk_under_a_record_is_told_and_the_conversation_goes_on(lab: Lab, option: str) -> None:
    done = shell('"$@"', *conversation(lab, option, "/dev/full"))
    assert (done.returncode, len(lab.messages)) == (3, 1)
    assert done.stderr.startswith(f"smtpscope: {option}: cannot write: ")
    assert len(done.stderr.splitlines()) == 1
    assert "→ QUIT" in done.stdout


def test_a_transcript_that_cannot_be_begun_sends_nothing(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(conversation(lab, "--transcript", "/dev/full")) == 3
    assert capsys.readouterr().err.startswith("smtpscope: --transcript: cannot write '/dev/full'")
    assert not lab.messages


OTHERS = [
    *(["--help"], ["--version"], ["test", "--help"], ["lab", "mails", "--help"], ["lab", "--list"]),
    ["explain", "550 5.1.1 User unknown"],
]


@pytest.mark.parametrize("command", OTHERS)
def test_other_commands_say_that_the_output_cannot_be_written(command: list[str]) -> None:
    done = shell('"$@" > /dev/full', *command)
    assert done.returncode == 3
    assert done.stderr.startswith("smtpscope: standard output: cannot write: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("stream", ["0<&-", "1>&-", "2>&-"])
def test_a_closed_stream_does_no_harm(lab: Lab, stream: str) -> None:
    done = shell(f'"$@" {stream}', *conversation(lab))
    assert (done.returncode, done.stderr, len(lab.messages)) == (0, "", 1)


def test_a_message_from_a_closed_standard_input_is_an_empty_one(lab: Lab) -> None:
    done = shell('"$@" 0<&-', *conversation(lab, "--data", "-"))
    assert (done.returncode, len(lab.messages)) == (2, 0)
    assert done.stderr.startswith("smtpscope: --data: ")


LEAVES = '"$@" | head -c 1 > /dev/null; exit "${PIPESTATUS[0]}"'
NEVER_CAME = 'exec 3> >(true); wait $!; "$@" >&3'


@pytest.mark.parametrize("command", OTHERS)
@pytest.mark.parametrize("line", [LEAVES, NEVER_CAME])
def test_a_reader_that_leaves_is_no_error(command: list[str], line: str) -> None:
    done = shell(line, *command)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.measured
@pytest.mark.parametrize("form", ["--quiet", "--verbose", "--raw", "--json"])
@pytest.mark.parametrize("line", [LEAVES, NEVER_CAME])
def test_a_reader_that_leaves_does_not_end_the_session(lab: Lab, form: str, line: str, tmp_path: Path) -> None:
    log, junit, transcript = (str(tmp_path / name) for name in ("a.log", "a.xml", "a.jsonl"))
    done = shell(line, *conversation(lab, form, "--log", log, "--junit", junit, "--transcript", transcript))
    assert (done.returncode, done.stderr, len(lab.messages)) == (0, "", 1)
    assert "-- result: accepted" in Path(log).read_text()
    assert ElementTree.parse(junit).getroot().find("testsuite") is not None
    assert isinstance(read_lines(Path(transcript).read_text().splitlines())[-1], Done)


@pytest.mark.parametrize("line", [LEAVES, NEVER_CAME])
def test_the_exit_code_is_that_of_the_verdict_when_the_reader_has_left(line: str) -> None:
    done = shell(line, "test", "--lab", "user-unknown")
    assert (done.returncode, done.stderr) == (Exit.RCPT_PERMANENT, "")


def test_a_record_whose_reader_has_left_is_no_error_either(lab: Lab) -> None:
    line = 'exec 3> >(true) 4> >(true); wait $!; sleep 0.2; "$@" --log /dev/fd/3 --junit /dev/fd/4'
    done = shell(line, *conversation(lab))
    assert (done.returncode, done.stderr, len(lab.messages)) == (0, "", 1)


def test_standard_error_may_be_gone_too() -> None:
    done = shell('exec 2> >(true); wait $!; "$@"', "test", "--no-such-option")
    assert done.returncode == Exit.USAGE


def test_explain_stops_when_nobody_reads(tmp_path: Path) -> None:
    """A batch of a million replies would take minutes."""
    batch = tmp_path / "batch"
    batch.write_text('{"code": 550, "text": "5.1.1 User unknown"}\n' * 1_000_000)
    done = shell(LEAVES, "explain", "--batch", str(batch))
    assert (done.returncode, done.stderr) == (0, "")


def test_what_a_lab_has_kept_is_shown_as_far_as_somebody_reads(tmp_path: Path) -> None:
    with lab_running(maildir=str(tmp_path)) as lab:
        assert main(conversation(lab, "--quiet", "--body", "x\n" * 50_000)) == 0
        mail = lab.messages[0].id
    for command in (["mails"], ["mails", "--json"], ["show", mail], ["show", mail, "--raw"], ["show", mail, "--json"]):
        done = shell(LEAVES, "lab", command[0], str(tmp_path), *command[1:])
        assert (done.returncode, done.stderr) == (0, "")


def test_a_lab_goes_on_when_the_reader_of_its_output_has_left(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "smtpscope", "lab", "--verbose", "--port", "0", "--maildir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        port = re.search(rb"port ([0-9]+)", process.stdout.readline())
        assert port
        process.stdout.close()
        for _ in range(3):
            assert main(["test", f"127.0.0.1:{port[1].decode()}", *ENVELOPE, "--quiet"]) == 0
        process.terminate()
        assert (process.stderr.read(), process.wait(20)) == (b"", 0)
    assert len(list((tmp_path / "new").iterdir())) == 3


def test_a_pipe_that_another_program_has_set_to_not_blocking_is_waited_for(lab: Lab) -> None:
    receiving, sending = os.pipe()
    fcntl.fcntl(sending, fcntl.F_SETPIPE_SZ, 4096)
    os.set_blocking(sending, False)
    arguments = conversation(lab, "--raw", "--body", "x" * 20_000)
    with subprocess.Popen([sys.executable, "-m", "smtpscope", *arguments], stdout=sending) as process:
        os.close(sending)
        time.sleep(1)
        with open(receiving, encoding="utf-8") as shown:
            assert shown.read().endswith("exit code 0\n")
        assert process.wait(20) == 0


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


# ---------------------------------------------------------------------------------------------- files written whole


def test_a_report_takes_the_place_of_the_old_one_when_it_is_whole(lab: Lab, tmp_path: Path) -> None:
    report, link = tmp_path / "real.xml", tmp_path / "link.xml"
    report.write_text("old")
    report.chmod(0o640)
    link.symlink_to(report)
    seen: list[str] = []
    lab.watch = lambda line: seen.append(report.read_text())
    assert main(conversation(lab, "--quiet", "--junit", str(link))) == 0
    assert set(seen) == {"old"}
    assert ElementTree.parse(report).getroot().tag == "testsuites"
    assert stat.S_IMODE(report.stat().st_mode) == 0o640
    assert link.is_symlink()
    assert {path.name for path in tmp_path.iterdir()} == {"real.xml", "link.xml"}


def test_a_full_disk_keeps_the_old_report(lab: Lab, tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text("old")
    done = shell('ulimit -f 0; "$@"', *conversation(lab, "--quiet", "--junit", str(report)))
    assert (done.returncode, len(lab.messages)) == (3, 1)
    assert done.stderr.startswith("smtpscope: --junit: cannot write: ")
    assert (report.read_text(), len(list(tmp_path.iterdir()))) == ("old", 1)


def test_without_an_old_report_a_full_disk_leaves_none(lab: Lab, tmp_path: Path) -> None:
    done = shell('ulimit -f 0; "$@"', *conversation(lab, "--quiet", "--junit", str(tmp_path / "report.xml")))
    assert (done.returncode, list(tmp_path.iterdir())) == (3, [])


@pytest.mark.parametrize("kind", ["folder", "no-folder", "no-place", "dangling"])
def test_where_a_report_cannot_be_written_nothing_is_sent(
    kind: str, lab: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "dangling").symlink_to(tmp_path / "missing" / "report.xml")
    paths = {"folder": "", "no-folder": "missing/report.xml", "no-place": "/proc/report.xml", "dangling": "dangling"}
    assert main(conversation(lab, "--junit", str(tmp_path / paths[kind]))) == Exit.LOCAL
    assert capsys.readouterr().err.startswith("smtpscope: --junit: ")
    assert not lab.messages


def test_a_usage_error_leaves_no_report(lab: Lab, tmp_path: Path) -> None:
    assert main(conversation(lab, "--notify", "x", "--junit", str(tmp_path / "report.xml"))) == Exit.USAGE
    assert list(tmp_path.iterdir()) == []


def test_a_fifo_is_written_as_it_is(lab: Lab, tmp_path: Path) -> None:
    fifo, read = tmp_path / "fifo", []
    os.mkfifo(fifo)
    thread = threading.Thread(target=lambda: read.append(fifo.read_text()))
    thread.start()
    assert main(conversation(lab, "--quiet", "--junit", str(fifo))) == 0
    thread.join()
    assert read[0].startswith("<?xml")
    assert stat.S_ISFIFO(fifo.stat().st_mode)


@pytest.mark.parametrize("option", ["--junit", "--log", "--transcript"])
def test_a_record_and_the_output_may_share_a_file(lab: Lab, option: str, tmp_path: Path) -> None:
    """/dev/stdout, opened anew, would begin at the front again and be written over."""
    both = tmp_path / "both"
    done = shell(f'"$@" > {both}', *conversation(lab, option, "/dev/stdout", "--quiet"))
    assert (done.returncode, done.stderr) == (0, "")
    text = both.read_text()
    assert text.endswith("exit code 0\n")
    assert {"--junit": "</testsuites>\n", "--log": "-- result: ", "--transcript": '"event": "done"'}[option] in text


# ------------------------------------------------------------------------------------------ errors, for programs too


@pytest.mark.parametrize(
    ("arguments", "code", "option"),
    [
        (["test", "--json", "--to", "kate@@fabrikam.com", "mx.example.net"], 2, "--to"),
        (["test", "--json", "--no-such-option"], 2, "--no-such-option"),
        (["test", "--json", "--timeout", "soon", "mx.example.net", "--to", "kate@fabrikam.com"], 2, "--timeout"),
        (["test", "--json", "--lab", "grey-list"], 2, "--lab"),
        (["test", "--json", "mx.example.net", "--to", "kate@fabrikam.com", "--log", "/nowhere/x"], 3, "--log"),
        (["test", "--json", "mx.example.net", "--to", "kate@fabrikam.com", "--data", "/nowhere/x"], 3, "--data"),
        (["explain", "--json"], 2, "text"),
        (["explain", "--json", "no.such.file"], 3, ""),
        (["explain", "--json", "--batch", "/nowhere/x"], 3, "--batch"),
        (["lab", "mails", "--json"], 2, "folder"),
        (["lab", "mails", "--json", "/nowhere"], 3, "folder"),
        (["lab", "mails", "--json", "/nowhere", "--color"], 2, "--color"),
    ],
)
def test_an_error_is_the_last_line_of_json(
    arguments: list[str], code: int, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == code
    shown = capsys.readouterr()
    last = json.loads(shown.out.splitlines()[-1])
    assert {**last, "message": ""} == {
        "event": "error",
        "schema": SCHEMA,
        "exit_code": code,
        "option": option,
        "message": "",
    }
    assert shown.err == f"smtpscope: {option}: {last['message']}\n" if option else f"smtpscope: {last['message']}\n"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["test", "\x1b[31mmx"], 2),
        (["test", "--\x1b[31m"], 2),
        (["\x1b[31m"], 2),
        (["test", "mx.example.net", "--to", "kate@fabrikam.com", "--entries", "/nowhere\x1b[31m"], 3),
        (["test", "mx.example.net", "--to", "kate@fabrikam.com", "--log", "/nowhere\x1b[31m/x"], 3),
        (["explain", "--batch", "\x9b31m"], 3),
        (["lab", "mails", "\u202e"], 3),
    ],
)
def test_no_control_character_of_an_option_reaches_the_terminal(
    arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == code
    assert capsys.readouterr().err.removesuffix("\n").isprintable()


def test_what_is_no_option_asks_for_no_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--", "--json"]) == Exit.USAGE
    assert capsys.readouterr().out == ""
