"""``lab mails``, ``show`` and ``export``, on what ``test --lab`` has left in a folder."""

from __future__ import annotations

import json
import mailbox
import subprocess
import sys
from pathlib import Path

import pytest

from smtpscope.cli.main import main
from smtpscope.model.transcript import read_lines


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """One message taken, one attempt refused."""
    path = str(tmp_path / "lab")
    assert (
        main(["test", "--lab", "ok", "--lab-maildir", path, "--subject", "来自 Contoso 的测试", "--body", "\x1b"]) == 0
    )
    assert main(["test", "--lab", "user-unknown", "--lab-maildir", path, "--to", "kim@fabrikam.com"]) == 56
    capsys.readouterr()
    return path


def listed(folder: str, capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    assert main(["lab", "mails", folder, "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_list_has_what_was_taken_and_what_was_refused(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lab", "mails", folder]) == 0
    taken, refused = capsys.readouterr().out.splitlines()
    assert "taken" in taken
    assert "<chris@contoso.com> -> kate@fabrikam.com: 来自 Contoso 的测试" in taken
    assert "refused" in refused
    assert refused.endswith("<chris@contoso.com> -> kim@fabrikam.com: 550 5.1.1 User unknown")
    assert [entry["outcome"] for entry in listed(folder, capsys)] == ["taken", "refused"]


def test_a_message_is_shown_with_its_conversation(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    taken, refused = listed(folder, capsys)
    assert main(["lab", "show", folder, str(taken["id"])[:8]]) == 0
    shown = capsys.readouterr().out
    assert "→ MAIL FROM:<chris@contoso.com>" in shown
    assert "  Subject: =?utf-8?" in shown
    assert "\x1b" not in shown
    assert main(["lab", "show", folder, str(refused["id"])]) == 0
    assert "← 550 5.1.1 User unknown" in capsys.readouterr().out
    assert main(["lab", "show", folder, str(refused["id"]), "--json"]) == 0
    assert len(read_lines(capsys.readouterr().out.splitlines())) > 5


def test_the_octets_of_a_message(folder: str) -> None:
    [file] = (Path(folder) / "new").iterdir()
    command = [sys.executable, "-m", "smtpscope", "lab", "show", folder, file.name, "--raw"]
    assert subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout == file.read_bytes()


def test_export(folder: str, tmp_path: Path) -> None:
    assert main(["lab", "export", folder, str(tmp_path / "out")]) == 0
    assert sorted(path.suffix for path in (tmp_path / "out").iterdir()) == [".eml", ".jsonl", ".jsonl"]
    assert main(["lab", "export", folder, str(tmp_path / "out.mbox"), "--format", "mbox"]) == 0
    box = mailbox.mbox(tmp_path / "out.mbox")
    assert len(box) == 1
    box.close()


@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        (["mails"], "--maildir", 2),
        (["mails", "/nowhere"], "is not a lab directory", 3),
        (["show", "{folder}", "nothing"], "0 messages and sessions", 2),
        (["show", "{folder}"], "lists all", 2),
        (["export", "{folder}"], "target", 2),
        (["export", "{folder}", "/proc/none"], "cannot write", 3),
    ],
)
def test_mistakes(folder: str, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str, code: int) -> None:
    assert main(["lab", *(text.replace("{folder}", folder) for text in arguments)]) == code
    assert words in capsys.readouterr().err


def test_an_attempt_has_no_octets(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    refused = listed(folder, capsys)[1]
    assert main(["lab", "show", folder, str(refused["id"]), "--raw"]) == 2
    assert "left no message" in capsys.readouterr().err


def test_an_empty_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["test", "--lab", "ok", "--stop-after", "ehlo", "--lab-maildir", str(tmp_path)])
    capsys.readouterr()
    assert main(["lab", "mails", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "nothing was taken and nothing refused\n"
