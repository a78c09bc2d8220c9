"""The harness itself: each of its checks fails where it must, and its good server is good."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hostile.acts import PASSWORD, close
from hostile.peer import peer
from hostile.row import Row, row
from hostile.run import (
    Run,
    Views,
    arguments_of,
    complaints,
    faults,
    faults_of_cause,
    faults_of_json,
    faults_of_junit,
    faults_of_text,
    run_views,
)

GOOD_JUNIT = b'<testsuites><testsuite failures="0"><testcase name="a"/></testsuite></testsuites>'
BAD_JUNIT = b'<testsuites><testsuite failures="1"><testcase name="a"><failure/></testcase></testsuite></testsuites>'


def made(code: int | None = 0, stdout: bytes = b"", junit: bytes = GOOD_JUNIT, peak: int = 20_000) -> Run:
    return Run(code, 1.0, peak, {"stdout": stdout, "stderr": b"", "junit": junit})


def result(code: int, status: str, **more: object) -> bytes:
    server = {"status": status, **more}
    return json.dumps({"event": "result", "exit": code, "servers": [server]}).encode() + b"\n"


@pytest.mark.parametrize(
    ("octets", "wrong"),
    [
        (b"plain\ttext\n", False),
        ("Zürich 来自\n".encode(), False),
        (b"\x1b[2J", True),
        (b"a\rb", True),
        (b"\x7f", True),
        ("\u009b31m".encode(), True),
        ("\u202e".encode(), True),
        ("\u200b".encode(), True),
        ("\ufeff".encode(), True),
        ("\u2028".encode(), True),
        (b"\xff", True),
        (f"it is {PASSWORD}".encode(), True),
    ],
)
def test_what_may_stand_in_an_output(octets: bytes, wrong: bool) -> None:
    assert bool(faults_of_text(octets)) is wrong


@pytest.mark.parametrize(
    ("run", "wrong"),
    [
        (made(0), []),
        (made(14), ["exit 14, not 0"]),
        (made(None), ["did not end within 1 s"]),
        (made(0, b"Traceback (most recent call last)\n"), ["a traceback"]),
        (made(0, peak=70_000), ["70000 KiB of memory"]),
    ],
)
def test_what_may_come_of_a_run(run: Run, wrong: list[str]) -> None:
    assert faults(run, {0}) == wrong


@pytest.mark.parametrize(
    ("run", "wrong"),
    [
        (made(0, result(0, "ok")), False),
        (made(70, result(70, "protocol")), False),
        (made(70, result(0, "ok")), True),
        (made(70, result(70, "ok")), True),
        (made(0, result(0, "protocol")), True),
        (made(0, result(0, "ok") + b"half a li\n"), True),
        (made(0, b'{"event": "done"}\n'), True),
        (made(0, b""), True),
    ],
)
def test_what_may_stand_in_the_result(run: Run, wrong: bool) -> None:
    assert bool(faults_of_json(run)) is wrong


@pytest.mark.parametrize(
    ("run", "wrong"),
    [
        (made(0), False),
        (made(70, junit=BAD_JUNIT), False),
        (made(70), True),
        (made(0, junit=BAD_JUNIT), True),
        (made(0, junit=b""), True),
        (made(0, junit=BAD_JUNIT.replace(b"1", b"0")), True),
    ],
)
def test_what_may_stand_in_a_junit_report(run: Run, wrong: bool) -> None:
    assert bool(faults_of_junit(run)) is wrong


@pytest.mark.parametrize(
    ("told", "cause", "wrong"),
    [
        (row("a", {}, 0), "login.failed", False),
        (row("a", {}, 0, causes="login.failed"), "login.failed", False),
        (row("a", {}, 0, causes="login.failed"), "login.syntax", True),
        (row("a", {}, 0, causes="login.failed"), None, True),
        (row("a", {}, 0, blames="login.syntax"), "login.syntax", True),
    ],
)
def test_which_cause_may_be_named(told: Row, cause: str | None, wrong: bool) -> None:
    assert bool(faults_of_cause(told, made(54, result(54, "refused-for-good", cause=cause)))) is wrong


def test_a_line_that_must_not_be_heard_is_found(files: dict[str, str], tmp_path: Path) -> None:
    told = row("a good server", {}, 0, never="data")
    with peer(told.plays) as server:
        views = run_views(told, arguments_of(told, [f"127.0.0.1:{server.port}"], files), tmp_path)
        assert complaints(told, views, [server]) == ["the peer heard b'DATA'"]


def test_a_play_that_is_not_reached_is_found() -> None:
    told = row("a server that nobody asks", {"MAIL": close, "?RCPT": close}, 0)
    views = Views({"--json": made(0, result(0, "ok"))})
    with peer(told.plays) as server:
        assert complaints(told, views, [server]) == ["the play 'MAIL' was never reached"]


def test_a_word_that_is_not_said_is_found() -> None:
    told = row("a server that is praised", {}, 0, says="praise")
    views = Views({"--json": made(0, result(0, "ok")), "text": made(0, b"blame\n")})
    assert complaints(told, views, []) == ["text: 'praise' is not said"]


def test_a_place_that_does_not_exist_is_refused() -> None:
    with pytest.raises(AssertionError, match="no place"), peer({"DTAA": "334"}):
        pass
