"""Every script of this folder, held with the lab; its first line says which scenario and whose words."""

from __future__ import annotations

from pathlib import Path

import pytest

from smtpscope.cli.main import main
from smtpscope.lab.runner import lab_running
from smtpscope.lab.smtp.personality import PERSONALITIES

SCRIPTS = sorted(Path(__file__).parent.glob("*.smtp"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_dialogue(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scenario, _, personality = path.read_text("utf-8").splitlines()[0].removeprefix("# lab: ").partition(" ")
    with lab_running(scenario, PERSONALITIES[personality or "exchange"]) as lab:
        code = main(["test", f"127.0.0.1:{lab.port}", "--script", str(path), "--timeout", "20"])
    assert code == 0, capsys.readouterr().out


def test_there_are_enough_of_them() -> None:
    assert len(SCRIPTS) >= 12
