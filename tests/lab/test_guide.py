"""The guide to the lab: its Python examples of live observation run as they are printed."""

from __future__ import annotations

import asyncio
import re
import smtplib
from pathlib import Path
from typing import Any

import pytest

import smtpscope

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "lab.md"


@pytest.fixture(name="examples")
def python_examples() -> list[str]:
    """The Python blocks of the section."""
    text = GUIDE.read_text("utf-8")
    section = text.partition("## Watch sessions while they run\n")[2].partition("\n## ")[0]
    return re.findall(r"^```python\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


@pytest.fixture(name="start_client")
def clients() -> Any:
    """Starts a client that says EHLO and keeps its connection."""
    started: list[smtplib.SMTP] = []

    def start_client(host: str, port: int) -> None:
        started.append(smtplib.SMTP(host, port, "contoso.com", timeout=20))
        started[-1].ehlo()

    yield start_client
    for client in started:
        client.close()


def test_open_sessions(examples: list[str], start_client: Any, capsys: pytest.CaptureFixture[str]) -> None:
    exec(examples[0], {"start_client": start_client})
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith("127.0.0.1 ")
    assert " Received(" in line


def test_a_subscription(examples: list[str], start_client: Any, capsys: pytest.CaptureFixture[str]) -> None:
    exec(examples[1], {"start_client": start_client})
    kinds = re.findall(r"^[0-9a-f]+ ([0-9]+ [A-Z][a-z]+)\(", capsys.readouterr().out, re.MULTILINE)
    assert kinds == ["1 Connected", "2 Received", "3 Sent", "4 Received"]


def test_a_task(examples: list[str], start_client: Any, capsys: pytest.CaptureFixture[str]) -> None:
    async def run() -> None:
        with smtpscope.lab_running() as lab:
            watching = asyncio.create_task(names["watch"](lab))
            await asyncio.sleep(0)
            start_client(lab.host, lab.port)
        await asyncio.wait_for(watching, 20)

    names: dict[str, Any] = {}
    exec(examples[2], names)
    asyncio.run(run())
    assert " 3 Sent(" in capsys.readouterr().out
