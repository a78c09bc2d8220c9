"""Standard output that goes away: the conversation goes on, the exit code is the result's, the records are whole."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hostile.acts import Plays, silence, wait
from hostile.peer import peer
from hostile.row import row
from hostile.run import Process, arguments_of, faults, faults_of_junit

SLOWLY: Plays = {"EHLO": (wait(0.3), "250 mx.fabrikam.com"), "MAIL": (wait(0.3), "250 ok")}

ENDS = {
    "the message is accepted": (SLOWLY, 0, "250 2.0.0 queued"),
    "the recipient is refused": ({**SLOWLY, "RCPT": "550 5.1.1 no such user"}, 56, "550 5.1.1 no such user"),
    "DATA is answered by 250": ({**SLOWLY, "DATA": "250 ok"}, 70, "250 ok"),
    "the message is never answered": ({**SLOWLY, ".": silence}, 12, "no reply"),
}


@pytest.mark.parametrize("view", [(), ("--json",), ("-v",)], ids=["text", "json", "verbose"])
@pytest.mark.parametrize("end", ENDS)
def test_the_reader_leaves_behind_the_first_line(
    end: str, view: tuple[str, ...], files: dict[str, str], tmp_path: Path
) -> None:
    """As ``| head -1`` does."""
    plays, code, last = ENDS[end]
    told = row(end, plays, code, "--timeout", "1.5")
    with peer(plays) as server:
        arguments = [*arguments_of(told, [f"127.0.0.1:{server.port}"], files), *view]
        process = Process(tmp_path / "run", arguments, ("log", "transcript", "junit"), out=subprocess.PIPE)
        assert process.child.stdout
        assert process.child.stdout.readline()
        process.child.stdout.close()
        run = process.finish()
        heard = server.heard
    wrong = [*faults(run, {code}), *faults_of_junit(run)]
    log = run.files["log"].decode()
    if last not in log or "-- result" not in log.partition(last)[2]:
        wrong.append("the log is not complete")
    if code != 12 and b"QUIT" not in heard:
        wrong.append("QUIT was not said")
    if run.files["stderr"]:
        wrong.append(f"standard error: {run.files['stderr'].decode()}")
    if wrong:
        pytest.fail("\n".join([*wrong, "", log]), pytrace=False)


@pytest.mark.parametrize(("end", "code"), [("the message is accepted", {0, 3}), ("the recipient is refused", {56})])
def test_the_disk_under_the_output_is_full(end: str, code: set[int], files: dict[str, str], tmp_path: Path) -> None:
    """The conversation goes on; an exit code of 3 says that a record was lost, where nothing worse is to be said."""
    plays, _code, last = ENDS[end]
    told = row(end, plays, code)
    with peer(plays) as server, open("/dev/full", "wb") as full:
        arguments = arguments_of(told, [f"127.0.0.1:{server.port}"], files)
        run = Process(tmp_path / "run", arguments, ("log", "junit"), out=full).finish()
    assert [*faults(run, code)] == []
    assert last in run.files["log"].decode()
