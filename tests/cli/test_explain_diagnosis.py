"""A transcript of a failed connection is diagnosed again, without a network; a forged one breaks nothing."""

from __future__ import annotations

import io
import json
import socket
import sys
from pathlib import Path

import pytest

from smtpscope.cli.main import main

pytestmark = pytest.mark.usefixtures("no_mail_here")

# A place of loopback where nobody else listens, on no port.
HOST = "127.83.0.18"


@pytest.fixture
def transcript(tmp_path: Path, capsys) -> Path:
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
    path = tmp_path / "session.jsonl"
    main(["test", f"{HOST}:{port}", "--to", "kate@fabrikam.com", "--transcript", str(path)])
    capsys.readouterr()
    return path


def test_the_causes_are_told_again(capsys, transcript: Path) -> None:
    assert main(["explain", str(transcript)]) == 0
    said = capsys.readouterr().out
    assert f"{HOST}: connection refused" in said
    assert "1. The host answers, but no mail service listens on this port.  connection.service-down" in said


@pytest.mark.parametrize(
    ("field", "value"),
    [("details", 5), ("details", [["a"]]), ("details", [[1, 2]]), ("target", None), ("probe", {}), ("elapsed", "x")],
)
def test_a_forged_transcript(capsys, transcript: Path, field: str, value: object) -> None:
    records = [json.loads(line) for line in transcript.read_text().splitlines()]
    changed = [{**record, field: value} if field in record else record for record in records]
    transcript.write_text("".join(json.dumps(record) + "\n" for record in changed))
    assert main(["explain", str(transcript)]) == 0
    assert "connection.service-down" in capsys.readouterr().out


def test_ports_that_are_no_numbers(capsys, transcript: Path) -> None:
    lines = transcript.read_text().replace('["port", "', '["port", "x')
    transcript.write_text(lines)
    assert main(["explain", str(transcript)]) == 0


def test_a_transcript_from_standard_input_is_diagnosed_too(
    capsys, transcript: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(transcript.read_bytes())))
    assert main(["explain", "-"]) == 0
    assert "1. The host answers, but no mail service listens on this port." in capsys.readouterr().out
